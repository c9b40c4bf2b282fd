"""A gain for each unit that learns like the weights."""

from dataclasses import dataclass
from numbers import Real
from typing import Any

__all__ = ["Gain"]


@dataclass(frozen=True)
class Gain:
    """``gain * x``, a factor for each input that begins at one and is learned.

    It says how much what is behind it makes of a unit; with a price on it, units that are of no use
    are switched off for good.

    Parameters
    ----------
    l1 : float, default=0.0
        The mean loss of a batch grows by so much times the sum of the gains' absolute values.
        Steps end at zero, which a gain leaves only if the loss gains more by it.

    References
    ----------
    Liu et al., "Learning efficient convolutional networks through network slimming", ICCV 2017.
    """

    l1: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.l1, Real) or not 0 <= self.l1 < float("inf"):
            raise ValueError(f"l1 must be a finite number, not negative, got {self.l1!r}")

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        stages.add("gain", value=float(self.l1))
