"""Layers with a connection around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from numbers import Real
from typing import Any

from fastnn._kernels.native import table
from fastnn.layers.projection import projected
from fastnn.layers.stages import check_layers

__all__ = ["Gated", "Highway", "Residual"]


class _Around:
    """What layers with a connection around them share."""

    layers: Sequence[Any]

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        check_layers(self.layers)

    def _branch(self, stages):
        """Append the stages of the layers; where they begin and end, and how wide they end."""
        begin = stages.source
        for layer in self.layers:
            layer.add_to(stages)
        if stages.source == begin:
            raise ValueError(f"layers of a {type(self).__name__} must do something")
        return begin, stages.source, stages.width()


@dataclass(frozen=True)
class Residual(_Around):
    """``f(x) + x``, with f some layers; where they change the width, x goes through weights without
    a bias.

    Parameters
    ----------
    layers : sequence of layers

    References
    ----------
    He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016, equations 1
    and 2.
    """

    layers: Sequence[Any]

    @property
    def n_in(self) -> int | None:
        """Features of the input, if a layer says them."""
        return next((n for layer in self.layers if (n := getattr(layer, "n_in", None))), None)

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        begin, branch, width = self._branch(stages)
        begin = projected(stages, begin, branch)
        stages.add("add", width, source=branch, other=begin)


@dataclass(frozen=True)
class Gated(_Around):
    """``f(x) * x``, with f some layers: with a logistic Dense, how much of each feature goes on.
    Where they change the width, x goes through weights without a bias.

    Parameters
    ----------
    layers : sequence of layers
    """

    layers: Sequence[Any]

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        begin, branch, width = self._branch(stages)
        carried = projected(stages, begin, branch)
        stages.add("multiply", width, source=branch, other=carried)


@dataclass(frozen=True)
class Highway(_Around):
    """``t f(x) + (1 - t) x`` with f some layers and a gate ``t = logistic(x W + b)`` of its own;
    where they change the width, x goes through weights without a bias.

    Parameters
    ----------
    layers : sequence of layers
    bias : float, default=-2.0
        What b begins at: negative, so that at first x is carried on.

    References
    ----------
    Srivastava, Greff and Schmidhuber, "Training very deep networks", NIPS 2015, equation 3.
    """

    layers: Sequence[Any]
    bias: float = -2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.bias, Real) or not isfinite(self.bias):
            raise ValueError(f"bias must be a finite number, got {self.bias!r}")

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        begin, branch, width = self._branch(stages)
        number = table.activations()["logistic"][0]
        stages.add("dense", width, source=begin, activation=number)
        gate, stages.activations[-1] = stages.source, "logistic"
        stages.first_biases[len(stages.activations) - 1] = float(self.bias)
        carried = projected(stages, begin, branch)
        stages.add("scale", width, source=carried, value=-1.0)
        stages.add("add", width, source=branch, other=stages.source)
        stages.add("multiply", width, source=stages.source, other=gate)
        stages.add("add", width, source=stages.source, other=carried)
