"""Shapes of images and series, and how windows fit into them."""

from math import prod
from numbers import Integral
from typing import Any, ClassVar, NamedTuple

from fastnn._kernels.layers.specs import WindowSpec

__all__ = ["SeesImages", "checked_numbers", "checked_padding", "checked_shape", "windows_in"]

#: Offsets within an image are numbers of 32 bits.
MOST_ELEMENTS = 2**31 - 1


class Fit(NamedTuple):
    """How the windows of a layer lie in an image.

    Attributes
    ----------
    padding : tuple of ((int, int), (int, int))
        Cells of padding above and below, to the left and to the right.
    out : tuple of int
        Places, (height, width).
    """

    padding: tuple
    out: tuple


class SeesImages:
    """Base of layers that see images or series, of which the first one says the `input_shape`.

    `dimensions` : of what it sees, 1 or 2, or None for both.
    """

    input_shape: Any
    dimensions: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        if self.input_shape is not None:
            dimensions = self.dimensions
            lengths = (2, 3) if dimensions is None else (dimensions + 1,)
            object.__setattr__(self, "input_shape", checked_shape(self.input_shape, lengths))

    @property
    def n_in(self) -> int | None:
        """Features of the input; None: those of the layer in front."""
        return prod(self.input_shape) if self.input_shape else None

    def image(self, stages: Any) -> tuple[int, ...]:
        """The shape of what comes in among these stages; ValueError if it does not fit."""
        return stages.image(self.input_shape, self.dimensions, type(self).__name__)


def checked_shape(shape: Any, dimensions: tuple[int, ...]) -> tuple[int, ...]:
    """An `input_shape` as a tuple: (length, channels) of a series, (height, width, channels) of an
    image.

    Raises
    ------
    ValueError
        Unless it is so many positive ints.
    """
    numbers = tuple(shape) if isinstance(shape, tuple | list) else ()
    sound = all(isinstance(n, Integral) and not isinstance(n, bool) and int(n) > 0 for n in numbers)
    if len(numbers) not in dimensions or not sound:
        forms = {2: "(length, channels) for series", 3: "(height, width, channels) for images"}
        wanted = " or ".join(forms[n] for n in dimensions)
        raise ValueError(f"input_shape must be {wanted}, positive ints, got {shape!r}")
    return tuple(int(n) for n in numbers)


def checked_numbers(name: str, value: Any, dimensions: int | None) -> Any:
    """A positive int, or a tuple of one for each of the dimensions (None: one or two)."""
    if not _are_ints(value, dimensions, 1):
        pair = "" if dimensions == 1 else ", or one for each of height and width"
        raise ValueError(f"{name} must be a positive int{pair}, got {value!r}")
    return _plain(value)


def checked_padding(value: Any, dimensions: int | None) -> Any:
    """ "valid", "same", or cells of padding on both sides: an int, or one for each dimension."""
    if isinstance(value, str) and value in ("valid", "same"):
        return value
    if not _are_ints(value, dimensions, 0):
        raise ValueError(
            "padding must be 'valid', 'same', or how many cells on both sides (an int, or one for "
            f"each of height and width), got {value!r}"
        )
    return _plain(value)


def _are_ints(value, dimensions, least):
    numbers = (value,) if isinstance(value, Integral) else value
    lengths = {1, dimensions} if dimensions else {1, 2}
    sound = isinstance(numbers, tuple | list) and len(numbers) in lengths
    return sound and all(
        isinstance(n, Integral) and not isinstance(n, bool) and int(n) >= least for n in numbers
    )


def _plain(value):
    return int(value) if isinstance(value, Integral) else tuple(int(n) for n in value)


def windows_in(
    shape: tuple[int, ...], kernel: Any, strides: Any, padding: Any, dilation: Any, who: str
) -> tuple[WindowSpec, Fit]:
    """The window of a layer on inputs of that shape, and how it fits.

    "same" gives ``ceil(n / stride)`` places for n cells. Where it takes an odd number of cells of
    padding, the odd one is at the end: below, or to the right (TensorFlow's "SAME", ONNX's
    "SAME_UPPER", PyTorch's "same").

    Raises
    ------
    ValueError
        If the window is larger than the padded image.
    """
    image = (1, *shape) if len(shape) == 2 else shape
    series = len(shape) == 2
    kernel, strides, dilation = (_pair(value, series, 1) for value in (kernel, strides, dilation))
    given = padding if isinstance(padding, str) else _pair(padding, series, 0)
    sides: list[tuple[int, int]] = []
    out: list[int] = []
    for axis in (0, 1):
        cells, reach = image[axis], (kernel[axis] - 1) * dilation[axis] + 1
        if given == "same":
            places = -(-cells // strides[axis])
            needed = max((places - 1) * strides[axis] + reach - cells, 0)
            before, after = needed // 2, needed - needed // 2
        else:
            before = after = 0 if isinstance(given, str) else given[axis]
            places = (cells + before + after - reach) // strides[axis] + 1
            if reach > cells + before + after:
                raise ValueError(_too_large(who, shape, kernel, dilation, padding, series))
        sides.append((before, after))
        out.append(places)
    spec = WindowSpec(image, kernel, tuple(out), strides, dilation, (sides[0][0], sides[1][0]))
    return spec, Fit(tuple(sides), tuple(out))


def _pair(value, series, neutral):
    """(height, width) of what was given for one or two dimensions; a series has the height 1."""
    numbers = (value,) if isinstance(value, int) else value
    if series:
        return (neutral, numbers[-1])
    return tuple(numbers) if len(numbers) == 2 else (numbers[0], numbers[0])


def _too_large(who, shape, kernel, dilation, padding, series):
    size = kernel[1] if series else kernel
    spread = f" with dilation {dilation}" if max(dilation) > 1 else ""
    what = (
        "series of shape (length, channels)"
        if series
        else "images of shape (height, width, channels)"
    )
    return (
        f"{who}: a window of {size}{spread} is larger than the {what} = {shape} that come in here; "
        f"make it smaller, pool less before it, or set padding='same' (it is {padding!r})"
    )
