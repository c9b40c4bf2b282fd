"""Bins of a column of numbers learned from the data, for its piecewise-linear code."""

import numpy as np

from fastnn._kernels.layers.entries import entries_of
from fastnn.layers.columns import Number

__all__ = ["column_edges", "number_column"]


def column_edges(x: np.ndarray, n_bins: int) -> np.ndarray:
    """Edges of at most so many bins for the numbers of a column, or none.

    Parameters
    ----------
    x : ndarray of shape (n,)
        Finite float32 or float64. Edges are numbers that occur in it.
    n_bins : int

    Returns
    -------
    ndarray
        From 3 to n_bins + 1 numbers, strictly increasing, or none if there would be fewer.
    """
    edges = np.unique(np.quantile(x, np.linspace(0, 1, n_bins + 1), method="nearest"))
    left = n_bins + 1 - len(edges)
    if left:
        rest = np.setdiff1d(x, edges)
        if len(rest) > left:
            rest = rest[np.linspace(0, len(rest) - 1, left + 2).round().astype(int)[1:-1]]
        edges = np.union1d(edges, rest)
    with np.errstate(over="ignore"):
        # A bin that is too narrow to divide by would be no line.
        sound = np.isfinite(1 / np.diff(edges)) & np.isfinite(np.diff(edges))
    edges = edges[np.concatenate([[True], sound])]
    return edges if len(edges) >= 3 else edges[:0]


def number_column(x: np.ndarray, n_bins: int, *, value: bool = True) -> Number:
    """The `Number` that encodes a column: edges from its numbers, and the means of its codes.

    Without a code the number itself is always an entry.
    """
    edges = column_edges(x, n_bins) if n_bins else x[:0]
    if not len(edges):
        return Number()
    plain = Number(edges, value=False)
    mean = entries_of([plain.spec], x[:, None].astype(np.float64)).mean(axis=0)
    return Number(edges, mean, value=value)
