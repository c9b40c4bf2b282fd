"""Layers as users name them, to be stacked in a `fastnn.Network`: one file a kind.

A layer is shapes, activations and rates, no numbers that are learned; its ``add_to`` says which
stages make it up (stages.py).
"""

from fastnn._public import publish
from fastnn.layers.activations import ACTIVATIONS, Activation, CustomActivation
from fastnn.layers.columns import Category, Columns, Embedding, Number
from fastnn.layers.dense import Dense
from fastnn.layers.noise import Dropout, GaussianNoise
from fastnn.layers.norms import BatchNorm, LayerNorm
from fastnn.layers.residual import Residual
from fastnn.layers.softmax import Scale, Softmax

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "BatchNorm",
    "Category",
    "Columns",
    "CustomActivation",
    "Dense",
    "Dropout",
    "Embedding",
    "GaussianNoise",
    "LayerNorm",
    "Number",
    "Residual",
    "Scale",
    "Softmax",
]

publish(globals(), __all__)
