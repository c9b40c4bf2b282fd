"""Pooling of images and series, and what makes plain rows of them again."""

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from fastnn.layers.shapes import SeesImages, checked_numbers, checked_padding, windows_in

__all__ = ["AveragePool", "Flatten", "GlobalAveragePool", "MaxPool"]


@dataclass(frozen=True)
class _Pool(SeesImages):
    """What kinds of pooling have in common."""

    pool_size: Any = 2
    strides: Any = None
    padding: Any = "valid"
    input_shape: Any = None

    kind: ClassVar[str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "pool_size", checked_numbers("pool_size", self.pool_size, None))
        if self.strides is not None:
            object.__setattr__(self, "strides", checked_numbers("strides", self.strides, None))
        object.__setattr__(self, "padding", checked_padding(self.padding, None))
        super().__post_init__()

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        who = type(self).__name__
        shape = self.image(stages)
        strides = self.pool_size if self.strides is None else self.strides
        window, fit = windows_in(shape, self.pool_size, strides, self.padding, 1, who)
        for (before, after), size in zip(fit.padding, window.kernel, strict=True):
            if max(before, after) >= size:
                raise ValueError(
                    f"{who}: padding={self.padding!r} must be less than pool_size="
                    f"{self.pool_size}, or a window would hold no cell of the image"
                )
        out = (*fit.out[-(len(shape) - 1) :], shape[-1])
        stages.add(self.kind, prod(out), shape=out, window=window)


@dataclass(frozen=True)
class MaxPool(_Pool):
    """The largest value of each channel in a window.

    On the way back the first of equal ones, line by line, takes the gradient.

    Parameters
    ----------
    pool_size : int or (int, int), default=2
        Height and width of a window; of series its length.
    strides : int, (int, int) or None, default=None
        Cells from one window to the next. None: `pool_size`, and windows lie side by side.
    padding : {"valid", "same"}, int or (int, int), default="valid"
        As in `Conv2D`; cells beyond the edge are left out. With "valid", cells that fill no window
        are.
    input_shape : tuple of int, optional
        (height, width, channels) or (length, channels) of the input, if this is the first layer
        that sees images or series.

    Raises
    ------
    ValueError
        For numbers that are not positive ints; and where it is put into a network, for an
        `input_shape` that does not fit, or a window larger than the image.
    """

    kind: ClassVar[str] = "max_pool"


@dataclass(frozen=True)
class AveragePool(_Pool):
    """The mean of each channel in a window, of those cells that lie within the image.

    Parameters
    ----------
    pool_size, strides, padding, input_shape
        As in `MaxPool`. ONNX leaves padding out of the mean too; in PyTorch that is
        ``count_include_pad=False``.

    Raises
    ------
    ValueError
        As `MaxPool` does.
    """

    kind: ClassVar[str] = "average_pool"


@dataclass(frozen=True)
class GlobalAveragePool:
    """The mean of each channel over the whole image or series: as many outputs as channels.

    References
    ----------
    Lin, Chen and Yan, "Network in network", ICLR 2014.
    """

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        shape = stages.image(None, None, "GlobalAveragePool")
        window, _ = windows_in(shape, shape[:-1], 1, "valid", 1, "GlobalAveragePool")
        stages.add("average_pool", shape[-1], shape=None, window=window)


@dataclass(frozen=True)
class Flatten:
    """Rows of numbers from images or series: what follows no longer takes them for such.

    The numbers stay where they are, (height, width, channels) in this order. A Dense takes its
    input so in any case; a BatchNorm behind a Flatten normalises each number on its own, where it
    would take the places of a channel together.
    """

    def add_to(self, stages: Any) -> None:
        """Append nothing."""
        stages.flatten()
