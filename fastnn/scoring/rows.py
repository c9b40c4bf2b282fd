"""Scoring of input that the kernel does not read in place: dense rows are converted in blocks."""

import numpy as np

from fastnn._sparse import issparse
from fastnn.scoring.inputs import as_floats, as_matrix, canonical

# Converted rows are bounded by this, whatever the number of rows.
_BLOCK_BYTES = 1 << 22

# Rows whose class numbers are held at a time.
_BLOCK_CODES = 1 << 16


def score_rows(kernel, X, out, n_threads, model):
    """Apply a method of a Scorer to any array-like.

    Parameters
    ----------
    kernel : callable
        ``kernel(rows, out, n_threads)`` on C-contiguous float rows.
    X : array-like, data frame or sparse matrix
        One row or many.
    out : ndarray or None
    n_threads : int
    model : Model

    Returns
    -------
    ndarray
        ``out`` if given, else a new array.

    Raises
    ------
    ValueError
        If X has the wrong shape, column names or type, or ``out`` does not fit.
    """
    X = as_matrix(X, model)
    n_rows, n_features = X.shape
    empty = kernel(np.empty((0, n_features), dtype=model.dtype), None, 1)
    shape = (n_rows, *empty.shape[1:])
    if out is None:
        out = np.empty(shape, dtype=empty.dtype)
    else:
        check_out(out, shape, empty.dtype)
    to = out.view(np.ndarray)  # the kernel takes no subclass, such as a memory-mapped array
    if kernel(X, to, n_threads) is not NotImplemented:
        return out
    if issparse(X):
        kernel(canonical(X), to, n_threads)
    else:
        step = max(1, _BLOCK_BYTES // (8 * n_features))
        for begin in range(0, n_rows, step):
            rows = as_floats(X[begin : begin + step])
            kernel(rows, to[begin : begin + step], n_threads)
    return out


def is_long(X):
    """Whether X has so many rows that `score_labels` saves memory."""
    return type(X) is np.ndarray and X.ndim == 2 and len(X) > _BLOCK_CODES


def score_labels(score, kernel, X, labels, out, n_jobs):
    """Labels of an ndarray's rows from ``score(kernel, rows, codes, n_jobs)``, a block at a time.

    The class numbers of all rows would take eight bytes each beside the result.
    """
    if out is None:
        out = np.empty(len(X), labels.dtype)
    else:
        check_out(out, (len(X),), labels.dtype)
    codes = np.empty(_BLOCK_CODES, np.int64)
    for begin in range(0, len(X), _BLOCK_CODES):
        block = X[begin : begin + _BLOCK_CODES]
        of_block = score(kernel, block, codes[: len(block)], n_jobs)
        labels.take(of_block, out=out[begin : begin + _BLOCK_CODES], mode="clip")
    return out


def check_out(out, shape, dtype):
    """Refuse an ``out`` that cannot take the result as it is."""
    if not (
        isinstance(out, np.ndarray)
        and out.shape == shape
        and out.dtype == dtype
        and out.flags.carray  # contiguous, aligned and writeable
    ):
        raise ValueError(
            f"out must be a C-contiguous, aligned, writeable array of shape {shape}, dtype {dtype}"
        )


def frozen(array):
    """The array, made read-only."""
    array.setflags(write=False)
    return array
