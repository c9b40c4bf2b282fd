"""Python values as JSON and named arrays, and back: the closed set that a model file can hold.

JSON holds None, bool, int, finite float, str and list as themselves. The rest are objects with one
key that says what they are: ``{"float": "nan"}``, ``{"tuple": [...]}``, ``{"dict": {...}}``,
``{"items": [[key, value], ...]}`` (a dictionary with other keys than text), ``{"array": name}`` and
``{"floats": name}`` (a list of floats), which name an array beside the JSON,
``{"random_state": {...}}``, ``{"estimator": {...}}`` for EstimatorParts that are a parameter,
``{"activation": name}`` for a function of the user's own, which is not
in the file, and objects of the library's own, see `fastnn.files.objects`.
"""

import math

import numpy as np

from fastnn.exceptions import ModelFormatError
from fastnn.files.objects import family_of, make_object, names_and_values
from fastnn.files.parts import EstimatorParts
from fastnn.layers.activations import CustomActivation

_SPECIAL_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_MAX_DEPTH = 8
_MT19937_WORDS = 624


def encode(value, name, tensors, depth=0):
    """Turn a value into JSON; arrays go to ``tensors`` under names that begin with ``name``.

    Raises
    ------
    TypeError
        If the value is of a type that a file cannot hold; the message names it.
    """
    if depth > _MAX_DEPTH:
        raise TypeError(f"cannot save {name}: it is nested too deeply for a model file")
    depth += 1
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
        return _encode_items(value, name, tensors, depth)
    if isinstance(value, tuple):
        return {"tuple": _encode_items(value, name, tensors, depth)}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": _encode_dict(value, name, tensors, depth)}
    if isinstance(value, dict) and all(_is_key(key) for key in value):
        pairs = enumerate(value.items())
        return {"items": [_encode_items(p, f"{name}.{i}", tensors, depth) for i, p in pairs]}
    if isinstance(value, np.random.RandomState):
        return {"random_state": _encode_random_state(value, name, tensors)}
    if isinstance(value, CustomActivation):
        return {"activation": value.name}
    if isinstance(value, EstimatorParts):
        params = _encode_dict(value.params, name, tensors, depth)
        return {"estimator": {"class": value.name, "params": params}}
    family = family_of(value)
    if family:
        names = _encode_dict(names_and_values(value), name, tensors, depth)
        return {family: {"class": type(value).__name__, "fields": names}}
    raise TypeError(f"cannot save {name}: a {type(value).__name__} has no place in a model file")


def encode_section(values, name, tensors):
    """A dictionary of parameters or attributes as JSON; errors name them after ``name``."""
    return {key: encode(value, f"{name}.{key}", tensors) for key, value in values.items()}


def decode_section(section, tensors, activations):
    """Such a dictionary back; a ModelFormatError if it is none."""
    if not isinstance(section, dict):
        raise ModelFormatError("the parameters or fitted attributes are not an object")
    return {name: decode(value, tensors, activations) for name, value in section.items()}


def _is_key(key):
    if isinstance(key, float | np.floating):
        return math.isfinite(key)
    return isinstance(key, str | int | np.bool_ | np.integer)


def _encode_items(items, name, tensors, depth):
    return [encode(item, f"{name}.{index}", tensors, depth) for index, item in enumerate(items)]


def _encode_dict(items, name, tensors, depth):
    return {key: encode(item, f"{name}.{key}", tensors, depth) for key, item in items.items()}


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


def decode(value, tensors, activations=(), depth=0):
    """Turn JSON from `encode` back into the value; arrays it names are taken out of ``tensors``.

    Parameters
    ----------
    activations : dict of str to CustomActivation
        What the names of the user's own functions stand for.

    Raises
    ------
    ModelFormatError
        If the JSON is not of the form that `encode` gives, or an activation is not given.
    """
    if depth > _MAX_DEPTH:
        raise ModelFormatError("a value is nested too deeply")

    def inner(item):
        return decode(item, tensors, activations, depth + 1)

    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [inner(item) for item in value]
    if len(value) != 1:
        raise ModelFormatError("a value has not exactly one type")
    [(kind, content)] = value.items()
    if kind == "float" and isinstance(content, str) and content in _SPECIAL_FLOATS:
        return _SPECIAL_FLOATS[content]
    if kind == "tuple" and isinstance(content, list):
        return tuple(inner(item) for item in content)
    if kind == "dict" and isinstance(content, dict):
        return {key: inner(item) for key, item in content.items()}
    if kind == "items" and isinstance(content, list):
        return _decode_pairs(content, inner)
    if kind == "array":
        return take(tensors, content)
    if kind == "floats":
        array = take(tensors, content)
        if array.dtype != np.float64 or array.ndim != 1:
            raise ModelFormatError(f"{content!r} is not a list of floats")
        return array.tolist()
    if kind == "random_state" and isinstance(content, dict):
        return _decode_random_state(content, tensors)
    if kind == "activation" and isinstance(content, str):
        return _activation(content, activations)
    if kind == "estimator" and isinstance(content, dict):
        return _decode_estimator(content, inner)
    return make_object(kind, content, inner)


def _decode_estimator(content, inner):
    if set(content) != {"class", "params"} or not isinstance(content["params"], dict):
        raise ModelFormatError("an estimator has missing or unknown fields")
    if not isinstance(content["class"], str):
        raise ModelFormatError("the class of an estimator is not sound")
    params = {name: inner(item) for name, item in content["params"].items()}
    return EstimatorParts(content["class"], params, {})


def _activation(name, activations):
    if name not in activations:
        raise ModelFormatError(
            f"the file needs the activation {name[:50]!r}, a function that is not in it: pass"
            f" fastnn.load(path, activations={{{name[:50]!r}: CustomActivation(...)}})"
        )
    return activations[name]


def _decode_pairs(pairs, inner):
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise ModelFormatError("a dictionary is not a list of pairs")
    if not all(isinstance(key, bool | int | float | str) for key, _ in pairs):
        raise ModelFormatError("a key of a dictionary is not sound")
    items = {key: inner(value) for key, value in pairs}
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


def take(tensors, name):
    """Remove and return an array that the description names."""
    if not isinstance(name, str) or name not in tensors:
        raise ModelFormatError(f"the file lacks the tensor {str(name)[:50]!r}")
    return tensors.pop(name)
