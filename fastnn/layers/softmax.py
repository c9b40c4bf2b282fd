"""A softmax, and a constant factor: what shares are made of."""

from dataclasses import dataclass
from math import isfinite
from numbers import Real
from typing import Any

__all__ = ["Scale", "Softmax"]


@dataclass(frozen=True)
class Softmax:
    """``exp(x) / sum(exp(x))`` over the outputs of each row: positive shares whose sum is one.

    As a last layer it is what a loss such as "softmax_log_loss" applies by itself; this one is for
    what comes before: shares of other layers, or probabilities to be averaged.
    """

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        stages.add("softmax")


@dataclass(frozen=True)
class Scale:
    """``factor * x``, with a number that is not learned.

    Parameters
    ----------
    factor : float
        Finite; before a `Softmax` one over its temperature.
    """

    factor: float

    def __post_init__(self) -> None:
        if not isinstance(self.factor, Real) or not isfinite(self.factor):
            raise ValueError(f"factor must be a finite number, got {self.factor!r}")

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        stages.add("scale", value=float(self.factor))
