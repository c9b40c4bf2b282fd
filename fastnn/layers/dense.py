"""The fully connected layer."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

from fastnn.layers.activations import CustomActivation, check_activation

__all__ = ["Dense"]


@dataclass(frozen=True)
class Dense:
    """A fully connected layer, ``h = f(x W + b)``.

    Parameters
    ----------
    n_out : int
        Number of units.
    activation : str or CustomActivation, default="identity"
        One of `fastnn.layers.ACTIVATIONS`, or functions of one's own.

    Raises
    ------
    ValueError
        For fewer than one unit or an unknown activation.
    """

    n_out: int
    activation: str | CustomActivation = "identity"

    def __post_init__(self) -> None:
        if not isinstance(self.n_out, Integral) or self.n_out < 1:
            raise ValueError(f"n_out must be at least 1, an int, got {self.n_out!r}")
        check_activation(self.activation)

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        self._add_to(stages)

    def _add_to(self, stages: Any, tied: int = -1) -> None:
        number = stages.add_matrix("dense", int(self.n_out), self.activation, tied=tied)
        stages.dense[id(self)] = number


@dataclass(frozen=True)
class TiedDense(Dense):
    """A fully connected layer whose matrix is the transpose of another one's, ``h = f(x W^T + b)``:
    one matrix, whose gradient is the sum over both uses.

    Parameters
    ----------
    n_out : int
        Number of units: as many as the other layer has inputs.
    activation : str or CustomActivation, default="identity"
    of : Dense
        The other layer, a Dense further ahead of the same network.
    """

    of: Dense | None = None

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        if id(self.of) not in stages.dense:
            raise ValueError("a TiedDense must follow the Dense layer whose matrix it has")
        self._add_to(stages, stages.dense[id(self.of)])
