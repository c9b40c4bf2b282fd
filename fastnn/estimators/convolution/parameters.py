"""Parameters of the convolutional estimators, in the place of some that the perceptrons have."""

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any

from sklearn.utils._param_validation import Interval, StrOptions

from fastnn.estimators.mlp.parameters import AT_LEAST_1, POSITIVE
from fastnn.estimators.mlp.plasticity import WithoutPlasticity
from fastnn.estimators.shared.declare import parameter, parameters
from fastnn.layers.activations import ACTIVATIONS, BERNOULLI, CustomActivation
from fastnn.schedules import SCHEDULES, Schedule

__all__ = ["ConvolutionParameters"]


@parameters
class ConvolutionParameters(WithoutPlasticity):
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
    shift: int | None = parameter(
        "int or None",
        "In training, each image is moved at random by up to so many cells in each direction. "
        "None: by one in classifying images of at least 20 x 20 with a stochastic solver, which "
        "leaves their class what it is; else by none.",
        default=None,
        valid=[Interval(Integral, 0, 511, closed="both"), None],
    )
    flip: bool = parameter(
        "bool",
        "In training, every second image, on the average, is mirrored left to right.",
        default=False,
        valid=["boolean"],
    )
    batch_size: int | str = parameter(
        "int or 'auto'",
        "Rows of a mini-batch; 'auto' is min(64, n_samples).",
        default="auto",
        valid=[StrOptions({"auto"}), AT_LEAST_1],
    )
    learning_rate_init: float = parameter(
        "float",
        "First learning rate of the stochastic solvers.",
        default=0.002,
        valid=[POSITIVE],
    )
    schedule: str | Schedule | Callable | None = parameter(
        f"{{{', '.join(map(repr, SCHEDULES))}}}, Schedule, callable or None",
        "Learning rate of every step of a stochastic solver, relative to learning_rate_init: an "
        "object of ``fastnn.schedules``, the name of one with its defaults, or a function of the "
        "step number and the number of steps in max_iter epochs that returns the factor. None: "
        "half a cosine, from learning_rate_init to zero after max_iter epochs; with solver='sgd' "
        "what learning_rate says, unless that is 'constant'; and learning_rate_init throughout in "
        "``partial_fit``.",
        default=None,
        valid=[StrOptions(set(SCHEDULES)), Schedule, callable, None],
    )
    # What is not here; a ClassVar is no parameter.
