"""A price on the outputs of a layer."""

from dataclasses import dataclass
from numbers import Real
from typing import Any

__all__ = ["ActivityL1"]


@dataclass(frozen=True)
class ActivityL1:
    """In training the loss of a row grows by `strength` times the sum of the absolute values of its
    inputs, which go on as they are: few of them will be other than zero.

    Parameters
    ----------
    strength : float
        Not negative.
    """

    strength: float

    def __post_init__(self) -> None:
        if not isinstance(self.strength, Real) or not 0 <= self.strength < float("inf"):
            raise ValueError(
                f"strength must be a finite number, not negative, got {self.strength!r}"
            )

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        if self.strength:
            stages.add("activity_l1", value=float(self.strength))
