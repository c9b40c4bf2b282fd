"""Dataclass fields that must lie in a range."""

from dataclasses import field, fields
from numbers import Real
from typing import Any

import numpy as np

__all__ = ["between", "check_ranges", "positive", "share"]


def between(default: float, low: float, high: float, ends: str) -> Any:
    """A field from low to high; ends is "[]", "[)", "(]" or "()". A default of None may be given
    too."""
    return field(default=default, metadata={"range": (low, high, ends)})


def positive(default: float) -> Any:
    """A field above 0."""
    return between(default, 0.0, np.inf, "()")


def share(default: float) -> Any:
    """A field from 0 to below 1."""
    return between(default, 0.0, 1.0, "[)")


def check_ranges(instance: Any) -> None:
    """Raise ValueError for the first field of a dataclass instance that is out of its range."""
    for f in fields(instance):
        if "range" not in f.metadata:
            continue
        low, high, (left, right) = f.metadata["range"]
        value = getattr(instance, f.name)
        if value is None and f.default is None:
            continue
        inside = isinstance(value, Real) and low <= value <= high
        inside = inside and (value != low or left == "[") and (value != high or right == "]")
        if not inside:
            wanted = f"a number in the range {left}{low:g}, {high:g}{right}"
            raise ValueError(f"{f.name} must be {wanted}, got {value!r}")
