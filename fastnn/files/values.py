"""Python values as JSON and named arrays, and back: the closed set that a model file can hold.

JSON holds None, bool, int, finite float, str and list as themselves. The rest are objects with one
key that says what they are: ``{"float": "nan"}``, ``{"tuple": [...]}``, ``{"dict": {...}}``,
``{"items": [[key, value], ...]}`` (a dictionary with other keys than text), ``{"array": name}`` and
``{"floats": name}`` (a list of floats), which name an array beside the JSON,
``{"random_state": {...}}`` and ``{"schedule": {...}}``, one of the closed set below.
"""

import math
from dataclasses import fields

import numpy as np

from fastnn import schedules
from fastnn.exceptions import ModelFormatError

_SPECIAL_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_MAX_DEPTH = 8
_MT19937_WORDS = 624
# Classes of fastnn.schedules; all have numbers or each other as their fields.
_SCHEDULES = (
    *("Constant", "InverseScaling", "ReduceOnPlateau", "StepDecay", "Exponential", "Polynomial"),
    *("Cosine", "CosineRestarts", "OneCycle", "Warmup"),
)


def encode(value, name, tensors):
    """Turn a value into JSON; arrays go to ``tensors`` under names that begin with ``name``.

    Raises
    ------
    TypeError
        If the value is of a type that a file cannot hold; the message names it.
    """
    if isinstance(value, np.bool_ | np.integer | np.floating):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, np.ndarray):
        tensors[name] = value
        return {"array": name}
    if isinstance(value, list):
        if value and all(isinstance(item, float) for item in value):
            tensors[name] = np.array(value, dtype=np.float64)
            return {"floats": name}
        return _encode_items(value, name, tensors)
    if isinstance(value, tuple):
        return {"tuple": _encode_items(value, name, tensors)}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        items = {key: encode(item, f"{name}.{key}", tensors) for key, item in value.items()}
        return {"dict": items}
    if isinstance(value, dict) and all(_is_key(key) for key in value):
        pairs = [list(item) for item in value.items()]
        return {
            "items": [_encode_items(pair, f"{name}.{i}", tensors) for i, pair in enumerate(pairs)]
        }
    if isinstance(value, np.random.RandomState):
        return {"random_state": _encode_random_state(value, name, tensors)}
    kind = type(value).__name__
    if kind in _SCHEDULES and type(value) is getattr(schedules, kind):
        values = {f.name: getattr(value, f.name) for f in fields(value)}
        return {"schedule": {"class": kind, "fields": encode(values, name, tensors)["dict"]}}
    raise TypeError(f"cannot save {name}: a {type(value).__name__} has no place in a model file")


def _is_key(key):
    if isinstance(key, float | np.floating):
        return math.isfinite(key)
    return isinstance(key, str | int | np.bool_ | np.integer)


def _encode_items(items, name, tensors):
    return [encode(item, f"{name}.{index}", tensors) for index, item in enumerate(items)]


def _encode_random_state(random_state, name, tensors):
    state = random_state.get_state(legacy=False)
    if state["bit_generator"] != "MT19937":
        raise TypeError(
            f"cannot save {name}: a RandomState over {state['bit_generator']}; only MT19937 can be"
        )
    tensors[f"{name}.key"] = state["state"]["key"].astype(np.uint32)
    return {
        "key": f"{name}.key",
        "pos": int(state["state"]["pos"]),
        "has_gauss": int(state["has_gauss"]),
        "gauss": float(state["gauss"]),
    }


def decode(value, tensors, depth=0):
    """Turn JSON from `encode` back into the value; arrays it names are taken out of ``tensors``.

    Raises
    ------
    ModelFormatError
        If the JSON is not of the form that `encode` gives.
    """
    if depth > _MAX_DEPTH:
        raise ModelFormatError("a value is nested too deeply")
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [decode(item, tensors, depth + 1) for item in value]
    if len(value) != 1:
        raise ModelFormatError("a value has not exactly one type")
    [(kind, content)] = value.items()
    if kind == "float" and isinstance(content, str) and content in _SPECIAL_FLOATS:
        return _SPECIAL_FLOATS[content]
    if kind == "tuple" and isinstance(content, list):
        return tuple(decode(item, tensors, depth + 1) for item in content)
    if kind == "dict" and isinstance(content, dict):
        return {key: decode(item, tensors, depth + 1) for key, item in content.items()}
    if kind == "items" and isinstance(content, list):
        return _decode_pairs(content, tensors, depth + 1)
    if kind == "array":
        return take(tensors, content)
    if kind == "floats":
        array = take(tensors, content)
        if array.dtype != np.float64 or array.ndim != 1:
            raise ModelFormatError(f"{content!r} is not a list of floats")
        return array.tolist()
    if kind == "random_state" and isinstance(content, dict):
        return _decode_random_state(content, tensors)
    if kind == "schedule" and isinstance(content, dict):
        return _decode_schedule(content, tensors, depth + 1)
    raise ModelFormatError(f"a value has the unknown or unsound type {kind[:50]!r}")


def _decode_pairs(pairs, tensors, depth):
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise ModelFormatError("a dictionary is not a list of pairs")
    if not all(isinstance(key, bool | int | float | str) for key, _ in pairs):
        raise ModelFormatError("a key of a dictionary is not sound")
    items = {key: decode(value, tensors, depth) for key, value in pairs}
    if len(items) != len(pairs):
        raise ModelFormatError("a dictionary has a key twice")
    return items


def _decode_random_state(content, tensors):
    if set(content) != {"key", "pos", "has_gauss", "gauss"}:
        raise ModelFormatError("a random state has missing or unknown fields")
    key = take(tensors, content["key"])
    pos, has_gauss, gauss = content["pos"], content["has_gauss"], content["gauss"]
    if not (
        key.dtype == np.uint32
        and key.shape == (_MT19937_WORDS,)
        and type(pos) is int
        and 0 <= pos <= _MT19937_WORDS
        and type(has_gauss) is int
        and has_gauss in (0, 1)
        and type(gauss) is float
    ):
        raise ModelFormatError("a random state is not sound")
    random_state = np.random.RandomState()
    random_state.set_state(("MT19937", key, pos, has_gauss, gauss))
    return random_state


def _decode_schedule(content, tensors, depth):
    if set(content) != {"class", "fields"} or not isinstance(content["fields"], dict):
        raise ModelFormatError("a schedule has missing or unknown fields")
    kind = content["class"]
    if not isinstance(kind, str) or kind not in _SCHEDULES:
        raise ModelFormatError("a schedule is of an unknown class")
    values = {name: decode(value, tensors, depth) for name, value in content["fields"].items()}
    if not all(_is_field(value) for value in values.values()):
        raise ModelFormatError("a field of a schedule is not sound")
    try:
        return getattr(schedules, kind)(**values)
    except (TypeError, ValueError) as error:
        raise ModelFormatError(f"a schedule is not sound: {error}") from None


def _is_field(value):
    return value is None or isinstance(value, bool | int | float) or _is_schedule(value)


def _is_schedule(value):
    return type(value).__module__.split(".")[:2] == ["fastnn", "schedules"]


def take(tensors, name):
    """Remove and return an array that the description names."""
    if not isinstance(name, str) or name not in tensors:
        raise ModelFormatError(f"the file lacks the tensor {str(name)[:50]!r}")
    return tensors.pop(name)
