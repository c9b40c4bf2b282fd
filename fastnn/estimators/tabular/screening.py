"""Which columns say something of the target, by tests of each column alone.

Among hundreds of columns and a few hundred rows, networks find by chance what is not there. What is
left out is tested on the rows that a network is trained on, never on those that it watches.
"""

import numpy as np
from scipy.special import fdtrc

__all__ = ["telling_columns"]

#: Columns are kept where chance alone would say as much once in so many of them.
_LEVEL = 0.05

#: Fewest columns that are kept.
_FEWEST = 3


def telling_columns(features, narrow, targets, weight):
    """Which columns of the narrow matrix to keep: those of columns that pass.

    A number is tested together with its square, levels by the variance between them, everything
    else as it is: F-tests, of which the clearest of a column's features and targets counts, by
    Bonferroni's rule.

    Parameters
    ----------
    features : list of Feature
    narrow : ndarray of shape (n, len(features))
    targets : ndarray of shape (n, n_targets), float64
    weight : ndarray of shape (n,) or None

    Returns
    -------
    ndarray of bool of shape (len(features),)
    """
    w = np.ones(len(narrow)) if weight is None else weight / weight.mean()
    y = targets - np.average(targets, axis=0, weights=w)
    total = (w[:, None] * y * y).sum(axis=0)
    y, total = y[:, total > 0], total[total > 0]
    least, count = {}, {}
    for feature, x in zip(features, narrow.T, strict=True):
        p = 1.0
        if len(total):
            p = _levels(x, y, w, total) if feature.kind == "levels" else _number(x, y, w, total)
        least[feature.column] = min(p, least.get(feature.column, 1.0))
        count[feature.column] = count.get(feature.column, 0) + max(1, len(total))
    chance = {column: min(1.0, p * count[column]) for column, p in least.items()}
    enough = sorted(chance.values())[:_FEWEST][-1]
    kept = {column for column, p in chance.items() if p <= max(_LEVEL, enough)}
    return np.array([feature.column in kept for feature in features])


def _number(x, y, w, total):
    """Probability that x and its square say as much by chance."""
    x = x.astype(np.float64)
    basis = np.stack([x, x * x], axis=1)
    basis -= np.average(basis, axis=0, weights=w)
    scaled = basis * np.sqrt(w)[:, None]
    left, size, _ = np.linalg.svd(scaled, full_matrices=False)
    left = left[:, size > 1e-6 * max(size[0], 1e-300)]
    if not left.shape[1]:
        return 1.0
    explained = ((left.T @ (y * np.sqrt(w)[:, None])) ** 2).sum(axis=0)
    return _chance(explained, total, left.shape[1], len(x))


def _levels(x, y, w, total):
    number = x.astype(np.intp)
    size = np.bincount(number, w)
    sums = np.stack([np.bincount(number, w * t) for t in y.T], axis=1)
    explained = (sums**2 / np.maximum(size, 1e-300)[:, None]).sum(axis=0)
    return _chance(explained, total, np.count_nonzero(size) - 1, len(x))


def _chance(explained, total, freedom, n):
    left = n - 1 - freedom
    if freedom < 1 or left < 1:
        return 1.0
    ratio = explained / freedom / np.maximum((total - explained) / left, 1e-12 * total)
    return float(fdtrc(freedom, left, ratio).min())
