"""What is in a model file, as plain data: a Model, and for an estimator what goes with it.

``docs/format.md`` describes the file; `fastnn.persistence` turns the data into objects.
"""

from dataclasses import dataclass

from fastnn._version import __version__
from fastnn.exceptions import ModelFormatError
from fastnn.files.container import parse_container, read_container, write_container
from fastnn.files.description import describe_model, model_from_description
from fastnn.files.streams import name_of
from fastnn.files.values import decode, encode
from fastnn.files.versions import version_of_estimator, version_of_network
from fastnn.model.melting import has_foldable

#: The classes of what can be trained, from version 3 on Network too.
ESTIMATORS = ("MLPClassifier", "MLPRegressor", "Network")

_COMMON_FIELDS = {"writer", "content", "network"}
_ESTIMATOR_FIELDS = {"class", "params", "fitted"}


@dataclass(frozen=True, eq=False)
class EstimatorParts:
    """What an estimator has beside its network.

    Parameters
    ----------
    name : str
        The class, one of ESTIMATORS.
    params, fitted : dict
        Constructor parameters and fitted attributes by name.
    """

    name: str
    params: dict
    fitted: dict


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
        for section in ("params", "fitted"):
            description[section] = {
                name: encode(value, f"{section}.{name}", tensors)
                for name, value in getattr(estimator, section).items()
            }
    write_container(path, version, description, tensors)


def read_model_file(path, activations=None):
    """Read a file.

    Parameters
    ----------
    path : str or path-like
    activations : dict of str to CustomActivation, optional
        The user's own functions that the file names.

    Returns
    -------
    network : Model
    estimator : EstimatorParts or None

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
    if content not in ("predictor", "estimator"):
        raise ModelFormatError("the content is neither a predictor nor an estimator")
    fields = _COMMON_FIELDS | (_ESTIMATOR_FIELDS if content == "estimator" else set())
    if set(description) != fields or not isinstance(description["writer"], str):
        raise ModelFormatError("the description has missing or unknown fields")
    network = model_from_description(description["network"], tensors, version, activations)
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
            params=_decode_section(description["params"], tensors, activations),
            fitted=_decode_section(description["fitted"], tensors, activations),
        )
    if tensors:
        raise ModelFormatError(f"the tensor {min(tensors)[:50]!r} is not described")
    return network, estimator


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


def _decode_section(section, tensors, activations):
    if not isinstance(section, dict):
        raise ModelFormatError("the parameters or fitted attributes are not an object")
    return {name: decode(value, tensors, activations) for name, value in section.items()}
