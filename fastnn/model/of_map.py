"""From a fitted SelfOrganizingMap to a Model: a classifier whose classes are the units."""

import numpy as np

from fastnn.model.classes import fitted
from fastnn.model.head import Head
from fastnn.model.model import Model
from fastnn.model.nearest import nearest_node
from fastnn.model.nodes import Node
from fastnn.model.of_estimator import feature_names

__all__ = ["map_model"]


def map_model(som):
    """Describe what ``predict`` of a fitted map computes; a missing value is none that it takes.

    Between vectors of length 1 the nearest one has the largest product with a row, however long
    that is: with metric="cosine" rows need not be brought to a length.

    Raises
    ------
    sklearn.exceptions.NotFittedError
    """
    codebook = np.ascontiguousarray(fitted(som, "codebook_"))
    if som.metric == "cosine":
        bias = np.zeros(len(codebook), codebook.dtype)
        node = Node("dense", arrays={"weight": codebook.T.copy(order="C"), "bias": bias})
    else:
        node = nearest_node(codebook)
    head = Head(
        kind="classifier",
        output_activation="identity",
        dtype=codebook.dtype.name,
        classes=np.arange(len(codebook)),
        feature_names=feature_names(som),
    )
    return Model(codebook.shape[1], [node], head)
