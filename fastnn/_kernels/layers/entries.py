"""Encoded rows, written down: what the kernels of encoded columns (encoded.pyx) compute without."""

import numpy as np

__all__ = ["entries_of"]


def entries_of(columns, X):
    """The entries of raw rows.

    Parameters
    ----------
    columns : sequence of ColumnSpec
    X : ndarray of shape (n, n_columns)
        Of the dtype to compute in.

    Returns
    -------
    ndarray of shape (n, n_entries)
    """
    found = np.empty((len(X), sum(column.n_entries for column in columns)), X.dtype)
    at = 0
    for column, x in zip(columns, X.T, strict=True):
        to = found[:, at : at + column.n_entries]
        if column.n_levels:
            to[...] = x[:, None] == np.arange(column.n_levels, dtype=X.dtype)
        else:
            if column.value:
                to[:, 0] = X.dtype.type(column.scale) * x + X.dtype.type(column.shift)
            if column.edges:
                edges, mean = np.array(column.edges, X.dtype), np.array(column.mean, X.dtype)
                code = (x[:, None] - edges[:-1]) / np.diff(edges)
                to[:, int(column.value) :] = np.clip(code, 0, 1) - mean
        at += column.n_entries
    return found
