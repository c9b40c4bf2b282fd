"""What `diagnose` measures: inputs, layers, losses. Numbers only; `_verdicts` judges them."""

from dataclasses import dataclass

import numpy as np

from fastnn.inspection import _network
from fastnn.inspection._input_measures import InputMeasures, input_measures

__all__ = ["LayerMeasures", "Measures", "layer_measures", "layer_name", "measure"]

#: Rows that are looked at, and rows whose own gradients are computed; drawn if there are more.
#: Of a large network's gradients, as many as have so many numbers together.
_ROWS, _GRADIENT_ROWS, _GRADIENT_SIZE = 10_000, 64, 300_000_000

#: Outputs outside which a unit counts as saturated.
_SATURATION = {"tanh": (-0.99, 0.99), "logistic": (0.01, 0.99)}


@dataclass
class LayerMeasures:
    """One layer on the rows of a report.

    Attributes
    ----------
    name : str
    activation : str
        Of the output layer, ``"identity"``: it is measured before the link of the loss.
    n_units, n_weights : int
    mean, variance : float
        Of the layer's outputs, over rows and units.
    saturated : float or None
        Share of outputs with ``|tanh| > 0.99``, or of the logistic function outside [0.01, 0.99];
        None for an activation that has no flat ends.
    dead : int
        Hidden units that are zero for every row.
    zeros : float
        Share of outputs that are zero.
    signal : float
        How much the outputs differ between rows: root mean square, over the units, of their
        standard deviations.
    gradient_norm : float
        Of the loss, without the penalty, by the layer's weights.
    delta : float
        Root mean square, over rows, of the norm of a row's gradient by the pre-activations.
    weight_norm : float
    gain : float
        ``sqrt(n_in mean(w^2))``: factor on the size of independent signals; about 1 after Glorot's
        initialisation, 1.4 after He's.
    update_ratio : float
        ``learning_rate_init * gradient_norm / weight_norm``: the relative change of the weights in
        a step of plain gradient descent. Other solvers take other steps.
    finite : bool
        Whether weights and outputs are.
    """

    name: str
    activation: str
    n_units: int
    n_weights: int
    mean: float
    variance: float
    saturated: float | None
    dead: int
    zeros: float
    signal: float
    gradient_norm: float
    delta: float
    weight_norm: float
    gain: float
    update_ratio: float
    finite: bool


@dataclass
class Measures:
    """All that the verdicts are taken from.

    ``loss`` and ``constant_loss``, that of the best constant, are on the rows and without penalty,
    ``training_loss`` and ``validation_loss`` as the fit recorded them.
    """

    estimator: str
    solver: str
    fitted: bool
    n_rows: int
    inputs: InputMeasures
    target_size: float | None
    layers: list
    loss: float
    constant_loss: float
    training_loss: float | None
    validation_loss: float | None
    loss_curve: np.ndarray


def layer_name(k, n_layers):
    """Name of layer k, counted from 0."""
    return "output layer" if k == n_layers - 1 else f"hidden layer {k + 1}"


def measure(estimator, X, y):
    """Measure an estimator on some rows."""
    problem = _sample(_network.problem_of_estimator(estimator, X, y), _ROWS)
    problem.alpha = 0.0
    per_output = problem.network.n_out if problem.network.loss.averaged else 1
    training, validation, curve = _recorded(estimator)
    with np.errstate(all="ignore"):
        layers = layer_measures(problem, estimator.learning_rate_init)
        loss = problem.loss_and_grad()[0]
    return Measures(
        estimator=type(estimator).__name__,
        solver=estimator.solver,
        fitted=hasattr(estimator, "coefs_"),
        n_rows=problem.X.shape[0],
        inputs=input_measures(problem.X),
        target_size=_target_size(problem),
        layers=layers,
        loss=loss / per_output,
        constant_loss=_network.best_constant_loss(problem) / per_output,
        training_loss=training,
        validation_loss=validation,
        loss_curve=curve,
    )


def _sample(problem, n):
    if problem.X.shape[0] <= n:
        return problem
    return problem.take(np.sort(np.random.RandomState(0).permutation(problem.X.shape[0])[:n]))


def _recorded(estimator):
    """Training and validation loss that belong to the weights, and the curve."""
    if not hasattr(estimator, "coefs_"):
        return None, None, np.empty(0)
    curve = np.array(getattr(estimator, "loss_curve_", []), dtype=np.float64)
    validation = getattr(estimator, "validation_loss_curve_", None)
    if validation and len(validation) <= len(curve):
        best = int(np.argmax(estimator.validation_scores_))  # whose weights have been restored
        return curve[len(curve) - len(validation) + best], validation[best], curve
    return float(estimator.loss_), None, curve


def layer_measures(problem, learning_rate=float("nan")):
    """A `LayerMeasures` for every layer; gradients are without the penalty, which would hide how
    small they are."""
    network = problem.network
    outputs = _network.layer_outputs(network, problem.X)
    by_coefs = network.views(problem.loss_and_grad()[1]).coefs
    n_gradients = min(_GRADIENT_ROWS, max(8, _GRADIENT_SIZE // network.n_params))
    deltas = _network.row_deltas(_sample(problem, n_gradients))
    activations = [*_network.hidden_activations(network), "identity"]
    layers = []
    for k, (coef, h) in enumerate(zip(network.coefs, outputs, strict=True)):
        low, high = _SATURATION.get(activations[k], (None, None))
        zero = h == 0
        weight_norm, gradient_norm = np.linalg.norm(coef), np.linalg.norm(by_coefs[k])
        ratio = learning_rate * gradient_norm / weight_norm if weight_norm else np.inf
        layers.append(
            LayerMeasures(
                name=layer_name(k, len(outputs)),
                activation=activations[k],
                n_units=h.shape[1],
                n_weights=coef.size,
                mean=float(h.mean()),
                variance=float(h.var()),
                saturated=None if low is None else float(((h < low) | (h > high)).mean()),
                dead=0 if k == len(outputs) - 1 else int(zero.all(axis=0).sum()),
                zeros=float(zero.mean()),
                signal=_signal(h),
                gradient_norm=float(gradient_norm),
                delta=_rms_norm(deltas[k]),
                weight_norm=float(weight_norm),
                gain=float(weight_norm / np.sqrt(coef.shape[1])),
                update_ratio=float(ratio),
                finite=bool(np.isfinite(coef).all() and np.isfinite(h).all()),
            )
        )
    return layers


def _signal(h):
    return float(np.sqrt(h.var(axis=0).mean()))


def _rms_norm(rows):
    return float(np.sqrt((rows**2).sum(axis=1).mean()))


def _target_size(problem):
    """Root mean square of targets that the network predicts as they are, else None."""
    if problem.network.loss.output_activation != "identity":
        return None
    return float(np.sqrt((problem.y**2).mean()))
