"""Verdicts on the inputs and on the layers, at whatever weights the network has."""

import numpy as np

from fastnn.inspection._verdict import Verdict, over, value

__all__ = ["RULES"]


def _hidden(m, chosen):
    return [layer.name for layer in m.layers[:-1] if chosen(layer)]


def _broken(m):
    return not (np.isfinite(m.loss) and all(layer.finite for layer in m.layers))


def _vanishing_gradients(m):
    output = m.layers[-1].delta
    if _broken(m) or output == 0:
        return None
    # A gate that is nearly closed leaves a layer little, yet the same at any depth.
    through_gates = max((layer.delta for layer in m.layers if layer.gated), default=0) or output

    def left(layer):
        return layer.delta / (through_gates if layer.gated else output)

    layers = _hidden(m, lambda layer: left(layer) < value("vanishing gradient"))
    if not layers:
        return None
    least = min(map(left, m.layers))
    return Verdict(
        "vanishing gradients",
        f"a row's gradient shrinks to {least:.1e} of what it is at the output, so these layers "
        "hardly learn.",
        "activation='relu', weights from init='glorot_uniform' (tanh) or 'he_normal' (relu), "
        "skip connections (residual=True), batch_norm=True, with tanh or relu layer_norm=True, "
        "fewer layers.",
        layers,
    )


def _vanishing_through_time(m):
    t = m.time
    if _broken(m) or t is None or t.least >= value("vanishing through time"):
        return None
    if m.loss < value("left to learn") * m.constant_loss:
        return None  # it has learned without the steps that are far
    gates = "cell='lstm' or 'gru' in the place of 'rnn', " if t.kind == "rnn" else ""
    return Verdict(
        "vanishing through time",
        f"of {t.n_steps} steps, the gradient of the farthest is {t.least:.1e} of that of the "
        "nearest: what happened there is hardly learned.",
        f"{gates}output='mean', shorter sequences (or every other step), bidirectional=True.",
        ["hidden layer 1"],
    )


def _exploding_through_time(m):
    t = m.time
    if _broken(m) or t is None or not over("exploding through time", t.earliest):
        return None
    return Verdict(
        "exploding through time",
        f"over {t.n_steps} steps, the gradient grows {t.earliest:.1e} times.",
        "clip_norm=1, truncated back-propagation (bptt=20), a smaller learning_rate_init, "
        "cell='lstm' or 'gru'.",
        ["hidden layer 1"],
    )


def _vanishing_signals(m):
    if _broken(m) or m.inputs.signal == 0:
        return None
    reference = min(m.inputs.signal, 1.0)  # bounded activations have no larger one
    limit = value("vanishing signal") * reference
    layers = _hidden(m, lambda layer: layer.signal < limit)
    if not layers:
        return None
    least = min(layer.signal for layer in m.layers[:-1]) / reference
    return Verdict(
        "vanishing signals",
        f"outputs differ between rows by no more than {least:.1e} of what the inputs do: all rows "
        "look alike to the layers above.",
        "larger initial weights (init='glorot_uniform', 'he_normal' for relu), scaled inputs, "
        "batch_norm=True, with tanh or relu layer_norm=True.",
        layers,
    )


def _exploding(m):
    if _broken(m):
        layers = [layer.name for layer in m.layers if not layer.finite]
        found = "weights or outputs are infinite or not numbers."
    else:
        layers = [layer.name for layer in m.layers if over("gain", layer.gain)]
        if m.loss < value("underfitting") * m.constant_loss:
            return None
        if 2 * len(layers) < len(m.layers):
            return None
        gain = max(layer.gain for layer in m.layers)
        found = (
            f"the weights make signals and gradients up to {gain:.0f} times as large a layer, and "
            f"the loss is {m.loss:.3g} where a constant has {m.constant_loss:.3g}."
        )
    return Verdict(
        "exploding",
        found,
        "smaller initial weights (init='glorot_uniform', 'he_normal' for relu), gradient clipping "
        "(clip_norm=1), a smaller learning_rate_init, batch_norm=True, a larger alpha.",
        layers,
    )


