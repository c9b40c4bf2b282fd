"""From a fitted HopfieldNetwork to a Model: how much a state has in common with each pattern.

A file has it, with what the net needs besides: as many steps as a state takes to come to rest are
no network of so many layers, and so there is no Predictor of it.
"""

import numpy as np

from fastnn.model.classes import fitted
from fastnn.model.head import Head
from fastnn.model.model import Model
from fastnn.model.nodes import Node
from fastnn.model.of_estimator import feature_names

__all__ = ["net_model"]


def net_model(net):
    """The products of a state with the patterns.

    Raises
    ------
    sklearn.exceptions.NotFittedError
    """
    patterns = np.array(fitted(net, "patterns_"), order="C")
    node = Node("dense", arrays={"weight": np.ascontiguousarray(patterns.T)})
    head = Head("regressor", "identity", patterns.dtype.name, feature_names=feature_names(net))
    return Model(patterns.shape[1], [node], head)
