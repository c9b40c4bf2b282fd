"""Weights that use makes stiff: the parameters of the perceptrons, and what a fit has left."""

from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from fastnn._types import MatrixLike
from fastnn.estimators.mlp.blocks import Parts
from fastnn.estimators.mlp.outputs import fitted_blocks, network_of
from fastnn.estimators.mlp.parameters import AT_LEAST_0, SHARE
from fastnn.estimators.shared import data
from fastnn.estimators.shared.availability import UnavailableMethodError, available_unless
from fastnn.estimators.shared.declare import parameter, parameters
from fastnn.layers.activations import one_per_layer
from fastnn.training.objective import loss_and_grad
from fastnn.training.plasticity import Plasticity, fits, thickness

__all__ = ["PlasticityParameters", "WithoutPlasticity", "check_plasticity", "plasticity_of"]

_DEFAULT_STRENGTH = {"ewc": 30.0}
_ABOVE_0_TO_1 = Interval(Real, 0, 1, closed="right")
_BELOW_1 = Interval(Real, 0, 1, closed="left")


def plasticity_of(estimator):
    """What the parameters ask for, or None."""
    if estimator.plasticity is None:
        return None
    strength = estimator.plasticity_strength
    if strength is None:
        strength = _DEFAULT_STRENGTH.get(estimator.plasticity, 0.01)
    return Plasticity(
        estimator.plasticity,
        float(strength),
        float(estimator.plasticity_decay),
        float(estimator.plasticity_floor),
        float(estimator.conduction_loss),
    )


def check_plasticity(estimator):
    """Raise ValueError where weights cannot be stiff."""
    kind = estimator.plasticity
    if estimator.gain_l1 and not estimator.gain:
        raise ValueError(
            f"gain_l1={estimator.gain_l1} is the price of gains, and there are none: set gain=True,"
            " or gain_l1=0."
        )
    if kind is None:
        if estimator.conduction_loss:
            raise ValueError(
                "conduction_loss is of signals on paths that plasticity knows: set plasticity to "
                "'activity', 'input' or 'gradient', or conduction_loss to 0."
            )
        return
    if estimator.solver in ("lbfgs", "rprop"):
        reason = {
            "lbfgs": "has line searches in place of steps that could be smaller for some weights",
            "rprop": "goes by the signs of gradients, and would make up for smaller steps",
        }[estimator.solver]
        raise ValueError(
            f"plasticity={kind!r} is for steps by gradients, and solver={estimator.solver!r} "
            f"{reason}: choose another solver, such as 'adam', or leave plasticity at None."
        )
    if kind == "ewc" and estimator.conduction_loss:
        raise ValueError(
            "conduction_loss is of signals on paths that use makes thick, and with "
            "plasticity='ewc' none is: set it to 0, or plasticity to 'activity'."
        )


def _not_elastic(estimator):
    if estimator.plasticity != "ewc":
        raise UnavailableMethodError(
            f"consolidate is for plasticity='ewc', and plasticity={estimator.plasticity!r} needs "
            "no boundary between tasks: leave it out."
        )


@parameters
class WithoutPlasticity:
    """Of networks that use a weight many times a row, which no trace counts, no greedy learning
    knows and no product in bfloat16 has yet: what `PlasticityParameters` and
    `PretrainingParameters` have is fixed there, and so is compute_dtype."""

    pretrain: ClassVar[None] = None
    pretrain_params: ClassVar[None] = None
    plasticity: ClassVar[None] = None
    plasticity_strength: ClassVar[None] = None
    plasticity_decay: ClassVar[float] = 1.0
    plasticity_floor: ClassVar[float] = 0.0
    conduction_loss: ClassVar[float] = 0.0
    gain: ClassVar[bool] = False
    gain_l1: ClassVar[float] = 0.0
    compute_dtype: ClassVar[None] = None