def _dead_units(m):
    if m.n_rows < value("rows"):
        return None
    layers = _hidden(m, lambda layer: _many_dead(m, layer))
    if not layers:
        return None
    most = max(layer.dead / layer.n_units for layer in m.layers[:-1])
    found = f"up to {most:.0%} of a layer's units are zero for every row, and get no gradient"
    if any(layer.name in layers and layer.dead_at_first == 0 for layer in m.layers):
        found += ", none of them at the first weights: too long steps killed them"
    return Verdict(
        "dead units",
        f"{found}.",
        "a smaller learning_rate_init (a tenth), init='he_normal', activation='leaky_relu', scaled "
        "inputs.",
        layers,
    )


def _many_dead(m, layer):
    """Most units of a layer, or a good part that was not dead at the first weights.

    Units that a strong penalty has switched off are not missed, nor those that L-BFGS, whose steps
    nobody sets, has no use for.
    """
    if over("dead units", layer.dead / layer.n_units):
        return True
    if layer.dead_at_first is None or m.course.solver == "lbfgs":
        return False
    if over("strong penalty", m.course.alpha):
        return False
    died = layer.dead - layer.dead_at_first
    return died > value("few units") and over("units that died", died / layer.n_units)


def _saturated(m):
    layers = _hidden(m, lambda layer: over("saturated", layer.saturated))
    if not layers:
        return None
    most = max(layer.saturated or 0.0 for layer in m.layers[:-1])
    return Verdict(
        "saturated",
        f"up to {most:.0%} of a layer's outputs lie at the flat ends of the activation, where no "
        "gradient passes.",
        "scaled inputs (StandardScaler), smaller initial weights, a smaller learning_rate_init, "
        "a larger alpha, batch_norm=True, activation='relu'.",
        layers,
    )


def _unscaled_inputs(m):
    sizes = m.inputs.sizes
    name = m.inputs.name(sizes.argmax())
    largest, typical = sizes.max(), np.median(sizes[sizes > 0]) if sizes.any() else 0.0
    if over("input size", largest):
        found = f"{name} has a root mean square of {largest:.3g}."
    elif m.inputs.condition_number is not None and over("input spread", largest / typical):
        found = f"{name} is {largest / typical:.0f} times as large as most."
    elif 0 < m.inputs.row_norm < value("small rows"):
        found = f"rows have a norm of {m.inputs.row_norm:.1e} only."
    else:
        return None
    return Verdict(
        "unscaled inputs",
        found,
        "make_pipeline(StandardScaler(), model); MaxAbsScaler for sparse input.",
        [],
    )


def _unscaled_targets(m):
    if not over("target size", m.target_size) or m.course.solver == "lbfgs":
        return None
    if m.fitted and m.course.training_loss < value("underfitting") * m.constant_loss:
        return None  # it has found its way
    return Verdict(
        "unscaled targets",
        f"targets have a root mean square of {m.target_size:.3g}.",
        "TransformedTargetRegressor(model, transformer=StandardScaler()), or solver='lbfgs'.",
        [],
    )


def _correlated_inputs(m):
    condition, middle = m.inputs.condition_number, m.inputs.middle_ratio
    if not (over("condition number", condition) or over("middle eigenvalue", middle)):
        return None
    return Verdict(
        "correlated inputs",
        f"the features' correlation matrix has condition number {condition:.1e}, and its largest "
        f"eigenvalue is {middle:.0f} times the median one: gradient descent is as much slower "
        "along some directions.",
        "PCA(whiten=True) in the pipeline, fewer features, solver='lbfgs' or 'adam'.",
        [],
    )


RULES = (
    _unscaled_inputs,
    _unscaled_targets,
    _correlated_inputs,
    _vanishing_gradients,
    _vanishing_through_time,
    _exploding_through_time,
    _vanishing_signals,
    _exploding,
    _saturated,
    _dead_units,
)
