"""A ScoringModel as JSON and arrays, and back."""

import math
import re
from dataclasses import fields

import numpy as np

from fastnn.exceptions import ModelFormatError
from fastnn.files.values import take
from fastnn.model.blocks import BatchNormalization, LayerNormalization, Skip, arrays_of
from fastnn.model.model import ScoringModel

_FIELDS = {
    "kind",
    "dtype",
    "n_features_in",
    "layers",
    "classes",
    "feature_names",
    "flat",
}
_NORMS = {cls.kind: cls for cls in (LayerNormalization, BatchNormalization)}
_NUMBER_DTYPES = (
    *(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)),
    *("bool", "float16", "float32", "float64"),
)
# Of all the labels together in an array of fixed width, so that a file cannot ask for more.
_MAX_LABEL_CHARACTERS = 1 << 19


def describe_model(model, tensors, version):
    """Turn a ScoringModel into JSON of a format version; its arrays go to ``tensors``.

    Raises
    ------
    ValueError, TypeError
        If the class labels are of a kind that a file cannot hold.
    """
    activations = (*model.activations, model.output_activation)
    layers = []
    for index, (W, b) in enumerate(zip(model.weights, model.biases, strict=True)):
        tensors[f"layers.{index}.weight"] = W
        tensors[f"layers.{index}.bias"] = b
        layers.append({"n_out": W.shape[1], "activation": activations[index]})
    if version > 1:
        for index, block in enumerate(model.blocks):
            layers[index] |= _describe_block(block, f"layers.{index}", tensors)
    return {
        "kind": model.kind,
        "dtype": model.dtype,
        "n_features_in": model.n_features_in,
        "layers": layers,
        "classes": None if model.classes is None else _describe_classes(model.classes),
        "feature_names": None if model.feature_names is None else list(model.feature_names),
        "flat": model.flat,
    }


def _describe_block(block, name, tensors):
    norm, skip = None, None
    if block.norm is not None:
        norm = {"kind": block.norm.kind, "epsilon": block.norm.epsilon}
    if block.skip is not None:
        skip = "identity" if block.skip.matrix is None else "projection"
        skip = skip if block.skip.bias is None else "affine"
    for part in ("norm", "skip"):
        for key, array in arrays_of(getattr(block, part)).items():
            tensors[f"{name}.{part}.{key}"] = array
    return {"norm": norm, "skip": skip}


def model_from_description(description, tensors, version):
    """Build the ScoringModel; its arrays are taken out of ``tensors``.

    Raises
    ------
    ModelFormatError
        If the description is not sound, or does not fit the arrays.
    """
    if not isinstance(description, dict) or set(description) != _FIELDS:
        raise ModelFormatError("the description of the network has missing or unknown fields")
    layers = description["layers"]
    if not isinstance(layers, list) or not layers:
        raise ModelFormatError("the layers are not sound")
    blocks = len(layers) - 1 if version > 1 else 0
    if not all(_is_layer(layer, index < blocks) for index, layer in enumerate(layers)):
        raise ModelFormatError("the layers are not sound")
    dtype, n_in = description["dtype"], description["n_features_in"]
    names, flat, kind = description["feature_names"], description["flat"], description["kind"]
    if dtype not in ("float32", "float64") or type(n_in) is not int:
        raise ModelFormatError("the dtype or the number of features is not sound")
    if names is not None and not _are(names, str):
        raise ModelFormatError("the feature names are not sound")
    if not isinstance(flat, bool) or not isinstance(kind, str):
        raise ModelFormatError("the kind of model is not sound")
    weights, biases = [], []
    for index, layer in enumerate(layers):
        W, b = take(tensors, f"layers.{index}.weight"), take(tensors, f"layers.{index}.bias")
        if W.dtype != dtype or b.dtype != dtype or W.shape != (n_in, layer["n_out"]):
            raise ModelFormatError(f"layer {index} has not the shape or dtype described")
        n_in = layer["n_out"]
        weights.append(W)
        biases.append(b)
    activations = [layer["activation"] for layer in layers]
    classes = description["classes"]
    try:
        return ScoringModel(
            kind=kind,
            weights=tuple(weights),
            biases=tuple(biases),
            activations=tuple(activations[:-1]),
            output_activation=activations[-1],
            classes=None if classes is None else _classes_from(classes),
            feature_names=None if names is None else tuple(names),
            flat=flat,
            norms=tuple(_norm_from(layers[i], f"layers.{i}.norm", tensors) for i in range(blocks)),
            skips=tuple(_skip_from(layers[i], f"layers.{i}.skip", tensors) for i in range(blocks)),
        )
    except ModelFormatError:
        raise
    except ValueError as error:
        raise ModelFormatError(str(error)) from None


