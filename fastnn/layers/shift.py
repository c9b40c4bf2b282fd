"""Images that are moved and mirrored at random while a network learns."""

from dataclasses import dataclass
from numbers import Integral
from typing import Any

from fastnn._kernels.layers.specs import WindowSpec
from fastnn.layers.shapes import SeesImages

__all__ = ["RandomShift"]


@dataclass(frozen=True)
class RandomShift(SeesImages):
    """In training each image is moved by up to so many cells in each direction, and maybe mirrored.

    What it leaves is zero, what leaves it is lost. At prediction images stay what they are. Every
    row of every batch is moved anew, by numbers that `random_state` decides.

    Parameters
    ----------
    cells : int, default=1
        Most cells up or down, and to the left or right; of series steps to and fro.
    flip : bool, default=False
        Whether every second image, on the average, is mirrored left to right.
    input_shape : tuple of int, optional
        (height, width, channels) or (length, channels) of the input, if this is the first layer
        that sees images or series.

    Raises
    ------
    ValueError
        For numbers of cells that are no ints from 0 on, and where it is put into a network if
        images are not larger than that.
    """

    cells: int = 1
    flip: bool = False
    input_shape: Any = None

    def __post_init__(self) -> None:
        cells = self.cells
        if not isinstance(cells, Integral) or isinstance(cells, bool) or not 0 <= cells < 512:
            raise ValueError(f"cells must be an int from 0 to 511, got {cells!r}")
        object.__setattr__(self, "cells", int(cells))
        object.__setattr__(self, "flip", bool(self.flip))
        super().__post_init__()

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        shape = self.image(stages)
        image = (1, *shape) if len(shape) == 2 else shape
        if min(shape[:-1]) <= self.cells:
            raise ValueError(
                f"RandomShift: images of {shape} are not larger than {self.cells} cells"
            )
        most = (0 if len(shape) == 2 else self.cells, self.cells)
        window = WindowSpec(image, (1, 1), image[:2], padding=most)
        stages.add("jitter", window=window, value=float(self.flip))
