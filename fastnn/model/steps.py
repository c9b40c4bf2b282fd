"""The kinds of steps that a front is made of: a row for each.

What they compute is in fastnn/_kernels/scoring/encode.pyx; this says what they are made of.
"""

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

_NOTHING: Mapping = MappingProxyType({})


class Kind(NamedTuple):
    """A kind of step.

    Attributes
    ----------
    attributes : mapping of str to callable
        Of each attribute, whether a value is sound.
    of_column : bool
        Whether it takes a column, or an earlier step's number.
    size : callable
        ``size(attributes)``: what a choice is among; 0 for a number.
    check : callable
        ``check(attributes, where)`` raises ValueError for attributes that do not fit together.
    """

    attributes: Mapping = _NOTHING
    of_column: bool = False
    size: Callable = lambda attributes: 0
    check: Callable = lambda attributes, where: None


def _finite(value):
    return type(value) is float and math.isfinite(value)


def _float(value):
    return type(value) is float


def _rising(value):
    return (
        isinstance(value, list)
        and all(map(_finite, value))
        and all(a <= b for a, b in pairwise(value))
    )


def _row(value):
    return type(value) is int and value >= -1


def _labels(value):
    return isinstance(value, list) and all(isinstance(v, str | int | float) for v in value)


def _rows(value):
    return isinstance(value, list) and all(type(v) is int and v >= 0 for v in value)


def _count(value):
    return type(value) is int and 1 <= value < 2**31


def _check_label(attributes, where):
    rows = [*attributes["rows"], attributes["missing"], attributes["other"]]
    if len(attributes["rows"]) != len(attributes["labels"]) or max(rows) >= attributes["size"]:
        raise ValueError(f"the labels, rows and size of {where} do not fit together")


STEPS = {
    #: A column as a number; a missing value is NaN.
    "number": Kind(of_column=True),
    #: A choice by a column's value: row ``rows[i]`` for ``labels[i]``, ``missing`` for a missing
    #: value that is none of the labels, ``other`` for any other. -1 refuses such a row.
    "label": Kind(
        {"labels": _labels, "rows": _rows, "missing": _row, "other": _row, "size": _count},
        of_column=True,
        size=lambda attributes: attributes["size"],
        check=_check_label,
    ),
    #: A number, ``fill`` in the place of ``missing``, which may be NaN.
    "impute": Kind({"missing": _float, "fill": _finite}),
    #: ``scale * x + shift``.
    "affine": Kind({"scale": _finite, "shift": _finite}),
    #: Within bounds.
    "clip": Kind({"low": _finite, "high": _finite}),
    #: 1 above a threshold, else 0.
    "above": Kind({"threshold": _finite}),
    #: Yeo and Johnson's power transformation, or Box and Cox's, which refuses what is not positive.
    "yeo_johnson": Kind({"power": _finite}),
    "box_cox": Kind({"power": _finite}),
    #: A choice among the intervals between edges, the first and the last one without an end.
    "bin": Kind({"edges": _rising}, size=lambda attributes: len(attributes["edges"]) + 1),
}
