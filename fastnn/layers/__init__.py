"""Layers as users name them, to be stacked in a `fastnn.Network`."""

from fastnn.layers.layers import (
    ACTIVATIONS,
    Activation,
    BatchNorm,
    CustomActivation,
    Dense,
    Dropout,
    GaussianNoise,
    LayerNorm,
    Residual,
)

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
