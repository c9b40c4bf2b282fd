"""Which of some vectors is the nearest to a row, as a dense node: the one with the largest output.

Minus half the squared distance of a row x and a vector c is ``x.c - |c|^2 / 2``, but for what all
vectors have in common, ``|x|^2 / 2``. With m the mean of the vectors and c' = c - m it is, but for
more of that kind, ``x.c' - |c'|^2 / 2 - m.c'``: smaller numbers to subtract where data are far from
zero.
"""

import numpy as np

from fastnn.model.nodes import Node

__all__ = ["nearest_node"]


def nearest_node(vectors, missing=False):
    """The node whose largest output is the number of the nearest vector.

    Parameters
    ----------
    vectors : ndarray of shape (n_vectors, n_features)
    missing : bool
        Whether a row may lack values, so that distances are over those that it has. Then it comes
        as 2 * n_features numbers: its values, with 0 for missing ones, and 1 or 0 for each, whether
        it is there.

    Returns
    -------
    Node
    """
    c = vectors.astype(np.float64)
    mean = c.mean(axis=0)
    c -= mean
    costs = np.square(c) / 2 + mean * c
    weight, bias = c.T, -costs.sum(axis=1)
    if missing:
        weight, bias = np.concatenate([c, -costs], axis=1).T, np.zeros(len(c))
    dtype = vectors.dtype
    arrays = {"weight": np.ascontiguousarray(weight, dtype), "bias": bias.astype(dtype)}
    return Node("dense", arrays=arrays)
