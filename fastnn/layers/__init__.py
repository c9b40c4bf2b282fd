"""Layers as users name them, to be stacked in a `fastnn.Network`: one file a kind.

A layer is shapes, activations and rates, no numbers that are learned; its ``add_to`` says which
stages make it up (stages.py).
"""

from fastnn._public import publish
from fastnn.layers.activations import ACTIVATIONS, Activation, CustomActivation
from fastnn.layers.activity import ActivityL1
from fastnn.layers.columns import Category, Columns, Embedding, Number
from fastnn.layers.convolution import Conv1D, Conv2D
from fastnn.layers.dense import Dense
from fastnn.layers.gain import Gain
from fastnn.layers.noise import Dropout, GaussianNoise
from fastnn.layers.norms import BatchNorm, LayerNorm
from fastnn.layers.pooling import AveragePool, Flatten, GlobalAveragePool, MaxPool
from fastnn.layers.recurrent import GRU, LSTM, RNN
from fastnn.layers.residual import Gated, Highway, Residual
from fastnn.layers.shift import RandomShift
from fastnn.layers.softmax import Scale, Softmax
from fastnn.layers.steps import PerStep
from fastnn.layers.winners import LocalWinners

__all__ = [
    "ACTIVATIONS",
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "ActivityL1",
    "AveragePool",
    "BatchNorm",
    "Category",
    "Columns",
    "Conv1D",
    "Conv2D",
    "CustomActivation",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "Gain",
    "Gated",
    "GaussianNoise",
    "GlobalAveragePool",
    "Highway",
    "LayerNorm",
    "LocalWinners",
    "MaxPool",
    "Number",
    "PerStep",
    "RandomShift",
    "Residual",
    "Scale",
    "Softmax",
]

publish(globals(), __all__)
