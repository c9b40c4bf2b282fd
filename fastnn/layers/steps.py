"""Sequences as the input of layers: a dense layer or an embedding at every step, states, shapes."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

__all__ = ["CarriedStates", "PerStep", "shape_of_steps"]


@dataclass(frozen=True)
class PerStep:
    """The same linear layer at every step of a sequence, ``y_t = x_t W + b``.

    With ``n_levels`` a step is the number of a category, and ``y_t`` its row of W, plus b: an
    embedding. Any other number, of a category that training has not seen, gives b alone.

    Parameters
    ----------
    n_out : int
        Outputs of each step.
    n_features : int or None, default=None
        Numbers of a step, as of an `LSTM`.
    ragged : bool, default=False
        As of an `LSTM`.
    n_levels : int or None, default=None
        How many categories there are. Such a layer is the first one.
    """

    n_out: int
    n_features: int | None = None
    ragged: bool = False
    n_levels: int | None = None

    def __post_init__(self) -> None:
        for name in ("n_out", "n_levels"):
            value = getattr(self, name)
            if value is None and name == "n_levels":
                continue
            if not isinstance(value, Integral) or value < 1:
                raise ValueError(f"{name} must be at least 1, an int, got {value!r}")
        if self.n_levels is not None and self.n_features not in (None, 1):
            raise ValueError("n_levels is for steps of one number each, n_features=1")

    @property
    def n_in(self) -> int:
        """Columns of the shortest input that there may be."""
        return (self.n_features or 1) + self.ragged

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        shape = shape_of_steps(stages, self.n_features, self.ragged)
        if self.n_levels is not None and stages.source >= 0:
            raise ValueError("PerStep(n_levels=...) takes numbers of categories: make it the first")
        n, levels = int(self.n_out), int(self.n_levels or 0)
        stages.add("steps", n * shape["places"], units=n, levels=levels, **shape)
        stages.step_width = int(self.n_out)


@dataclass(frozen=True)
class CarriedStates:
    """Before the first layer: the last columns of the input, or those before the one of lengths,
    are the states that recurrent layers begin with, in the order of these.

    Of each layer its outputs after the step before and, of an `LSTM`, c.

    Parameters
    ----------
    n_carried : int
    ragged : bool, default=False
        Whether a column of lengths follows.
    """

    n_carried: int
    ragged: bool = False

    def add_to(self, stages: Any) -> None:
        """Append nothing; the layers behind know where to look."""
        stages.carried = self.n_carried
        stages.next_state = stages.n_in - self.ragged - self.n_carried


def shape_of_steps(stages, n_features, ragged):
    """How many steps there are and how wide each is, for a layer that comes next."""
    before, total = stages.step_width, stages.width()
    if ragged and stages.source >= 0 and not stages.ragged:
        raise ValueError(
            "ragged=True reads the lengths in the network's input: give it to the first layer"
        )
    if ragged and stages.source < 0:
        total -= 1
        stages.ragged = True
    if stages.source < 0:
        total -= stages.carried
    width = n_features or before or 1
    if before is not None and width != before:
        raise ValueError(f"n_features is {width}, and the layer before puts out {before} a step")
    if total < width or total % width:
        raise ValueError(
            f"n_features={width} does not divide the {total} numbers of a sequence: pass as many "
            "columns as steps times n_features, and with ragged=True the length as the last one"
        )
    return {"places": int(total // width), "width": int(width), "ragged": stages.ragged}
