"""Gradients against differences of the loss."""

from dataclasses import dataclass, field
from functools import partial
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastnn.inspection import _network
from fastnn.inspection._differences import TOLERANCE, relative_errors
from fastnn.inspection._opening import opened

__all__ = ["GradientCheck", "check_gradients"]

#: A network of at most so many parameters has all of them probed, and so many of each block of a
#: larger one.
_FEW, _ENTRIES = 400, 20

#: Outputs whose gradient by the input is probed.
_UNITS = 3


@dataclass
class GradientCheck:
    """What `check_gradients` found.

    Attributes
    ----------
    errors : dict of str to float
        Worst relative error of each block: ``coefs_[i]``, ``intercepts_[i]``, ``gains_[i]`` and
        ``shifts_[i]`` of normalisations, and ``X``: that of the raw outputs' gradient by the input
        (of three of them, where there are more), unless X is sparse. NaN for a block where no probe
        could decide.
    probes : dict of str to int
        Number of entries and directions probed in each block.
    undecided : dict of str to int
        How many of them say nothing: a kink of the activation or the loss lies within every step,
        or the gradient is too small to be seen in the rounding errors of the loss.
    worst : float
        Largest of the errors.
    passed : bool
        Whether it is below 1e-6.
    """

    errors: dict = field(default_factory=dict)
    probes: dict = field(default_factory=dict)
    undecided: dict = field(default_factory=dict)

    @property
    def worst(self) -> Any:
        known = [error for error in self.errors.values() if not np.isnan(error)]
        return max(known, default=float("nan"))

    @property
    def passed(self) -> bool:
        return bool(self.worst < TOLERANCE)

    def _verdict(self):
        if np.isnan(self.worst):
            return "Gradients not checked: no probe could decide."
        if self.passed:
            return f"Gradients agree with differences of the loss: worst error {self.worst:.1e}."
        block = max(self.errors, key=lambda name: np.nan_to_num(self.errors[name]))
        return f"Gradients are wrong: worst error {self.worst:.1e}, in {block}."

    def _rows(self):
        for name, error in self.errors.items():
            shown = "not decided" if np.isnan(error) else f"{error:.1e}"
            undecided = self.undecided[name]
            yield name, shown, str(self.probes[name]), str(undecided) if undecided else ""

    def __repr__(self):
        width = max([len("block"), *(len(name) for name in self.errors)])
        lines = [self._verdict(), f"{'block':<{width}}  {'error':>11}  probes  undecided"]
        for name, error, probes, undecided in self._rows():
            lines.append(f"{name:<{width}}  {error:>11}  {probes:>6}  {undecided:>9}".rstrip())
        return "\n".join(lines)

    def _repr_html_(self):
        head = "".join(f"<th>{h}</th>" for h in ("block", "relative error", "probes", "undecided"))
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self._rows()
        )
        return f"<p>{escape(self._verdict())}</p><table><tr>{head}</tr>{body}</table>"


def check_gradients(
    model: Any,
    X: Any,
    y: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    epsilon: float = 1e-6,
    n_probes: int | None = None,
    random_state: int = 0,
) -> GradientCheck:
    """Compare the gradient of the loss with differences of the loss, in float64.

    The numerical derivative is ``(f(t + h) - f(t - h)) / 2h`` with ``h = epsilon max(1, |t|)``,
    along single parameters, along random directions in each block of parameters and along the
    gradient itself. A relative error is the difference of the two derivatives over the largest of
    both and the block's root mean square.

    Steps h and 2h are compared. Where they disagree, or the differences on the two sides of t do,
    a kink (that of ReLU, say) or the rounding of the loss is to blame; then other steps are tried
    and, where none will do, only that part of the error counts which the disagreement does not
    explain. A probe that cannot tell at all counts as undecided, not as an error.

    Parameters
    ----------
    model : MLPClassifier, MLPRegressor, Network or Pipeline that ends in one
        An estimator is checked at its fitted weights with its own ``alpha`` or, before ``fit``, at
        its initial weights. It is not changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        A few rows will do.
    y : array-like
        Labels or targets; for a `Network`, in the form that its ``loss_and_grad`` takes.
    sample_weight : array-like of shape (n_samples,), default=None
    epsilon : float, default=1e-6
        Step, relative to parameters that are larger than 1.
    n_probes : int, default=None
        Entries to probe in each block, drawn at random where the block has more. None stands for
        all in a network of up to 400 parameters, else 20.
    random_state : int, default=0
        Seed of entries and directions.

    Returns
    -------
    GradientCheck

    Raises
    ------
    TypeError
        If the model is no MLP of fastnn.
    ValueError
        If epsilon or n_probes is not positive.

    Notes
    -----
    ``activation="step"`` and ``"bernoulli"`` train with a gradient that is not the derivative of
    the loss (straight-through), and are reported as wrong: they have no other.

    References
    ----------
    Bengio, "Practical recommendations for gradient-based training of deep architectures", 2012,
    section 4.2.
    """
    if not epsilon > 0:
        raise ValueError(f"epsilon must be positive, for example 1e-6; got {epsilon!r}.")
    if n_probes is not None and n_probes < 1:
        raise ValueError(f"n_probes must be at least 1, or None for a default; got {n_probes!r}.")
    model, X, _ = opened(model, X, y, "check_gradients")
    problem = _network.problem_of(model, X, y, sample_weight)
    network = problem.network
    loss, gradient = problem.loss_and_grad()
    if not (np.isfinite(loss) and np.isfinite(gradient).all()):
        raise ValueError(
            "The loss or its gradient is not finite here: check the weights, scale X (and y), or "
            "use a smaller learning_rate_init."
        )
    if n_probes is None:
        n_probes = _FEW if network.n_params <= _FEW else _ENTRIES
    rng = np.random.RandomState(random_state)
    errors = {}

    def loss_now():
        return problem.loss_and_grad()[0]

    values = _network.blocks(network, network.params)
    for name, analytic in _network.blocks(network, gradient).items():
        errors[name] = relative_errors(loss_now, values[name], analytic, rng, epsilon, n_probes)
    if isinstance(problem.X, np.ndarray):
        errors["X"] = []
        for unit in range(min(network.n_out, _UNITS)):
            analytic = network.input_gradient(problem.X, unit)
            total = partial(_network.output_sum, problem, unit)
            errors["X"] += relative_errors(total, problem.X, analytic, rng, epsilon, n_probes)
    return GradientCheck(
        {name: _worst(found) for name, found in errors.items()},
        {name: len(found) for name, found in errors.items()},
        {name: int(np.isnan(found).sum()) for name, found in errors.items()},
    )


def _worst(errors):
    return float("nan") if np.isnan(errors).all() else float(np.nanmax(errors))
