"""First units of a map: on the plane of the largest variances, or rows picked at random."""

import numpy as np
from scipy.linalg import eigh

__all__ = ["first_codebook"]

#: Numbers in the rows whose variances are looked at, and most of such rows: the plane need not be
#: found more exactly.
_NUMBERS, _ROWS = 1 << 24, 4096

#: Standard deviations from the mean to the border of the grid.
_REACH = 1.5


def first_codebook(init, rows, grid, rng):
    """Units (n_units, n_features), of the dtype of the rows.

    Parameters
    ----------
    init : {"pca", "sample"} or array-like of shape (n_units, n_features)
    rows : Rows
    grid : Grid
    rng : numpy.random.RandomState
    """
    n_features, dtype = rows.X.shape[1], rows.X.dtype
    if not isinstance(init, str):
        codebook = np.array(init, dtype, order="C")
        if codebook.shape != (grid.n_units, n_features) or not np.isfinite(codebook).all():
            raise ValueError(
                f"init must hold finite numbers of shape {(grid.n_units, n_features)}, a row for "
                f"each of the {grid.n_units} units, got shape {codebook.shape}."
            )
        return codebook
    if init == "sample":
        units = _picked(rows, grid.n_units, rng)
        there = ~np.isnan(units)
        mean = np.where(there, units, 0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
        units = np.where(there, units, mean)
    else:
        units = _on_a_plane(rows, grid)
    return np.ascontiguousarray(units, dtype)


def _picked(rows, n_units, rng):
    """Rows at random, each once as long as there are enough of them."""
    if rows.weight is None:
        n, chances = len(rows), None
    else:
        n, chances = np.count_nonzero(rows.weight), rows.weight / rows.weight.sum()
    picked = rng.choice(len(rows), n_units, replace=n < n_units, p=chances)
    return rows.dense(picked).astype(np.float64)


def _on_a_plane(rows, grid):
    """A flat grid in the plane of the two largest principal components, the longer side along the
    first one; a torus in the space of four, two for each circle."""
    most = min(_ROWS, max(64, _NUMBERS // rows.X.shape[1]))
    picked = np.arange(0, len(rows), -(-len(rows) // most))
    X = rows.dense(picked).astype(np.float64)
    weight = None if rows.weight is None else rows.weight[picked]
    weight = np.ones(len(X)) if weight is None or not weight.any() else weight
    there = ~np.isnan(X)
    X = np.where(there, X, 0)
    total = weight @ there
    mean = weight @ X / np.where(total > 0, total, 1)
    X -= mean
    X *= there * np.sqrt(weight / weight.sum())[:, None]
    coordinates = _coordinates(grid)
    directions = _principal(X, coordinates.shape[1])
    return mean + coordinates[:, : len(directions)] @ directions


def _coordinates(grid):
    """Where units lie in a space of principal components, the first one first; of variance 1 each,
    about."""
    place, axes = grid.positions, np.argsort([-n for n in grid.shape], kind="stable")
    axes = [axis for axis in axes if grid.shape[axis] > 1]
    if grid.toroidal:
        turns = [2 * np.pi * place[:, axis] / grid.period[axis] for axis in axes]
        return np.stack([f(t) for t in turns for f in (np.cos, np.sin)], axis=1)
    span = place[:, axes]
    return _REACH * (2 * (span - span.min(axis=0)) / np.ptp(span, axis=0) - 1)


def _principal(X, n):
    """The n principal components of centred rows that are as long as the deviations along them, the
    largest element of each positive."""
    n = min(n, *X.shape)
    if X.shape[1] <= X.shape[0]:
        values, vectors = eigh(X.T @ X, subset_by_index=(X.shape[1] - n, X.shape[1] - 1))
        directions = vectors.T * np.sqrt(np.maximum(values, 0))[:, None]
    else:  # the same from the products of rows
        values, vectors = eigh(X @ X.T, subset_by_index=(X.shape[0] - n, X.shape[0] - 1))
        directions = vectors.T @ X
    directions = directions[::-1]
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)
    return np.where(largest < 0, -1, 1) * directions
