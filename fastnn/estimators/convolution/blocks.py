"""The convolutions that the parameters ask for."""

from math import prod
from numbers import Integral
from typing import Any, NamedTuple

from fastnn.layers import (
    Activation,
    BatchNorm,
    Conv1D,
    Conv2D,
    LayerNorm,
    MaxPool,
    RandomShift,
    Residual,
)
from fastnn.layers.stages import Stages

__all__ = ["ConvolutionBlock", "convolution_blocks"]

#: Images from so many cells on have larger kernels by default, and a cell more or less is little.
_LARGE = 20


class ConvolutionBlock(NamedTuple):
    """A hidden layer of kernels, as `fastnn.estimators.mlp.blocks.Block` is of units."""

    width: int  # outputs, of all places
    layer: Any
    activation: Any
    channels: int  # of its input
    shift: Any = None
    norm: Any = None
    pool: Any = None
    residual: bool = False
    gain: None = None

    def layers(self, of=None):
        """Return the layers that the block is made of, and no Dense, as none could be tied to."""
        if self.norm is None:
            inner = [self.layer]
        else:
            inner = [self.layer, self.norm, Activation(self.activation)]
        before = [] if self.shift is None else [self.shift]
        after = [] if self.pool is None else [self.pool]
        return [*before, *([Residual(inner)] if self.residual else inner), *after], None

    @property
    def n_matrices(self):
        """Matrices of weights, beside that of a skip."""
        return 1

    def keeps(self, n_in):
        """Whether a skip has no weights."""
        return self.layer.n_out == self.channels


def convolution_blocks(estimator, shape):
    """The blocks for images of this shape.

    Raises
    ------
    ValueError
        If the parameters do not go together, or a kernel is larger than what it sees.
    """
    layers, padding = _asked(estimator, shape)
    pools = estimator.pool_size
    pools = [pools] * len(layers) if isinstance(pools, Integral) else list(pools)
    if len(pools) != len(layers):
        raise ValueError(
            f"pool_size must be one int or one for each of the {len(layers)} convolutions of "
            f"conv_layers, got {estimator.pool_size!r}."
        )
    if isinstance(estimator.residual, str):
        raise ValueError(
            f"residual={estimator.residual!r} has a gate for each unit, and images have the same "
            "weights at all places: set residual=True."
        )
    if estimator.residual and padding != "same":
        raise ValueError("residual adds what has the same places: set padding='same'.")
    stages, blocks, channels = Stages(prod(shape)), [], shape[-1]
    kind = Conv1D if len(shape) == 2 else Conv2D
    norm = BatchNorm() if estimator.batch_norm else LayerNorm() if estimator.layer_norm else None
    first = {"input_shape": shape}
    for (n_out, size), pool in zip(layers, pools, strict=True):
        activation = "identity" if norm else estimator.activation
        try:
            kernels = kind(n_out, size, activation, padding=padding, **first)
        except ValueError as error:
            raise ValueError(f"conv_layers={estimator.conv_layers!r}: {error}") from None
        block = ConvolutionBlock(
            0,
            kernels,
            estimator.activation,
            channels,
            _shift(estimator, shape) if first else None,
            norm,
            MaxPool(int(pool), padding="same") if pool != 1 else None,
            estimator.residual,
        )
        for layer in block.layers()[0]:
            layer.add_to(stages)
        blocks.append(block._replace(width=stages.width()))
        first, channels = {}, n_out
    return blocks


def _asked(estimator, shape):
    """(kernels, size) of each convolution, and their padding."""
    given = estimator.conv_layers
    if given is None:
        large = _are_large(shape) and not estimator.residual
        size, padding = (5, "valid") if large else (3, "same")
        return [(16, size), (32, size)], padding
    layers = [tuple(entry) if hasattr(entry, "__len__") else (entry, 3) for entry in given]
    if not layers or any(len(layer) != 2 for layer in layers):
        raise ValueError(
            "conv_layers must have (number of kernels, size), or the number alone, for one "
            f"convolution at least; got {given!r}. Without any, MLPClassifier or MLPRegressor is "
            "meant."
        )
    return layers, estimator.padding


def _are_large(shape):
    return len(shape) == 3 and min(shape[:-1]) >= _LARGE


def _shift(estimator, shape):
    cells = estimator.shift
    if cells is None:
        learns = estimator.solver != "lbfgs" and _are_large(shape)
        cells = estimator._auto_shift if learns else 0
    if not (cells or estimator.flip):
        return None
    if estimator.solver == "lbfgs":
        raise ValueError(
            "shift and flip are for the stochastic solvers: leave them at 0 and False with "
            "solver='lbfgs', or choose another solver, such as 'adam'."
        )
    return RandomShift(cells, estimator.flip, input_shape=shape)
