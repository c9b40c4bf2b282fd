"""Export to one C99 file without dependencies, for servers and microcontrollers."""

import os
import re

import numpy as np

from fastnn._version import __version__
from fastnn.export import _c_parts
from fastnn.export._c_parts import ACTIVATIONS, C_KEYWORDS, PREDICT, USAGE
from fastnn.model.blocks import arrays_of
from fastnn.scoring.predictor import describe


def to_c(model, name, path=None):
    """Write a model as C99 source: constant weights and a function ``<name>_predict``.

    The code computes in float, allocates nothing, keeps no state (it may be called from any
    number of threads), and needs only ``<math.h>``. Its first comment shows how to call it. A
    classifier without probabilities writes its decision values in their place.

    Parameters
    ----------
    model : estimator, Predictor, str or path-like
        What `fastnn.Predictor` accepts.
    name : str
        A C identifier with which every external name in the file begins.
    path : str or path-like, optional
        Where to write the source too.

    Returns
    -------
    str
        The source.

    Raises
    ------
    TypeError, ValueError
        If the model cannot be scored exactly, ``name`` is not a C identifier, or class labels
        have no counterpart in C.
    """
    if not re.fullmatch("[A-Za-z][A-Za-z0-9_]{0,40}", name) or name in C_KEYWORDS:
        raise ValueError(f"name must be a C identifier of at most 41 characters, got {name!r}")
    source = _source(describe(model).astype("float32"), name)
    if path is not None:
        with open(os.fspath(path), "w", encoding="ascii") as file:
            file.write(source)
    return source


def _source(model, name):
    n_values = 2 if model.binary else model.n_outputs
    widths = [W.shape[1] for W in model.weights]
    sizes = "-".join(map(str, (model.n_features_in, *widths)))
    fill = {"name": name, "kind": model.kind, "sizes": sizes, "version": __version__}
    fill |= {"n_features": model.n_features_in, "n_values": n_values, "width": max(widths)}
    fill |= _c_parts.PROBABILITIES if model.has_probabilities else _c_parts.SCORES
    parts = [USAGE[model.kind].format(**fill), "#include <math.h>\n#include <stddef.h>\n"]
    if model.kind == "classifier":
        parts.append(_classes(model, name))
    for layer, (W, b) in enumerate(zip(model.weights, model.biases, strict=True)):
        parts.append(_array(f"weight{layer}", W))
        parts.append(_array(f"bias{layer}", b))
    for layer, block in enumerate(model.blocks):
        for part in ("norm", "skip"):
            for key, array in arrays_of(getattr(block, part)).items():
                parts.append(_array(f"{part}_{key}{layer}", array))
    for activation in dict.fromkeys((*model.activations, model.output_activation)):
        if activation not in ACTIVATIONS:
            raise TypeError(f"the activation {activation!r} cannot be exported to C yet")
        parts.append(ACTIVATIONS[activation])
    body = _predict(model, fill)
    for function in ("dense", "layer_norm", "add", "add_product"):
        if f" {function}(" in body:
            parts.append(getattr(_c_parts, function.upper()))
    return "\n".join(part for part in (*parts, body) if part)


def _predict(model, fill):
    """The body: two buffers take turns as input and output of the layers."""
    steps, source = [], "x"
    for layer, block in enumerate(model.blocks):
        target = "ab"[layer % 2]
        steps += _block(block, layer, source, target)
        source = target
    last, target = len(model.blocks), "ab"[len(model.blocks) % 2]
    steps += _dense(model.weights[-1], last, source, target)
    steps += _activation(model.output_activation, target, model.n_outputs)
    kind = "binary" if model.binary else model.kind
    if model.binary and not model.has_probabilities:
        kind = "binary_scores"
    buffers = "float a[{width}], b[{width}];" if last else "float a[{width}];"
    return PREDICT[kind].format(
        buffers=buffers.format(**fill), steps="\n    ".join(steps), last=target, **fill
    )


def _block(block, layer, source, target):
    """The lines that compute a hidden layer."""
    n_in, n_out = block.weight.shape
    yield from _dense(block.weight, layer, source, target)
    if block.norm is not None:
        epsilon = _float(np.float32(block.norm.epsilon))
        yield f"layer_norm({target}, norm_gain{layer}, norm_shift{layer}, {epsilon}, {n_out});"
    yield from _activation(block.activation, target, n_out)
    if block.skip is None:
        return
    if block.skip.matrix is None:
        yield f"add({source}, {target}, {n_out});"
    else:
        yield f"add_product({source}, skip_matrix{layer}, {target}, {n_in}, {n_out});"
    if block.skip.bias is not None:
        yield f"add(skip_bias{layer}, {target}, {n_out});"


def _dense(W, layer, source, target):
    n_in, n_out = W.shape
    yield f"dense({source}, weight{layer}, bias{layer}, {target}, {n_in}, {n_out});"


def _activation(name, target, n):
    if name != "identity":
        yield f"{name}_layer({target}, {n});"


def _array(name, values):
    """A constant array; the shortest decimal of a float32 reads back as the same float32."""
    numbers = [_float(value) for value in values.ravel()]
    lines = [", ".join(numbers[i : i + 8]) for i in range(0, len(numbers), 8)]
    body = ",\n    ".join(lines)
    return f"static const float {name}[{len(numbers)}] = {{\n    {body}\n}};\n"


def _float(value):
    text = np.format_float_scientific(value, unique=True, trim="0", exp_digits=1)
    return f"{text}f"


def _classes(model, name):
    # A network fitted on a single class still gives the codes 0 and 1.
    classes = np.resize(model.classes, max(2, len(model.classes)))
    kind = classes.dtype.kind
    if kind in "iub":
        ctype = "unsigned long long" if classes.dtype == np.uint64 else "long long"
        values = [_integer(int(label), ctype) for label in classes]
    elif kind == "f":
        ctype, values = "double", [repr(float(label)) for label in classes]
    elif kind == "U" or (kind == "O" and all(isinstance(label, str) for label in classes)):
        ctype, values = "char *const", [_string(str(label)) for label in classes]
    else:
        raise TypeError(f"class labels of dtype {classes.dtype} have no counterpart in C")
    body = ",\n    ".join(values)
    return f"const {ctype} {name}_classes[{len(classes)}] = {{\n    {body}\n}};\n"


def _integer(value, ctype):
    if ctype.startswith("unsigned"):
        return f"{value}ULL"
    if value == np.iinfo(np.int64).min:
        return f"{value + 1}LL - 1"  # C has no literal for it
    return f"{value}LL"


def _string(text):
    """A string literal in ASCII; octal escapes end by themselves and spell no trigraph."""
    plain = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-.,:;+*/()<>=")
    return '"' + "".join(chr(b) if b in plain else f"\\{b:03o}" for b in text.encode()) + '"'
