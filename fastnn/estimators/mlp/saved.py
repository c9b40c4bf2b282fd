"""A fitted estimator as EstimatorParts, and back."""

import inspect

import numpy as np

from fastnn.estimators.shared.restored import check_types, of_the_input, with_parameters
from fastnn.exceptions import ModelFormatError
from fastnn.files.parts import EstimatorParts
from fastnn.files.versions import first_params
from fastnn.model.blocks import blocks_of
from fastnn.model.of_estimator import PAIRED, hidden_activations

_NONE = type(None)
# What a fitted estimator carries beside its network, and of which types.
_FITTED = {
    "n_iter_": int,
    "t_": int,
    "loss_": float,
    "loss_curve_": list,
    "learning_rate_curve_": list,
    "best_loss_": (float, _NONE),
    "validation_scores_": (list, _NONE),
    "validation_loss_curve_": (list, _NONE),
    "best_validation_score_": (float, _NONE),
    "temperature_": float,
    "offset_": float,
    "input_shape_": tuple,
    "step_width_": int,
    "sequence_shape_": tuple,
    "states_": (np.ndarray, _NONE),
    "_solver_state": (dict, _NONE),
    "_traces": dict,
}
_OF_THE_NETWORK = {
    "coefs_",
    "intercepts_",
    "norms_",
    "projections_",
    "gains_",
    "classes_",
    "categories_",
    "n_features_in_",
    "feature_names_in_",
    "n_layers_",
    "n_outputs_",
    "out_activation_",
}
_SOLVER_STATE = {
    "solver": str,
    "schedule": list,
    "learning_rate": (float, int),
    "stale": int,
    "moments": dict,
    "resumable": bool,
}
# What use leaves, by the plasticity.
_TRACES_OF = {
    "activity": {"kind", "steps", "use"},
    "input": {"kind", "steps", "use"},
    "gradient": {"kind", "thickness"},
    "ewc": {"kind", "importance", "anchor"},
}
_TRACES = set().union(*_TRACES_OF.values())


def take_apart(estimator):
    """What goes into a file beside the network; TypeError for an attribute without a place."""
    params = estimator.get_params(deep=False)
    attributes = {name: value for name, value in vars(estimator).items() if name not in params}
    for name in attributes:
        if not (name.startswith("_") or name in _OF_THE_NETWORK or name in _FITTED):
            raise TypeError(f"cannot save the attribute {name!r}: a model file has no place for it")
    fitted = {name: value for name, value in attributes.items() if name in _FITTED}
    name = type(estimator).__name__
    first, defaults = first_params(name), inspect.signature(type(estimator)).parameters
    for param in params.keys() - first.keys():
        if _is_same(params[param], defaults[param].default):
            del params[param]
    return EstimatorParts(name, params, fitted)


def _is_same(value, default):
    return type(value) is type(default) and value == default


