"""A Model as JSON and arrays, and back: its head here, its nodes as each version has them."""

from fastnn.exceptions import ModelFormatError
from fastnn.files.fronts import describe_front, front_from
from fastnn.files.labels import are, classes_from, describe_classes
from fastnn.files.layers import describe_layers, nodes_from_layers
from fastnn.files.nodes import describe_nodes, nodes_from
from fastnn.model.head import Head, Threshold
from fastnn.model.model import Model

_FIELDS = {"kind", "dtype", "n_features_in", "classes", "feature_names", "flat"}


def describe_model(model, tensors, version):
    """Turn a Model into JSON of a format version that can hold it; its arrays go to ``tensors``.

    Raises
    ------
    ValueError, TypeError
        If the class labels are of a kind that a file cannot hold.
    """
    if version < 3:
        nodes = {"layers": describe_layers(model, tensors, version)}
    else:
        nodes = {
            "nodes": describe_nodes(model.nodes, tensors),
            "output_activation": model.output_activation,
        }
        if model.precision is not None:
            from fastnn.files.reduced import store_reduced  # few files need it: cold starts count

            nodes["precision"] = model.precision
            store_reduced(model.nodes, model.precision, tensors)
        if model.head.activated:
            nodes["activated"] = True
        if model.threshold is not None:
            nodes["threshold"] = [model.threshold.value, model.threshold.positive]
        if model.front is not None:
            nodes["front"] = describe_front(model.front, tensors)
    names = model.head.feature_names
    return {
        "kind": model.kind,
        "dtype": model.dtype,
        "n_features_in": model.n_features_in,
        **nodes,
        "classes": None if model.classes is None else describe_classes(model.classes),
        "feature_names": None if names is None else list(names),
        "flat": model.flat,
    }


def model_from_description(description, tensors, version, activations):
    """Build the Model; its arrays are taken out of ``tensors``.

    ``activations`` maps the names of the user's own activations to what they are.

    Raises
    ------
    ModelFormatError
        If the description is not sound, or does not fit the arrays.
    """
    fields = _FIELDS | ({"layers"} if version < 3 else {"nodes", "output_activation"})
    optional = set() if version < 3 else {"threshold", "front", "activated", "precision"}
    if not isinstance(description, dict) or set(description) - optional != fields:
        raise ModelFormatError("the description of the network has missing or unknown fields")
    dtype, n_in = description["dtype"], description["n_features_in"]
    names, flat, kind = description["feature_names"], description["flat"], description["kind"]
    if dtype not in ("float32", "float64") or type(n_in) is not int:
        raise ModelFormatError("the dtype or the number of features is not sound")
    if names is not None and not are(names, str):
        raise ModelFormatError("the feature names are not sound")
    if not isinstance(flat, bool) or not isinstance(kind, str):
        raise ModelFormatError("the kind of model is not sound")
    if version < 3:
        nodes, output = nodes_from_layers(description["layers"], tensors, version)
    else:
        nodes = nodes_from(description["nodes"], tensors, activations)
        if "precision" in description:
            from fastnn.files.reduced import with_reduced

            nodes = with_reduced(nodes, description["precision"], tensors)
        output = description["output_activation"]
        if not isinstance(output, str):
            raise ModelFormatError("the output activation is not sound")
    classes = description["classes"]
    classes = None if classes is None else classes_from(classes)
    names = None if names is None else tuple(names)
    threshold = _threshold(description["threshold"]) if "threshold" in description else None
    front = front_from(description["front"], tensors) if "front" in description else None
    activated = description.get("activated", False)
    if type(activated) is not bool:
        raise ModelFormatError("the output activation is not sound")
    head = kind, output, dtype, classes, names, flat, threshold, activated
    try:
        return Model(n_in, nodes, Head(*head), front, description.get("precision"))
    except ValueError as error:
        raise ModelFormatError(str(error)) from None


def _threshold(value):
    if not isinstance(value, list) or [type(part) for part in value] != [float, int]:
        raise ModelFormatError("the threshold is not sound")
    return Threshold(*value)
