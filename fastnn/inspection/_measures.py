"""What `diagnose` measures: inputs, layers, losses. Numbers only; `_verdicts` judges them."""

from dataclasses import dataclass

import numpy as np

from fastnn.inspection import _network, _twins
from fastnn.inspection._input_measures import InputMeasures, input_measures
from fastnn.training.objective import loss_and_grad

__all__ = ["LayerMeasures", "Measures", "layer_measures", "layer_name", "measure"]

#: Rows that are looked at, and rows whose own gradients are computed; drawn if there are more.
#: Of a large network's gradients, as many as have so many numbers together.
_ROWS, _GRADIENT_ROWS, _GRADIENT_SIZE = 10_000, 64, 300_000_000

#: Losses from which `Measures.noise` is taken.
_DRAWS = 8

#: Outputs outside which a unit counts as saturated.
_SATURATION = {"tanh": (-0.99, 0.99), "logistic": (0.01, 0.99), "bernoulli": (0.01, 0.99)}


@dataclass
class LayerMeasures:
    """One layer on the rows of a report, with what is random in training (dropout, noise) left out.

    Outputs and deltas are those at prediction, when the statistics of a BatchNorm are fixed; the
    gradient by the weights is that of a training step with all rows.

    Attributes
    ----------
    name : str
    activation : str
        Of the output layer, ``"identity"``: it is measured before the link of the loss.
    n_units, n_weights : int
    mean, variance : float
        Of the layer's outputs, over rows and units: of what the activation puts out, before a skip
        connection adds the input.
    saturated : float or None
        Share of outputs with ``|tanh| > 0.99``, or probabilities outside [0.01, 0.99];
        None for an activation that has no flat ends.
    dead : int
        Hidden units that are zero for every row.
    zeros : float
        Share of outputs that are zero.
    signal : float
        How much what the next layer gets differs between rows: root mean square, over the units, of
        the standard deviations.
    gradient_norm : float
        Of the loss, without the penalty, by the layer's weights.
    delta : float
        Root mean square, over rows, of the norm of a row's gradient by the pre-activations: what
        goes into the activation, behind a normalisation.
    weight_norm : float
        Of the same weights; the projection of a skip connection is not among them.
    gain : float
        ``sqrt(n_in mean(w^2))``: factor on the size of independent signals; about 1 after Glorot's
        initialisation, 1.4 after He's. Where pre-activations are normalised, whatever the weights,
        the root mean square of the normalisation's gains.
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

    ``loss``, at prediction, and ``constant_loss``, that of the best constant, are on the rows and
    without penalty, ``training_loss`` and ``validation_loss`` as the fit recorded them. ``noise``
    is the standard deviation of the loss in training for what dropout, noise and sampling draw.
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
    noise: float
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
        at_training, at_prediction = _twins.twins(problem)
        layers = layer_measures(at_training, at_prediction, estimator.learning_rate_init)
        loss = at_prediction.loss_and_grad()[0]
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
        noise=_noise(problem) / per_output,
        training_loss=training,
        validation_loss=validation,
        loss_curve=curve,
    )


def _noise(problem):
    network = problem.network
    if not network.has("random"):
        return 0.0
    rows = problem.X, problem.y
    weight = problem.sample_weight
    draws = [loss_and_grad(network, *rows, sample_weight=weight, seed=s)[0] for s in range(_DRAWS)]
    return float(np.std(draws, ddof=1))


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


def layer_measures(training, problem, learning_rate=float("nan")):
    """A `LayerMeasures` for every layer, from the twins of a problem; gradients are without the
    penalty, which would hide how small they are."""
    network, n_layers = training.network, len(problem.blocks) + 1
    units = _twins.layer_outputs(problem, units=True)
    outputs = _twins.layer_outputs(problem)
    by_weights = _twins.layer_parameters(training, training.loss_and_grad()[1])
    n_gradients = min(_GRADIENT_ROWS, max(8, _GRADIENT_SIZE // network.n_params))
    deltas = _twins.row_deltas(_sample(problem, n_gradients))
    activations = [*problem.activations, "identity"]
    layers = []
    for k, (coef, norm_gain, _) in enumerate(_twins.layer_parameters(training, network.params)):
        h = units[k]
        low, high = _SATURATION.get(activations[k], (None, None))
        zero = h == 0
        weight_norm, gradient_norm = np.linalg.norm(coef), np.linalg.norm(by_weights[k][0])
        ratio = learning_rate * gradient_norm / weight_norm if weight_norm else np.inf
        layers.append(
            LayerMeasures(
                name=layer_name(k, n_layers),
                activation=activations[k],
                n_units=h.shape[1],
                n_weights=coef.size,
                mean=float(h.mean()),
                variance=float(h.var()),
                saturated=None if low is None else float(((h < low) | (h > high)).mean()),
                dead=0 if k == n_layers - 1 else int(zero.all(axis=0).sum()),
                zeros=float(zero.mean()),
                signal=_signal(outputs[k]),
                gradient_norm=float(gradient_norm),
                delta=_rms_norm(deltas[k]),
                weight_norm=float(weight_norm),
                gain=_gain(coef, norm_gain),
                update_ratio=float(ratio),
                finite=bool(np.isfinite(coef).all() and np.isfinite(outputs[k]).all()),
            )
        )
    return layers


def _gain(coef, norm_gain):
    of = coef if norm_gain is None else norm_gain
    return float(np.linalg.norm(of) / np.sqrt(of.shape[-1]))


def _signal(h):
    return float(np.sqrt(h.var(axis=0).mean()))


def _rms_norm(rows):
    return float(np.sqrt((rows**2).sum(axis=1).mean()))


def _target_size(problem):
    """Root mean square of targets that the network predicts as they are, else None."""
    if problem.network.loss.output_activation != "identity":
        return None
    return float(np.sqrt((problem.y**2).mean()))
