"""Epochs of a map: all rows at once (Kohonen's batch rule), or one after the other.

T. Kohonen, "Self-Organizing Maps", 3rd edition, Springer 2001: section 3.6 has the batch rule, 3.1
the other one.
"""

from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

from fastnn._kernels.families import som as kernels
from fastnn.estimators.som.search import Search

__all__ = ["batch_epoch", "on_sphere", "online_epoch", "widths"]


def widths(estimator, grid):
    """The widths of the neighbourhood in all epochs: the same ratio from each to the next.

    Raises
    ------
    ValueError
        For what is neither None, a positive number nor two of them.
    """
    sigma = estimator.sigma
    if sigma is None:
        on_a_plane = isinstance(estimator.init, str) and estimator.init == "pca"
        sigma = max(max(grid.shape) / (8 if on_a_plane else 2), 1.0)
    try:
        first, last = sigma if np.ndim(sigma) else (sigma, min(sigma, _LAST))
        sound = all(np.isfinite(s) and s > 0 for s in (first, last))
    except (TypeError, ValueError):
        sound = False
    if not sound:
        raise ValueError(
            "sigma must be None, a positive number (the first width) or two of them (the first and "
            f"the last one), got {sigma!r}."
        )
    return np.geomspace(first, last, estimator.n_iter)


#: The last width, if none is given. Narrower, units come closer to the rows and neighbours draw
#: apart: see docs/maps.md.
_LAST = 0.3


def on_sphere(codebook):
    """Units brought to a length of 1, but for zeros."""
    norms = np.linalg.norm(codebook, axis=1, keepdims=True)
    return codebook / np.where(norms > 0, norms, 1)


@cache
def _libraries():
    return ThreadpoolController()


def batch_epoch(rows, codebook, grid, neighborhood, sigma, n_threads):
    """Move every unit to the mean of all rows, each weighted by how much the unit follows the row's
    winner: ``c_u = sum_v h(u, v) S_v / sum_v h(u, v) N_v``, with the sum S_v and the number N_v of
    the rows whose winner is v. The neighbourhood is applied to these sums once.

    Where h may be negative, rows push units away: ``c_u += sum_v h(u, v) (S_v - N_v c_u) / sum_v
    |h(u, v)| N_v``, the same for an h that is not. A unit that follows nobody stays.

    Returns
    -------
    codebook : ndarray of shape (n_units, n_features)
    winners : ndarray of shape (n,)
        Of the codebook before.
    """
    n_units, n_features = codebook.shape
    search = Search(codebook, rows.missing, n_threads)
    winners = np.empty(len(rows), np.int64)
    sums = np.zeros((n_units, rows.factors.shape[1]))
    for chunk in rows.chunks(n_units):
        factors = rows.factors[chunk]
        search.nearest(factors, winners[chunk])
        kernels.add_rows(factors, winners[chunk], rows.weights(chunk), sums, n_threads)
    if rows.missing:
        sums, counts = sums[:, :n_features], sums[:, n_features:]
    else:
        counts = np.bincount(winners, rows.weight, n_units).astype(np.float64)[:, None]
    moved = np.empty_like(codebook)
    won = np.flatnonzero(counts.any(axis=1))  # of few rows on a large grid few units win any
    sums, counts = sums[won], counts[won]
    with _libraries().limit(limits=1, user_api="blas"):  # more threads would give other bits
        for units in grid.blocks():
            h = grid.strengths(neighborhood, sigma, units, won)
            before = codebook[units].astype(np.float64)
            total, number = h @ sums, h @ counts
            if neighborhood == "mexican_hat":
                size = np.abs(h) @ counts
                total, number = size * before + total - number * before, size
            follows = np.broadcast_to(number > 0, total.shape)
            moved[units] = np.divide(total, number, out=before, where=follows)
    return on_sphere(moved) if rows.sphere else moved, winners


def online_epoch(rows, codebook, grid, neighborhood, sigma, rate, turns=None):
    """Move units towards one row after the other, by ``rate * h(u, winner)`` of the way.

    The rows come as they are or, with ``turns``, by these numbers and with these weights (or None).
    A row of weight w counts as w rows. The codebook is changed in place.
    """
    order, weight = turns or (np.arange(len(rows)), rows.weight)
    strength = grid.strengths(neighborhood, sigma)
    for chunk in rows.chunks(len(codebook), 0.05, len(order)):
        kernels.train_rows(
            np.ascontiguousarray(rows.dense(order[chunk])),
            None if weight is None else weight[chunk],
            codebook,
            strength,
            rate,
            rows.missing,
            rows.sphere,
        )
