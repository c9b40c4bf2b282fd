"""Lateral inhibition: units that compete with their neighbours."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

__all__ = ["LocalWinners"]


@dataclass(frozen=True)
class LocalWinners:
    """Local winner takes all: of each `size` neighbouring units the largest keeps its value, the
    first of equal ones, and the others are 0, forward and on the way back.

    ``activation="lwta"`` is this one, of two.

    Parameters
    ----------
    size : int, default=2
        Units of which one wins; the last group has what is left.

    References
    ----------
    Srivastava, Masci, Kazerounian, Gomez and Schmidhuber, "Compete to compute", NIPS 2013.
    """

    size: int = 2

    def __post_init__(self) -> None:
        if isinstance(self.size, bool) or not isinstance(self.size, Integral) or self.size < 2:
            raise ValueError(f"size must be an int of at least 2, got {self.size!r}")

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        stages.add("lwta", value=float(self.size))
