"""A fitted Network as EstimatorParts, and back."""

import numpy as np

from fastnn.exceptions import ModelFormatError
from fastnn.files.parts import EstimatorParts
from fastnn.layers.stages import check_layers
from fastnn.model.kinds import KINDS
from fastnn.model.of_network import compiled_model, nodes_of_stages
from fastnn.network.compiled import CompiledNetwork
from fastnn.network.layout import stages_of
from fastnn.network.network import Network

_PARAMS = {"layers", "loss", "init", "dtype", "random_state"}
_CURVES = ("loss_curve_", "validation_loss_curve_")


def network_apart(network):
    """What goes into a file beside its Model."""
    params = {name: getattr(network, name) for name in sorted(_PARAMS)}
    params["dtype"] = network.dtype.name
    fitted = {}
    for name in _CURVES:
        curve = getattr(network, name, None)
        if curve is not None:
            fitted[name] = [float(loss) for loss in curve]
    if network.compiled.running and network.compiled.rows_seen:
        fitted["rows_seen"] = network.compiled.rows_seen
    if isinstance(network.random_state, int | np.integer):
        # What is left of it: of a RandomState, it is the parameter itself.
        fitted["rng"] = network._rng
    return EstimatorParts("Network", params, fitted)


def build_network(model, parts):
    """Put a Network together; ModelFormatError if its parts contradict each other."""
    params, fitted = parts.params, parts.fitted
    if set(params) != _PARAMS or params["dtype"] != model.dtype:
        raise ModelFormatError("the parameters are not those of a Network, or of another dtype")
    if not set(fitted) <= {*_CURVES, "rng", "rows_seen"}:
        raise ModelFormatError("a fitted attribute is unknown")
    try:
        check_layers_of(params["layers"], model)  # before anything is allocated for them
        network = Network(**params)
        compiled = CompiledNetwork(model.n_features_in, network.layers, network.loss, model.dtype)
    except ModelFormatError:
        raise
    except (TypeError, ValueError) as error:
        raise ModelFormatError(f"the network is not sound: {error}") from None
    fill(compiled, model)
    network.compiled = compiled
    described = compiled_model(network.compiled, model.feature_names)
    if _head(described) != _head(model):
        raise ModelFormatError("the loss is not that of the network")
    _restore(network, fitted)
    return network


def check_layers_of(layers, model):
    """Refuse layers that are not made of the nodes."""
    if not isinstance(layers, list):
        raise ModelFormatError("the layers are not a list")
    check_layers(layers)
    stages = stages_of(model.n_features_in, layers)
    nodes = nodes_of_stages(stages.specs, stages.custom)
    same = len(nodes) == len(model.nodes) and all(
        (a.kind, a.sources, dict(a.attributes)) == (b.kind, b.sources, dict(b.attributes))
        for a, b in zip(nodes, model.nodes, strict=True)
    )
    weights = [node.arrays["weight"] for node in model.nodes if "weight" in node.arrays]
    if not same or stages.widths_of_matrices() != [weight.shape[1] for weight in weights]:
        raise ModelFormatError("the layers are not those of the network")


def fill(compiled, model):
    """Give a CompiledNetwork the numbers of the nodes that its stages stand for."""
    blocks = {
        "weight": iter(compiled.coefs),
        "bias": iter(compiled.intercepts),
        "gain": iter(compiled.gains),
        "shift": iter(compiled.shifts),
        "mean": iter([mean for mean, _ in compiled.running]),
        "variance": iter([variance for _, variance in compiled.running]),
    }
    for node in model.nodes:
        for name in KINDS[node.kind].arrays:
            block = next(blocks[name])
            if block.size != getattr(node.arrays.get(name), "size", 0):
                raise ModelFormatError("the layers are not those of the network")
            if block.size:
                block[...] = node.arrays[name]


def _head(model):
    classes = None if model.classes is None else (model.classes.dtype, model.classes.tolist())
    return model.kind, model.output_activation, model.flat, classes


def _restore(network, fitted):
    for name in fitted.keys() & set(_CURVES):
        if not _are_floats(fitted[name]):
            raise ModelFormatError(f"the fitted attribute {name!r} is not a list of floats")
        setattr(network, name, fitted[name])
    if "loss_curve_" in fitted:
        network.validation_loss_curve_ = fitted.get("validation_loss_curve_")
    if "rows_seen" in fitted:
        if type(fitted["rows_seen"]) is not int or fitted["rows_seen"] < 0:
            raise ModelFormatError("the fitted attribute 'rows_seen' is not a number of rows")
        network.compiled.rows_seen = fitted["rows_seen"]
    if "rng" in fitted:
        if not isinstance(fitted["rng"], np.random.RandomState):
            raise ModelFormatError("the fitted attribute 'rng' is not a random state")
        network._rng = fitted["rng"]


def _are_floats(values):
    return isinstance(values, list) and all(type(value) is float for value in values)