def _is_layer(layer, block):
    fields = {"n_out", "activation"} | ({"norm", "skip"} if block else set())
    return (
        isinstance(layer, dict)
        and set(layer) == fields
        and type(layer["n_out"]) is int
        and isinstance(layer["activation"], str)
    )


def _norm_from(layer, name, tensors):
    norm = layer["norm"]
    if norm is None:
        return None
    if not isinstance(norm, dict) or set(norm) != {"kind", "epsilon"}:
        raise ModelFormatError("a normalisation has missing or unknown fields")
    if not isinstance(norm["kind"], str) or norm["kind"] not in _NORMS:
        raise ModelFormatError(f"a normalisation is of an unknown kind; known: {', '.join(_NORMS)}")
    cls = _NORMS[norm["kind"]]
    arrays = {f.name: f"{name}.{f.name}" for f in fields(cls) if f.name != "epsilon"}
    arrays = {field: take(tensors, tensor) for field, tensor in arrays.items()}
    return cls(**arrays, epsilon=norm["epsilon"])


def _skip_from(layer, name, tensors):
    skip = layer["skip"]
    if skip is None:
        return None
    if skip not in ("identity", "projection", "affine"):
        raise ModelFormatError("a skip is of an unknown form")
    matrix = None if skip == "identity" else take(tensors, f"{name}.matrix")
    return Skip(matrix, take(tensors, f"{name}.bias") if skip == "affine" else None)


def _are(values, kind):
    return isinstance(values, list) and all(type(value) is kind for value in values)


def _describe_classes(classes):
    dtype = classes.dtype
    name = dtype.name if dtype.kind in "biuf" else f"<U{dtype.itemsize // 4}"
    if dtype.kind == "O":
        name = "object"
        if not all(type(label) is str for label in classes):
            raise TypeError("cannot save class labels of dtype object that are not all str")
    elif dtype.kind not in "biufU" or (dtype.kind in "biuf" and name not in _NUMBER_DTYPES):
        raise TypeError(f"cannot save class labels of dtype {dtype}")
    if dtype.kind == "f" and not np.isfinite(classes).all():
        raise ValueError("cannot save class labels that are not finite")
    if dtype.kind == "U" and classes.nbytes > 4 * _MAX_LABEL_CHARACTERS:
        raise ValueError(f"cannot save class labels of {classes.nbytes // 4} characters in all")
    return {"dtype": name, "values": classes.tolist()}


def _classes_from(description):
    if not isinstance(description, dict) or set(description) != {"dtype", "values"}:
        raise ModelFormatError("the classes have missing or unknown fields")
    dtype, values = description["dtype"], description["values"]
    if not isinstance(dtype, str):
        raise ModelFormatError("the dtype of the classes is not sound")
    if dtype == "object" and _are(values, str):
        return np.array(values, dtype=object)
    if re.fullmatch("<U[1-9][0-9]{0,6}", dtype) and _are(values, str):
        return _text_classes(int(dtype[2:]), values)
    if dtype in _NUMBER_DTYPES:
        return _number_classes(np.dtype(dtype), values)
    raise ModelFormatError("the classes are not of the dtype they claim")


def _text_classes(width, values):
    if width * len(values) > _MAX_LABEL_CHARACTERS or any(len(v) > width for v in values):
        raise ModelFormatError("the classes are longer than allowed")
    return np.array(values, dtype=f"<U{width}")


def _number_classes(dtype, values):
    kind = {"b": bool, "f": float}.get(dtype.kind, int)
    if not _are(values, kind):
        raise ModelFormatError("the classes are not of the dtype they claim")
    if kind is int:
        limits = np.iinfo(dtype)
        fits = all(limits.min <= value <= limits.max for value in values)
    else:
        fits = kind is bool or all(abs(value) <= np.finfo(dtype).max for value in values)
    if not fits or not all(map(math.isfinite, values)):
        raise ModelFormatError("a class does not fit the dtype of the classes")
    return np.array(values, dtype=dtype)
