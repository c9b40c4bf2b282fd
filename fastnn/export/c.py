"""Export to one C99 file without dependencies, for servers and microcontrollers."""

import json
import os
import re
from typing import Any

import numpy as np

from fastnn._version import __version__
from fastnn.export._c_front import ENCODE, USE, columns, encode
from fastnn.export._c_nodes import Body
from fastnn.export._c_parts import (
    C_KEYWORDS,
    DECLARATION,
    FUNCTION,
    PREDICT,
    PROBABILITIES,
    SCORES,
    USAGE,
)
from fastnn.export._c_steps import USE as STEP_USE
from fastnn.export._c_steps import declarations, step_body, step_function
from fastnn.export._tables import describe_for_export, in_dtype
from fastnn.export.metadata import metadata


def to_c(model: Any, name: str, path: str | os.PathLike | None = None) -> str:
    """Write a model as C99 source: constant weights and a function ``<name>_predict``.

    The code computes in float, allocates nothing, keeps no state (it may be called from any
    number of threads), and needs only ``<math.h>``. Its first comment shows how to call it from C
    and C++, and tells the names of features and classes. Files of several models may be compiled
    together, or as one. A classifier without probabilities writes its decision values in their
    place. Of a pipeline with encoders or imputers there is a function ``<name>_encode`` as well,
    which makes features of a row's numbers and labels; it needs ``<string.h>``. Of a recurrent
    network there is ``<name>_step`` too, which goes on from a state that its caller keeps.

    A Predictor of ``dtype="int8"`` keeps its weights of a byte each: rows become integers, and the
    sums over the inputs have no floating point in them.

    Parameters
    ----------
    model : estimator, Network, Predictor, str or path-like
        What `fastnn.Predictor` accepts.
    name : str
        A C identifier with which every name in the file begins.
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
    source = _source(in_dtype(describe_for_export(model), "float32", ("int8",)), name)
    if path is not None:
        with open(os.fspath(path), "w", encoding="ascii") as file:
            file.write(source)
    return source


def _source(model, name):
    n_values = 2 if model.binary else model.n_outputs
    sizes = "-".join(map(str, model.sizes))
    fill = {"name": name, "kind": model.kind, "sizes": sizes, "version": __version__}
    fill |= {"n_features": model.n_features_in, "n_values": n_values}
    fill |= PROBABILITIES if model.has_probabilities else SCORES
    if model.threshold is not None:
        what = "probability" if model.has_probabilities else "score"
        fill["best"] = "chosen"
        fill["note"] += (
            f"\n * It is {model.threshold.positive} where the {what} of that class is at least"
            f" {model.threshold.value!r}."
        )
    fill["function"] = FUNCTION[model.kind].format(**fill)
    body = Body(model, f"{name}_")
    steps = step_body(model, f"{name}_") if model.front is None else None
    classes = "" if model.kind != "classifier" else _classes(model, name)
    declared = f"\nextern {classes.split(' =')[0]};" if classes else ""
    if model.front is not None:
        declared += f"\n{ENCODE.format(name=name)};"
    if steps is not None:
        of_step = {**fill, "width": steps.width}
        of_step |= {"values": "y"} if model.kind == "regressor" else {}
        declared += f"\n{declarations(steps, of_step)}"
    declaration = DECLARATION.format(classes=declared, **fill)
    told = "" if steps is None else _comment(STEP_USE.format(**of_step), " ")
    fill |= {"declaration": _comment(declaration, "     "), "told": told + _told(model, name)}
    headers = "#include <math.h>\n#include <stddef.h>\n" + "#include <stdint.h>\n" * (
        body.codes > 0
    )
    parts = [USAGE[model.kind].format(**fill), headers]
    parts += [declaration, *([classes] if classes else [])]
    arrays, functions = body.arrays, body.functions
    if steps is not None:
        arrays = list(dict.fromkeys([*arrays, *steps.arrays]))
        functions = {**functions, **steps.functions}
    parts += [*arrays, *functions.values(), _predict(model, body, fill)]
    if steps is not None:
        parts.append(step_function(model, steps, of_step))
    if model.front is not None:
        parts.append(encode(model.front, name, _string))
    return "\n".join(parts)


def _told(model, prefix):
    """Names of features and classes, and how rows of tables are taken, as lines of the comment."""
    lines = []
    if model.front is not None:
        lines += [*USE.format(name=prefix).splitlines(), *map(_plain, columns(model.front))]
    for name, text in metadata(model).items():
        if name == "fastnn_version":
            continue
        lines.append(f"{name}:")
        for value in map(json.dumps, json.loads(text)):
            # The same JSON without what would end a comment, or begin another.
            value = value.replace("/", r"\u002f")
            if len(lines[-1]) + len(value) > 88:
                lines.append(" ")
            lines[-1] += f" {value}"
    return _comment("\n".join(lines), " ") if lines else ""


def _plain(text):
    """ASCII without what would end a comment, or begin another."""
    return text.replace("/", "\\u002f").encode("ascii", "backslashreplace").decode()


def _comment(text, indent):
    return "".join(f" *{indent}{line}\n" for line in text.splitlines())


def _predict(model, body, fill):
    kind = "binary" if model.binary else model.kind
    if model.binary and not model.has_probabilities:
        kind = "binary_scores"
    if model.binary:
        fill = {**fill, "decision": _decision(model, body.last)}
    return PREDICT[kind].format(
        buffers=body.declared, steps="\n    ".join(body.steps), last=body.last, **fill
    )


def _decision(model, last):
    """The number of the class, of two, as an expression."""
    if model.threshold is None:
        return f"{last}[0] > {'0.5f' if model.has_probabilities else '0.0f'}"
    score = "probabilities" if model.has_probabilities else "scores"
    # In double, so that the threshold stays what it is.
    sign = ">=" if model.threshold.positive else "<"
    return f"(double) {score}[{model.threshold.positive}] {sign} {model.threshold.value!r}"


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
