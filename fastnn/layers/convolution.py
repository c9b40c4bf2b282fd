"""Convolution: the same weights at every place of an image or a series."""

from dataclasses import dataclass
from math import prod
from numbers import Integral
from typing import Any, ClassVar

from fastnn.layers.activations import CustomActivation, check_activation
from fastnn.layers.shapes import SeesImages, checked_numbers, checked_padding, windows_in

__all__ = ["Conv1D", "Conv2D"]


@dataclass(frozen=True)
class _Convolution(SeesImages):
    """What convolutions of one and two dimensions have in common."""

    n_out: int
    kernel_size: Any = 3
    activation: str | CustomActivation = "identity"
    strides: Any = 1
    padding: Any = "valid"
    dilation: Any = 1
    groups: int = 1
    input_shape: Any = None

    dimensions: ClassVar[int]

    def __post_init__(self) -> None:
        for name in ("n_out", "groups"):
            number = getattr(self, name)
            if not isinstance(number, Integral) or isinstance(number, bool) or number < 1:
                raise ValueError(f"{name} must be at least 1, an int, got {number!r}")
            object.__setattr__(self, name, int(number))
        if self.n_out % self.groups:
            raise ValueError(f"groups={self.groups} must divide n_out={self.n_out}")
        check_activation(self.activation)
        for name in ("kernel_size", "strides", "dilation"):
            number = checked_numbers(name, getattr(self, name), self.dimensions)
            object.__setattr__(self, name, number)
        object.__setattr__(self, "padding", checked_padding(self.padding, self.dimensions))
        super().__post_init__()

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        who = type(self).__name__
        shape = self.image(stages)
        if shape[-1] % self.groups:
            raise ValueError(
                f"{who}: groups={self.groups} must divide the channels that come in, {shape[-1]}"
            )
        at = self.kernel_size, self.strides, self.padding, self.dilation
        window, fit = windows_in(shape, *at, who)
        if any(map(any, fit.padding)):
            stages.pad(fit.padding)
            image = stages.shape() if len(shape) == 3 else (1, *stages.shape())
            window = window._replace(shape=image, padding=(0, 0))
        window = window._replace(groups=self.groups)
        out = (*fit.out[-self.dimensions :], self.n_out)
        stages.add_matrix(
            "convolution",
            prod(out),
            self.activation,
            shape=out,
            window=window,
            places=window.places,
        )


@dataclass(frozen=True)
class Conv2D(_Convolution):
    """A convolution of images, ``h = f(K * x + b)``: the same kernels at every place.

    Rows are images (height, width, channels), flattened in this order; so are the outputs.

    Parameters
    ----------
    n_out : int
        Number of kernels: channels of the output.
    kernel_size : int or (int, int), default=3
        Height and width of a kernel.
    activation : str or CustomActivation, default="identity"
        As in `Dense`.
    strides : int or (int, int), default=1
        Cells from one place to the next, down and to the right.
    padding : {"valid", "same"}, int or (int, int), default="valid"
        Zeros around the image. "same" takes so many that there is a place for each cell, or for
        one in every `strides`; an odd one is below or to the right of the image. Ints are cells on
        both sides, down and to the right, as in PyTorch.
    dilation : int or (int, int), default=1
        Cells from one element of a kernel to the next.
    groups : int, default=1
        So many shares of the channels have kernels of their own; as many as channels: depthwise.
    input_shape : (int, int, int), optional
        (height, width, channels) of the input. The first layer that sees images needs it.

    Raises
    ------
    ValueError
        For numbers that are not positive ints, an unknown activation, groups that do not divide
        `n_out`; and where it is put into a network, for an `input_shape` that does not fit, or a
        kernel larger than the image.

    Notes
    -----
    The weights, ``coef_i`` of a Network, have shape (kernel height * kernel width * channels /
    groups, n_out), in this order.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86, 1998.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn import Network
    >>> from fastnn.layers import Conv2D, Dense, Flatten, MaxPool
    >>> first = Conv2D(8, 3, "relu", input_shape=(8, 8, 1))
    >>> net = Network([first, MaxPool(), Flatten(), Dense(10)])
    >>> [outputs.shape for outputs in net.build(64).layer_outputs(np.zeros((2, 64)))]
    [(2, 288), (2, 72), (2, 72), (2, 10)]
    """

    dimensions: ClassVar[int] = 2


@dataclass(frozen=True)
class Conv1D(_Convolution):
    """A convolution of series, ``h = f(K * x + b)``: the same kernels at every time.

    Rows are series (length, channels), flattened in this order; so are the outputs.

    Parameters
    ----------
    n_out : int
        Number of kernels: channels of the output.
    kernel_size : int, default=3
        Length of a kernel.
    activation : str or CustomActivation, default="identity"
        As in `Dense`.
    strides, padding, dilation, groups
        As in `Conv2D`, of one dimension.
    input_shape : (int, int), optional
        (length, channels) of the input. The first layer that sees series needs it.

    Raises
    ------
    ValueError
        As `Conv2D` does.
    """

    dimensions: ClassVar[int] = 1
