"""Sparse rows of few features: the weights of those features are all that scoring them needs."""

import numpy as np

from fastnn._sparse import issparse
from fastnn.model.nodes import INPUT

# Weights that are packed in less time than it takes to find out which are needed.
_FEW_WEIGHTS = 1 << 14


def touched_coefs(X, coefs):
    """X and the coefs of a chain of layers, without the features that X does not touch.

    The work and memory are those of X's pairs; results have the same bits, as the terms of a sum
    keep their order.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n, n_features)
    coefs : list of ndarray
        Only the first, if it is of shape (n_features, n_units), is another in the result.

    Returns
    -------
    X, coefs
        As given if X is dense or may touch most features.
    """
    if not _is_csr(X) or not coefs:
        return X, coefs
    few, matrices = _touched(X, coefs[:1])
    return few, [*matrices, *coefs[1:]]


def touched_nodes(X, nodes):
    """X and nodes that fit it, the same way."""
    first = [number for number, node in enumerate(nodes) if INPUT in node.sources]
    if not _is_csr(X) or any(nodes[number].kind != "dense" for number in first):
        return X, nodes  # what adds X itself is as wide as X
    few, matrices = _touched(X, [nodes[number].arrays["weight"] for number in first])
    nodes = list(nodes)
    for number, weight in zip(first, matrices, strict=True):
        nodes[number] = nodes[number].having(weight=weight)
    return few, nodes


def _is_csr(X):
    return issparse(X) and X.format == "csr"


def _touched(X, matrices):
    n_features, indices = X.shape[1], X.indices
    fits = all(isinstance(m, np.ndarray) and m.ndim == 2 and len(m) == n_features for m in matrices)
    if not fits or sum(m.size for m in matrices) < _FEW_WEIGHTS or 2 * len(indices) > n_features:
        return X, matrices
    if len(indices) and not 0 <= indices.min() <= indices.max() < n_features:
        return X, matrices  # no CSR matrix, which others say
    features, indices = _renumbered(indices, n_features)
    few = type(X)((X.data, indices, X.indptr), shape=(X.shape[0], len(features)))
    few.has_sorted_indices = few.has_canonical_format = True  # in the order of X, which counts
    return few, [matrix.take(features, axis=0) for matrix in matrices]


def _renumbered(indices, n_features):
    """The distinct indices, at least one, and each index as its place among them."""
    if len(indices) == 0:
        return np.zeros(1, indices.dtype), indices
    place = np.empty(n_features, np.int32)  # memory that nobody touches costs nothing
    order = np.arange(len(indices), dtype=np.int32)
    place[indices] = order
    distinct = indices[place[indices] == order]
    place[distinct] = order[: len(distinct)]
    return distinct, place[indices]
