"""What `diagnose` measures of the layers."""

from dataclasses import dataclass

import numpy as np

from fastnn.inspection import _twins
from fastnn.inspection._chains import chains

__all__ = ["LayerMeasures", "dead_units", "layer_measures", "layer_name", "sample"]

#: Rows whose own gradients are computed; of a large network's gradients, as many as have so many
#: numbers together.
_GRADIENT_ROWS, _GRADIENT_SIZE = 64, 300_000_000

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
        Units of a convolution are its kernels.
    mean, variance : float
        Of the layer's outputs, over rows and units: of what the activation puts out, before a skip
        connection adds the input.
    saturated : float or None
        Share of outputs with ``|tanh| > 0.99``, or probabilities outside [0.01, 0.99];
        None for an activation that has no flat ends.
    dead : int
        Hidden units that are zero for every row, kernels at every place of all of them.
    dead_at_first : int or None
        As many with new first weights; None where nothing was fitted, or few are dead now.
    zeros : float
        Share of outputs that are zero.
    signal : float
        How much what the next layer gets differs between rows: root mean square, over the units, of
        the standard deviations.
    gradient_norm : float
        Of the loss, without the penalty, by the layer's weights.
    delta : float
        Root mean square, over rows, of the norm of a row's gradient by the pre-activations: what
        goes into the activation, behind a normalisation. Of a kernel it is the sum over all places.
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
    gated : bool
        Whether the gate of a highway says how much of it goes on.
    """

    name: str
    activation: str
    n_units: int
    n_weights: int
    mean: float
    variance: float
    saturated: float | None
    dead: int
    dead_at_first: int | None
    zeros: float
    signal: float
    gradient_norm: float
    delta: float
    weight_norm: float
    gain: float
    update_ratio: float
    finite: bool
    gated: bool = False


def layer_name(k, n_layers):
    """Name of layer k, counted from 0."""
    return "output layer" if k == n_layers - 1 else f"hidden layer {k + 1}"


def layer_measures(training, prediction, activations, learning_rate=float("nan")):
    """A `LayerMeasures` for every layer, from the twins of a problem, with the names of their
    activations; gradients are without the penalty, which would hide how small they are."""
    network = training.network
    units, outputs = _twins.layer_outputs(training, prediction)
    n_layers = len(units)
    by_weights = _twins.layer_parameters(training, training.loss_and_grad()[1])
    n_gradients = min(_GRADIENT_ROWS, max(8, _GRADIENT_SIZE // network.n_params))
    deltas = _twins.row_deltas(training, sample(prediction, n_gradients))
    layers, gated = [], [chain.gated for chain in chains(network)]
    for k, (coef, norm_gain) in enumerate(_twins.layer_parameters(training, network.params)):
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
                dead_at_first=None,
                zeros=float(zero.mean()),
                signal=_signal(outputs[k]),
                gradient_norm=float(gradient_norm),
                delta=_rms_norm(deltas[k]),
                weight_norm=float(weight_norm),
                gain=_gain(coef, norm_gain),
                update_ratio=float(ratio),
                finite=bool(np.isfinite(coef).all() and np.isfinite(outputs[k]).all()),
                gated=gated[k],
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


def dead_units(problem):
    """Units of each hidden layer that are zero for every row."""
    units, _ = _twins.layer_outputs(*_twins.twins(problem))
    return [int((h == 0).all(axis=0).sum()) for h in units[:-1]]


def sample(problem, n):
    if problem.X.shape[0] <= n:
        return problem
    return problem.take(np.sort(np.random.RandomState(0).permutation(problem.X.shape[0])[:n]))
