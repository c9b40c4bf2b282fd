"""Layers as users name them: shapes, activations and rates, no numbers that are learned.

A layer says what it is; `add_to` says which stages of the engine make it up
(fastnn/_kernels/layers/stages.pyx).
"""

from dataclasses import dataclass
from numbers import Integral, Real

from fastnn._kernels.native import table
from fastnn.layers.activations import ACTIVATIONS, CustomActivation
from fastnn.layers.stages import check_activation, check_epsilon, check_layers

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "BatchNorm",
    "CustomActivation",
    "Dense",
    "Dropout",
    "GaussianNoise",
    "LayerNorm",
    "Residual",
]


@dataclass(frozen=True)
class Dense:
    """A fully connected layer, ``h = f(x W + b)``.

    Parameters
    ----------
    n_out : int
        Number of units.
    activation : str or CustomActivation, default="identity"
        One of `fastnn.layers.ACTIVATIONS`, or functions of one's own.

    Raises
    ------
    ValueError
        For fewer than one unit or an unknown activation.
    """

    n_out: int
    activation: str | CustomActivation = "identity"

    def __post_init__(self):
        if not isinstance(self.n_out, Integral) or self.n_out < 1:
            raise ValueError(f"n_out must be at least 1, an int, got {self.n_out!r}")
        check_activation(self.activation)

    def add_to(self, stages):
        """Append the layer's stages."""
        fused = self.activation if self.activation in table.activations() else "identity"
        stages.add("dense", int(self.n_out), activation=table.activations()[fused][0])
        stages.activations[-1] = fused
        if fused != self.activation:
            stages.activate(self.activation)


@dataclass(frozen=True)
class Activation:
    """An activation on its own: behind a normalisation, say.

    Parameters
    ----------
    activation : str or CustomActivation
        As in `Dense`.
    """

    activation: str | CustomActivation

    def __post_init__(self):
        check_activation(self.activation)

    def add_to(self, stages):
        """Append the layer's stages."""
        stages.activate(self.activation)


@dataclass(frozen=True)
class Dropout:
    """In training each output is zero with probability `rate`, and 1 / (1 - rate) times itself
    else.

    The mask is drawn anew for each row of each step, by its number: the same forward and backward,
    for any number of threads. Nothing happens at prediction.

    Parameters
    ----------
    rate : float
        In [0, 1).

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way to prevent
    neural networks from overfitting", JMLR 2014; scaled in training rather than at prediction.
    """

    rate: float

    def __post_init__(self):
        if not isinstance(self.rate, Real) or not 0 <= self.rate < 1:
            raise ValueError(f"rate must be at least 0 and less than 1, got {self.rate!r}")

    def add_to(self, stages):
        """Append the layer's stages."""
        if self.rate:
            stages.add("dropout", value=float(self.rate))


@dataclass(frozen=True)
class GaussianNoise:
    """In training, normal noise of standard deviation `scale` on each output; none at prediction.

    Parameters
    ----------
    scale : float
        Not negative.
    """

    scale: float

    def __post_init__(self):
        if not isinstance(self.scale, Real) or not 0 <= self.scale < float("inf"):
            raise ValueError(f"scale must be a finite number, not negative, got {self.scale!r}")

    def add_to(self, stages):
        """Append the layer's stages."""
        if self.scale:
            stages.add("noise", value=float(self.scale))


@dataclass(frozen=True)
class LayerNorm:
    """``gain * (x - mean) / sqrt(variance + epsilon) + shift`` over the outputs of each row.

    Parameters
    ----------
    epsilon : float, default=1e-5

    References
    ----------
    Ba, Kiros and Hinton, "Layer normalization", 2016.
    """

    epsilon: float = 1e-5
    kind = "layer_norm"

    def __post_init__(self):
        check_epsilon(self.epsilon)

    def add_to(self, stages):
        """Append the layer's stages."""
        stages.add("layer_norm", value=float(self.epsilon))


@dataclass(frozen=True)
class BatchNorm:
    """``gain * (x - mean) / sqrt(variance + epsilon) + shift``, each output over the rows of a
    batch.

    At prediction the mean and variance are running ones: after each step they move by `momentum`
    towards those of the batch (the variance with one degree of freedom taken off), as PyTorch's do.

    Parameters
    ----------
    momentum : float, default=0.1
        In (0, 1].
    epsilon : float, default=1e-5

    References
    ----------
    Ioffe and Szegedy, "Batch normalization", ICML 2015.
    """

    momentum: float = 0.1
    epsilon: float = 1e-5

    def __post_init__(self):
        if not isinstance(self.momentum, Real) or not 0 < self.momentum <= 1:
            raise ValueError(f"momentum must be more than 0 and at most 1, got {self.momentum!r}")
        check_epsilon(self.epsilon)

    def add_to(self, stages):
        """Append the layer's stages."""
        stages.add("batch_norm", value=float(self.epsilon), momentum=float(self.momentum))


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

    layers: tuple

    def __post_init__(self):
        object.__setattr__(self, "layers", tuple(self.layers))
        check_layers(self.layers)

    def add_to(self, stages):
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
