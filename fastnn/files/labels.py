"""Class labels as JSON, and back."""

import math
import re

import numpy as np

from fastnn.exceptions import ModelFormatError

_NUMBER_DTYPES = (
    *(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)),
    *("bool", "float16", "float32", "float64"),
)
# Of all the labels together in an array of fixed width, so that a file cannot ask for more.
_MAX_LABEL_CHARACTERS = 1 << 19


def describe_classes(classes):
    """An array of labels as JSON; TypeError or ValueError if a file has no place for it."""
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


def classes_from(description):
    """The array of labels that `describe_classes` described, or a ModelFormatError."""
    if not isinstance(description, dict) or set(description) != {"dtype", "values"}:
        raise ModelFormatError("the classes have missing or unknown fields")
    dtype, values = description["dtype"], description["values"]
    if not isinstance(dtype, str):
        raise ModelFormatError("the dtype of the classes is not sound")
    if dtype == "object" and are(values, str):
        return np.array(values, dtype=object)
    if re.fullmatch("<U[1-9][0-9]{0,6}", dtype) and are(values, str):
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
    if not are(values, kind):
        raise ModelFormatError("the classes are not of the dtype they claim")
    if kind is int:
        limits = np.iinfo(dtype)
        fits = all(limits.min <= value <= limits.max for value in values)
    else:
        fits = kind is bool or all(abs(value) <= np.finfo(dtype).max for value in values)
    if not fits or not all(map(math.isfinite, values)):
        raise ModelFormatError("a class does not fit the dtype of the classes")
    return np.array(values, dtype=dtype)


def are(values, kind):
    """Whether it is a list of values of exactly that type."""
    return isinstance(values, list) and all(type(value) is kind for value in values)
