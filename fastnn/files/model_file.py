"""What is in a model file, as plain data: a Model, and for an estimator what goes with it.

``docs/format.md`` describes the file; `fastnn.persistence` turns the data into objects.
"""

from fastnn._version import __version__
from fastnn.exceptions import ModelFormatError
from fastnn.files.container import parse_container, read_container, write_container
from fastnn.files.description import describe_model, model_from_description
from fastnn.files.ensembles import FIELDS, describe_ensemble, ensemble_from
from fastnn.files.parts import EstimatorParts
from fastnn.files.streams import name_of
from fastnn.files.values import decode_section, encode_section
from fastnn.files.versions import version_of_estimator, version_of_network
from fastnn.model.melting import has_foldable
from fastnn.model.of_estimator import CONVOLUTIONS
from fastnn.model.of_recurrent import RECURRENT
from fastnn.model.of_transformer import AUTOENCODERS, MACHINES

#: The classes of what can be trained; those behind the first two came with version 3.
ESTIMATORS = (
    *("MLPClassifier", "MLPRegressor", "Network", "SelfOrganizingMap", "HopfieldNetwork"),
    *AUTOENCODERS,
    *MACHINES,
    *CONVOLUTIONS,
    *RECURRENT,
)

_COMMON_FIELDS = {"writer", "content", "network"}
_ESTIMATOR_FIELDS = {"class", "params", "fitted"}


def write_model_file(path, network, estimator=None):
    """Write a Model, and if given the EstimatorParts that belong to it."""
    _check_names(network.nodes)
    version, tensors = version_of_network(network), {}
    if estimator is not None:
        version = max(version, version_of_estimator(estimator))
    description = {
        "writer": f"fastnn {__version__}",
        "content": "predictor" if estimator is None else "estimator",
        "network": describe_model(network, tensors, version),
    }
    if estimator is not None:
        description["class"] = estimator.name
        description["params"] = encode_section(estimator.params, "params", tensors)
        description["fitted"] = encode_section(estimator.fitted, "fitted", tensors)
    write_container(path, version, description, tensors)


def write_ensemble_file(path, parts):
    """Write EnsembleParts."""
    _check_names([node for model, _ in parts.members for node in model.nodes])
    tensors = {}
    described = describe_ensemble(parts, tensors)
    head = {"writer": f"fastnn {__version__}", "content": "ensemble"}
    write_container(path, 3, head | described, tensors)


def read_model_file(path, activations=None):
    """Read a file.

    Parameters
    ----------
    path : str or path-like
    activations : dict of str to CustomActivation, optional
        The user's own functions that the file names.

    Returns
    -------
    network : Model or None
        Not of an ensemble, whose members have theirs.
    estimator : EstimatorParts, EnsembleParts or None

    Raises
    ------
    ModelFormatError
        If the file is not sound.
    OSError
        If it cannot be read.
    """
    try:
        return _interpret(*read_container(path), activations or {})
    except ModelFormatError as error:
        raise ModelFormatError(f"{name_of(path)}: {error}") from None


def parse_model_file(file, size, activations=None):
    """Read from an open binary file of ``size`` bytes; see `read_model_file`."""
    return _interpret(*parse_container(file, size), activations or {})


def _interpret(version, description, tensors, activations):
    content = description.get("content")
    if content == "ensemble" and version > 2:
        return None, _ensemble(description, tensors, activations)
    if content not in ("predictor", "estimator"):
        raise ModelFormatError("the content is neither a predictor nor an estimator")
    fields = _COMMON_FIELDS | (_ESTIMATOR_FIELDS if content == "estimator" else set())
    if set(description) != fields or not isinstance(description["writer"], str):
        raise ModelFormatError("the description has missing or unknown fields")
    network = model_from_description(description["network"], tensors, version, activations)
    if content == "estimator" and network.precision is not None:
        raise ModelFormatError("an estimator has no reduced weights")
    if version_of_network(network) > version:
        raise ModelFormatError(f"the network has what format version {version} has not")
    if content == "predictor" and has_foldable(network.nodes):
        raise ModelFormatError("a predictor has batch normalisations that belong into its weights")
    estimator = None
    if content == "estimator":
        known = ESTIMATORS if version > 2 else ESTIMATORS[:2]
        if description["class"] not in known:
            raise ModelFormatError("the estimator is of an unknown class")
        estimator = EstimatorParts(
            name=description["class"],
            params=decode_section(description["params"], tensors, activations),
            fitted=decode_section(description["fitted"], tensors, activations),
        )
    _refuse_more(tensors)
    return network, estimator


def _ensemble(description, tensors, activations):
    if set(description) != {"writer", "content", *FIELDS}:
        raise ModelFormatError("the description has missing or unknown fields")
    if not isinstance(description["writer"], str):
        raise ModelFormatError("the writer is not sound")
    parts = ensemble_from(description, tensors, activations, ESTIMATORS[:2])
    _refuse_more(tensors)
    return parts


def _refuse_more(tensors):
    if tensors:
        raise ModelFormatError(f"the tensor {min(tensors)[:50]!r} is not described")


def _check_names(nodes):
    """Refuse to write two functions under one name."""
    functions = {}
    for node in nodes:
        function = node.attributes.get("function")
        if function is not None and functions.setdefault(function.name, function) != function:
            raise ValueError(
                f"two custom activations are called {function.name!r}, and a file knows them by"
                " name: give each a name of its own, CustomActivation(f, df, name=...)"
            )
