"""The kinds of steps that a front is made of: a row for each.

What they compute is in fastnn/_kernels/scoring/steps.pyx; this says what they are made of.
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
        Whether it takes a column, or an earlier step.
    of_choice : bool
        Whether the earlier step that it takes is a choice, or a number.
    size : callable
        ``size(attributes)``: what a choice is among; 0 for a number.
    check : callable
        ``check(attributes, where)`` raises ValueError for attributes that do not fit together.
    """

    attributes: Mapping = _NOTHING
    of_column: bool = False
    of_choice: bool = False
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


def _numbers(value):
    return isinstance(value, list) and all(map(_finite, value))


def _any_numbers(value):
    return isinstance(value, list) and bool(value) and all(map(_float, value))


def _degree(value):
    return type(value) is int and 0 <= value < 100


def _positive(value):
    return _finite(value) and value > 0


def _norm(value):
    return value in ("l1", "l2", "max")


def _check_divisor(attributes, where):
    if attributes["by"] == 0:
        raise ValueError(f"the divisor of {where} is 0")


def _check_sum(attributes, where):
    if len(attributes["coefs"]) != len(attributes["more"]) + 1:
        raise ValueError(f"the sum of {where} has not one coefficient for each number")


def _check_curve(attributes, where):
    if len(attributes["at"]) != len(attributes["to"]) or not attributes["at"]:
        raise ValueError(f"the points of {where} do not fit together")


def _check_pieces(attributes, where):
    n = len(attributes["edges"]) + 1
    if len(attributes["origins"]) != n or len(attributes["coefs"]) != n * (
        attributes["degree"] + 1
    ):
        raise ValueError(f"the pieces of {where} do not fit together")


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
    #: x / ``by``, which need not round as a product does.
    "divide": Kind({"by": _finite}, check=_check_divisor),
    #: x / sqrt(1 + (x / ``bend``)^2), which never goes beyond the bend.
    "smooth_clip": Kind({"bend": _positive}),
    #: Within bounds.
    "clip": Kind({"low": _finite, "high": _finite}),
    #: 1 above a threshold, else 0.
    "above": Kind({"threshold": _finite}),
    #: Yeo and Johnson's power transformation, or Box and Cox's, which refuses what is not positive.
    "yeo_johnson": Kind({"power": _finite}),
    "box_cox": Kind({"power": _finite}),
    #: A choice among the intervals between edges, the first and the last one without an end.
    "bin": Kind({"edges": _rising}, size=lambda attributes: len(attributes["edges"]) + 1),
    #: The number that is known for each row of a choice.
    "value": Kind({"values": _any_numbers}, of_choice=True),
    #: ``coefs[0] * x`` and the same of ``more`` numbers, plus ``shift``.
    "sum": Kind({"more": _rows, "coefs": _numbers, "shift": _finite}, check=_check_sum),
    #: x times ``more`` numbers.
    "product": Kind({"more": _rows}),
    #: 1 / the norm of x and ``more`` numbers; 1 where that is hardly more than 0.
    "inverse_norm": Kind({"more": _rows, "norm": _norm}),
    #: The mean of two straight interpolations of ``to`` over ``at``, from the left and the right,
    #: which differ where points repeat; ``to``'s ends beyond, and at them.
    "quantile": Kind({"at": _rising, "to": _rising, "margin": _finite}, check=_check_curve),
    #: The number below which a normally distributed one is with the probability x, within bounds.
    "normal": Kind({"low": _finite, "high": _finite}),
    #: A polynomial of x - ``origins[i]`` in the i-th interval between edges, highest power first.
    "piecewise": Kind(
        {"edges": _rising, "origins": _numbers, "coefs": _numbers, "degree": _degree},
        check=_check_pieces,
    ),
    #: x less as many periods as bring it between ``low`` and ``low + period``.
    "wrap": Kind({"low": _finite, "period": _positive}),
    #: x, which is refused outside of the bounds.
    "within": Kind({"low": _finite, "high": _finite}),
}

#: Attributes that are earlier steps, numbers all.
MORE = "more"
