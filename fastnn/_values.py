"""Python values as JSON and named arrays, and back: the closed set that a model file can hold.

JSON holds None, bool, int, finite float, str and list as themselves. The rest are objects with one
key that says what they are: ``{"float": "nan"}``, ``{"tuple": [...]}``, ``{"dict": {...}}``,
``{"array": name}`` and ``{"floats": name}`` (a list of floats), which name an array beside the
JSON, and ``{"random_state": {...}}``.
"""

import math

import numpy as np

from fastnn.exceptions import ModelFormatError

_SPECIAL_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_MAX_DEPTH = 8
_MT19937_WORDS = 624


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
    if isinstance(value, np.random.RandomState):
        return {"random_state": _encode_random_state(value, name, tensors)}
    raise TypeError(f"cannot save {name}: a {type(value).__name__} has no place in a model file")


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
    if kind == "array":
        return take(tensors, content)
    if kind == "floats":
        array = take(tensors, content)
        if array.dtype != np.float64 or array.ndim != 1:
            raise ModelFormatError(f"{content!r} is not a list of floats")
        return array.tolist()
    if kind == "random_state" and isinstance(content, dict):
        return _decode_random_state(content, tensors)
    raise ModelFormatError(f"a value has the unknown or unsound type {kind[:50]!r}")


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


def take(tensors, name):
    """Remove and return an array that the description names."""
    if not isinstance(name, str) or name not in tensors:
        raise ModelFormatError(f"the file lacks the tensor {str(name)[:50]!r}")
    return tensors.pop(name)
