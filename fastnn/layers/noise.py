"""Layers that draw random numbers in training and let everything through at prediction."""

from dataclasses import dataclass
from numbers import Real
from typing import Any

__all__ = ["Dropout", "GaussianNoise"]


@dataclass(frozen=True)
class Dropout:
    """In training each output is zero with probability `rate`, and 1 / (1 - rate) times itself
    else.

    The mask is drawn anew for each row of each step, by its number: the same forward and backward,
    for any number of threads. Nothing happens at prediction.

    Parameters
    ----------
    rate : float
        In [0, 1).

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way to prevent
    neural networks from overfitting", JMLR 2014; scaled in training rather than at prediction.
    """

    rate: float

    def __post_init__(self) -> None:
        if not isinstance(self.rate, Real) or not 0 <= self.rate < 1:
            raise ValueError(f"rate must be at least 0 and less than 1, got {self.rate!r}")

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        if self.rate:
            stages.add("dropout", value=float(self.rate))


@dataclass(frozen=True)
class GaussianNoise:
    """In training, normal noise of standard deviation `scale` on each output; none at prediction.

    Parameters
    ----------
    scale : float
        Not negative.
    """

    scale: float

    def __post_init__(self) -> None:
        if not isinstance(self.scale, Real) or not 0 <= self.scale < float("inf"):
            raise ValueError(f"scale must be a finite number, not negative, got {self.scale!r}")

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        if self.scale:
            stages.add("noise", value=float(self.scale))
