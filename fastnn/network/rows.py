"""Rows and targets as the kernels read them: checked, and converted only where they must be."""

import numpy as np

from fastnn._kernels.layers.sparse import SparseRows
from fastnn._sparse import issparse

__all__ = ["check_compute_dtype", "input_rows", "row_weights", "targets"]

_WANTED_X = "X must be a C-contiguous array or a CSR matrix (X.tocsr()) of float32 or float64"


def check_compute_dtype(compute_dtype, dtype, remedy):
    """Raise ValueError where a network of this dtype cannot be trained in a compute_dtype."""
    if compute_dtype is not None and dtype != np.float32:
        raise ValueError(
            f"compute_dtype={compute_dtype!r} is for networks of float32, and this one is of "
            f"{np.dtype(dtype)}: {remedy}, or leave compute_dtype at None"
        )


def input_rows(X, n_in, dtype):
    """X as the engine takes it: an array, or `SparseRows`.

    Raises
    ------
    ValueError
        For another shape, dtype or memory order.
    """
    if X.ndim != 2 or X.shape[1] != n_in:
        raise ValueError(f"X must have shape (n, {n_in}), got {X.shape}")
    if X.dtype not in (np.float32, np.float64):
        raise ValueError(_WANTED_X)
    if issparse(X):
        if X.format != "csr":
            raise ValueError(_WANTED_X)
        return SparseRows(X, dtype)
    if not X.flags.c_contiguous:
        raise ValueError(_WANTED_X)
    return X if X.flags.aligned else X.copy()


def row_weights(sample_weight, n, dtype):
    """Weights (n,) of n rows, or None; ValueError for another shape."""
    if sample_weight is None:
        return None
    weight = np.require(sample_weight, dtype, ["C", "A"])
    if weight.shape != (n,):
        raise ValueError(f"sample_weight must have shape ({n},), got {weight.shape}")
    return weight


def targets(loss, y, sample_weight, n, n_out, dtype):
    """(labels, y, weight) of n rows: class numbers or an array (n, n_out), whichever the loss
    takes, and None for the other; weights (n,) or None.

    Raises
    ------
    ValueError
        For another shape, or a class number out of range.
    """
    weight, absent = row_weights(sample_weight, n, dtype), 0
    if loss.integer_targets:
        labels = np.require(y, np.intp, ["C", "A"])
        if loss.steps:
            n_out, absent = n_out // loss.steps, -1
            if labels.shape != (n, loss.steps):
                raise ValueError(f"y must have shape ({n}, {loss.steps}), got {labels.shape}")
        elif labels.shape != (n,):
            raise ValueError(f"y must hold {n} class numbers, got shape {labels.shape}")
        if n and not absent <= labels.min() <= labels.max() < n_out:
            raise ValueError(f"y must hold class numbers from 0 to {n_out - 1}")
        return labels, None, weight
    y = np.require(y, dtype, ["C", "A"])
    if y.shape != (n, n_out):
        raise ValueError(f"y must have shape ({n}, {n_out}), got {y.shape}")
    return None, y, weight