def build_estimator(network, parts):
    """Put an estimator together; ModelFormatError if its parts contradict each other."""
    from fastnn import estimators

    cls = getattr(estimators, parts.name)
    estimator = with_parameters(cls, parts.params)
    nodes, values = network.nodes, None
    if nodes[-1].kind == "scale":  # of an autoencoder, behind the activation of its outputs
        nodes, values = nodes[:-2], nodes[-2].attributes.get("name")
    blocks = blocks_of(nodes)
    if blocks is None:
        raise ModelFormatError(f"the nodes are not those of an {parts.name}")
    tied = blocks if parts.params.get("tied") is True else ()
    check_fitted(parts.fitted, network, sum(block.weight.size for block in tied) // 2)
    classifies = parts.name == "MLPClassifier"
    if classifies == (network.kind == "regressor"):
        raise ModelFormatError(f"an {parts.name} cannot be a {network.kind}")
    # Of a classifier with one output, see `folding`.
    logistic = classifies and network.n_outputs == 1 and network.has_probabilities
    vars(estimator).update(
        parts.fitted,
        coefs_=[block.weight for block in blocks],
        intercepts_=[block.bias for block in blocks],
        n_layers_=len(blocks) + 1,
        n_outputs_=network.n_outputs,
        out_activation_="logistic" if logistic else values or network.output_activation,
        **of_the_input(network),
        **_block_attributes(blocks[:-1]),
        **_gains(blocks),
    )
    if not _has_activations(estimator, tuple(block.activation for block in blocks[:-1])):
        raise ModelFormatError("the parameter 'activation' is not that of the network")
    if parts.params.get("loss") == PAIRED and network.n_outputs % 2:
        raise ModelFormatError("the outputs are not pairs of mean and log-variance")
    if classifies:
        restore_classes(estimator, network.classes, network.kind == "multilabel")
    for array in network.arrays:
        array.setflags(write=True)  # the arrays of an estimator are its user's to change
    return estimator


def _block_attributes(blocks):
    """What a fitted estimator says of its normalisations and skips, if it has any."""
    attributes = {}
    if any(block.norm is not None for block in blocks):
        attributes["norms_"] = [block.norm and _norm_attribute(block.norm) for block in blocks]
    if any(block.skip is not None for block in blocks):
        skips = [block.skip for block in blocks]
        if any(skip is not None and skip.bias is not None for skip in skips):
            raise ModelFormatError("a skip of an estimator has a bias")
        attributes["projections_"] = [skip and _projection(skip) for skip in skips]
    return attributes


def _gains(blocks):
    having = [block for block in blocks if block.gain is not None]
    if having and len(having) < len(blocks):
        raise ModelFormatError("some layers have gains, and others have none")
    return {"gains_": [block.gain for block in having]} if having else {}


def _projection(skip):
    carried = "identity" if skip.matrix is None else skip.matrix
    if skip.gate is None:
        return carried
    return {"gate": skip.gate[0], "bias": skip.gate[1], "carried": carried}


def _norm_attribute(norm):
    arrays = {"mean": None, "variance": None, **norm.arrays}
    kind = norm.kind.removesuffix("_norm")
    return {"kind": kind, **arrays, "epsilon": norm.attributes["epsilon"]}


def _has_activations(estimator, expected):
    try:
        return hidden_activations(estimator) == expected
    except TypeError:
        return False


def restore_classes(estimator, classes, multilabel):
    """Set what an estimator knows of its classes; ModelFormatError if they are not sound."""
    from fastnn.estimators.shared.labels import learn_classes

    try:
        binarizer = learn_classes(np.eye(len(classes), dtype=int) if multilabel else classes)
    except ValueError as error:
        raise ModelFormatError(f"the classes are not sound: {error}") from None
    if not np.array_equal(binarizer.classes_, classes):
        raise ModelFormatError("the classes are not sorted, or not distinct")
    estimator._label_binarizer = binarizer
    estimator.classes_ = binarizer.classes_ = classes.copy()


def check_fitted(fitted, network, n_shared=0):
    """Of the weights so many are there twice, and learned once."""
    check_types(fitted, _FITTED, "fitted attribute")
    for name, types in _FITTED.items():
        if types not in (list, (list, _NONE)):
            continue
        if not all(type(value) is float for value in fitted.get(name) or ()):
            raise ModelFormatError(f"the fitted attribute {name!r} is not a list of floats")
    if "_traces" in fitted:
        _check_traces(fitted["_traces"])
    state = fitted.get("_solver_state")
    if state is None:
        return
    if set(state) != set(_SOLVER_STATE):
        raise ModelFormatError("the state of the solver has missing or unknown fields")
    check_types(state, _SOLVER_STATE, "field of the solver's state")
    if type(state["moments"].get("t")) is not int:
        raise ModelFormatError("the state of the optimizer has no number of steps")
    learned = (node.arrays.items() for node in network.nodes)
    statistics = ("mean", "variance")
    n_params = sum(a.size for arrays in learned for name, a in arrays if name not in statistics)
    n_params -= n_shared
    for name, value in state["moments"].items():
        if isinstance(value, np.ndarray):
            sound = value.shape == (n_params,) and value.dtype == network.dtype
            sound = sound and np.isfinite(value).all()
        else:
            sound = value is None or type(value) is int
        if not sound:
            raise ModelFormatError(f"the optimizer's {name[:50]!r} is not sound")


def _check_traces(traces):
    """Of what use has left; whether it fits the network is asked by who goes on from it."""
    for name, value in traces.items():
        if isinstance(value, np.ndarray):
            sound = value.ndim == 1 and value.dtype.kind == "f" and np.isfinite(value).all()
            sound = sound and (name == "anchor" or (value >= 0).all())
        else:
            sound = type(value) is (str if name == "kind" else float) and value == value
        if not sound or name not in _TRACES:
            raise ModelFormatError(f"the trace {name[:50]!r} is not sound")
    if not traces.keys() >= _TRACES_OF.get(traces.get("kind"), {"a kind"}):
        raise ModelFormatError("the traces of use are not those of a plasticity")
