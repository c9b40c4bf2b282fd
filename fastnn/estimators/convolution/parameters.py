"""Parameters of the convolutional estimators, in the place of some that the perceptrons have."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval, StrOptions

from fastnn.estimators.mlp.parameters import AT_LEAST_1
from fastnn.estimators.shared.declare import parameter, parameters
from fastnn.layers.activations import ACTIVATIONS, BERNOULLI, CustomActivation

__all__ = ["ConvolutionParameters"]


@parameters
class ConvolutionParameters:
    """What a convolutional network is like, and what of a perceptron it has not."""

    hidden_layer_sizes: int | str | Sequence[int] = parameter(
        "int, str or array-like of int",
        "Widths of the dense hidden layers behind the convolutions, also in the form '64-32'; "
        "``()`` or '' for none.",
        default=(128,),
        valid=["array-like", AT_LEAST_1, str],
        kw_only=False,
    )
    activation: str | CustomActivation = parameter(
        f"{{{', '.join(map(repr, (*ACTIVATIONS, BERNOULLI)))}}} or CustomActivation",
        "Activation function of all hidden layers.",
        default="relu",
        valid=[StrOptions({*ACTIVATIONS, BERNOULLI}), CustomActivation],
        kw_only=False,
    )
    input_shape: Sequence[int] | None = parameter(
        "tuple of int or None",
        "What a row of X is: (height, width, channels) or (height, width) of an image, channels of "
        "a pixel next to each other; (length, channels) of a series, with `series`. None: that of "
        "X, if X has more than two dimensions; else square images of one channel where the number "
        "of features is a square from 16 on, and series of single numbers where it is not.",
        default=None,
        valid=[tuple, list, None],
    )
    series: bool = parameter(
        "bool",
        "Whether two numbers of `input_shape`, or of the shape of a three-dimensional X, are "
        "(length, channels) of series rather than (height, width) of images.",
        default=False,
        valid=["boolean"],
    )
    conv_layers: Sequence[Any] | None = parameter(
        "sequence of (int, int) or int, or None",
        "For each convolution the number of its kernels and their size, or the number alone for a "
        "size of 3. None: 16 and 32 kernels, of 5 x 5 cells without padding for images of at least "
        "20 x 20, else of 3 x 3 with padding.",
        default=None,
        valid=["array-like", None],
    )
    pool_size: int | Sequence[int] = parameter(
        "int or array-like of int",
        "Size of the max-pooling behind the convolutions, or behind each of them; 1 is none.",
        default=2,
        valid=[AT_LEAST_1, "array-like"],
    )
    padding: str = parameter(
        "{'same', 'valid'}",
        "Whether convolutions in `conv_layers` surround their input with zeros, so that there is "
        "an output for each cell, or not.",
        default="same",
        valid=[StrOptions({"same", "valid"})],
    )
    shift: int = parameter(
        "int",
        "In training, each image is moved at random by up to so many cells in each direction.",
        default=0,
        valid=[Interval(Integral, 0, 511, closed="both")],
    )
    flip: bool = parameter(
        "bool",
        "In training, every second image, on the average, is mirrored left to right.",
        default=False,
        valid=["boolean"],
    )
    # What is not here; a ClassVar is no parameter.
    pretrain: ClassVar[None] = None
    pretrain_params: ClassVar[None] = None
