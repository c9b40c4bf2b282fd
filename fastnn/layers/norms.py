"""Normalisation, of each row or over a batch."""

from dataclasses import dataclass
from math import prod
from numbers import Real
from typing import Any

__all__ = ["BatchNorm", "LayerNorm"]


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

    def __post_init__(self) -> None:
        check_epsilon(self.epsilon)

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        stages.add("layer_norm", value=float(self.epsilon))


@dataclass(frozen=True)
class BatchNorm:
    """``gain * (x - mean) / sqrt(variance + epsilon) + shift``, each output over the rows of a
    batch; behind a convolution or pooling each channel, over all places of the rows.

    At prediction the mean and variance are running ones (the variance with one degree of freedom
    taken off): the mean over the batches so far until that is less than `momentum` for each, and
    then they move by `momentum` towards those of every whole batch, by less towards those of one
    with fewer rows. A batch of a single row has no variance: it is normalised as at prediction and
    moves nothing. Rows count by their weights.

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

    def __post_init__(self) -> None:
        if not isinstance(self.momentum, Real) or not 0 < self.momentum <= 1:
            raise ValueError(f"momentum must be more than 0 and at most 1, got {self.momentum!r}")
        check_epsilon(self.epsilon)

    def add_to(self, stages: Any) -> None:
        """Append the layer's stages."""
        fields = {"value": float(self.epsilon), "momentum": float(self.momentum)}
        shape = stages.shape()
        if shape is None:
            stages.add("batch_norm", **fields)
        else:
            stages.add("channel_norm", places=prod(shape[:-1]), **fields)


def check_epsilon(epsilon):
    """Raise a ValueError unless epsilon keeps a division finite."""
    if not isinstance(epsilon, Real) or not 0 < epsilon < float("inf"):
        raise ValueError(f"epsilon must be a positive number, got {epsilon!r}")
