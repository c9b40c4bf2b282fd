"""Layers with a connection around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastnn.layers.stages import check_layers

__all__ = ["Residual"]


@dataclass(frozen=True)
class Residual:
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

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        check_layers(self.layers)

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        begin = stages.source
        for layer in self.layers:
            layer.add_to(stages)
        branch, width = stages.source, stages.width()
        if branch == begin:
            raise ValueError("layers of a Residual must do something")
        if stages.width(begin) != width:
            stages.add("dense", width, source=begin, bias=False)
            begin = stages.source
        stages.add("add", width, source=branch, other=begin)