@parameters
class PlasticityParameters:
    """How use makes weights stiff, and gains that say what of a unit is used."""

    plasticity: str | None = parameter(
        "{'activity', 'input', 'gradient', 'ewc'} or None",
        "What makes a weight hard to change, so that ``partial_fit`` forgets less: the activity of "
        "the units at both its ends; that of the one before it; its squared gradients; or, once "
        "``consolidate`` has been told of a task, how much that task depends on it (elastic weight "
        "consolidation). See ``docs/plasticity.md``.",
        default=None,
        valid=[StrOptions({"activity", "input", "gradient", "ewc"}), None],
    )
    plasticity_strength: float | None = parameter(
        "float or None",
        "A weight of thickness m, which grows by about one a step, moves by 1 / (1 + strength * m) "
        "of the solver's step; with 'ewc' it is drawn to where it was by strength times its "
        "importance. None is 0.01, with 'ewc' 30.",
        default=None,
        valid=[AT_LEAST_0, None],
    )
    plasticity_decay: float = parameter(
        "float",
        "What a step leaves of thickness, or a call of ``consolidate`` of importance: with less "
        "than 1, weights that are no longer used become free again.",
        default=1.0,
        valid=[_ABOVE_0_TO_1],
    )
    plasticity_floor: float = parameter(
        "float",
        "Least share of a step that a weight moves by.",
        default=0.0,
        valid=[SHARE],
    )
    conduction_loss: float = parameter(
        "float",
        "Share of a signal that is lost on a path never used, less by 1 + strength * m on others; "
        "``coefs_`` are what arrives, and so predictions cost nothing.",
        default=0.0,
        valid=[_BELOW_1],
    )
    gain: bool = parameter(
        "bool",
        "Whether every feature and hidden unit has a factor, 1 at first, that is learned like the "
        "weights: ``gains_``.",
        default=False,
        valid=["boolean"],
    )
    gain_l1: float = parameter(
        "float",
        "The mean loss grows by so much times the sum of their absolute values, so that units and "
        "features of little use have a gain of exactly zero. Give weights a price as well "
        "(``alpha``): they would grow to make up for small gains.",
        default=0.0,
        valid=[AT_LEAST_0],
    )

    @property
    def myelin_(self) -> list[np.ndarray]:
        """Thickness of each of ``coefs_``, or with 'ewc' its importance: (n_in, n_out) each."""
        check_is_fitted(self)
        state = self.__dict__.get("_traces")
        if state is None:
            raise AttributeError(
                "there is no thickness: set plasticity before the fit, or with plasticity='ewc' "
                "call consolidate after it."
            )
        activations = one_per_layer(self.activation, len(self.coefs_) - 1)
        network = network_of(self, activations, self._loss())
        for coef, found in zip(network.coefs, thickness(state, network), strict=True):
            coef[...] = found
        return Parts.of(network, fitted_blocks(Parts.fitted(self), activations)).coefs

    @available_unless(_not_elastic)
    def consolidate(self, X: MatrixLike, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Remember how much these rows depend on each weight, and where it is now.

        With ``plasticity="ewc"``, at the end of a task: from then on ``partial_fit`` adds the
        gradient of ``strength / 2 * sum(importance * (weight - anchor) ** 2)``, importance being
        the mean over the rows of the squared gradient of their loss. It adds up from call to call,
        ``plasticity_decay`` times what it was. Reported losses are without that penalty.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self : estimator

        Raises
        ------
        ValueError
            If the rows are not such as the estimator was fitted on.
        AttributeError
            With another plasticity.

        References
        ----------
        .. [1] Kirkpatrick et al., "Overcoming catastrophic forgetting in neural networks", PNAS
           2017. The sum over tasks is that of Schwarz et al., "Progress & compress", ICML 2018.
        """
        check_is_fitted(self)
        X, labels = data.training_data(self, X, y, reset=False, y_numeric=self._y_numeric)
        activations = one_per_layer(self.activation, len(self.coefs_) - 1)
        network = network_of(self, activations, self._learn_targets(labels, True, True))
        weight = data.training_weights(sample_weight, labels, network.dtype, lambda weight: None)[0]
        importance = _squared_gradients(network, X, self._encode(labels, network.dtype), weight)
        before = self.__dict__.get("_traces")
        if fits(before, "ewc", network):
            importance += network.dtype.type(self.plasticity_decay) * before["importance"]
        self._traces = {"kind": "ewc", "importance": importance, "anchor": network.params.copy()}
        return self


def _squared_gradients(network, X, y, weight):
    """The mean over the rows, by weight, of the squared gradient of a row's loss."""
    total, gradient = np.zeros_like(network.params), np.empty_like(network.params)
    weight = np.ones(X.shape[0]) if weight is None else weight
    for row in np.flatnonzero(weight):
        loss_and_grad(network, X[row : row + 1], y[row : row + 1], grad=gradient)
        total += network.dtype.type(weight[row]) * gradient**2
    return total / network.dtype.type(weight.sum())
