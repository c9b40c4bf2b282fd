"""Columns of categories: their levels, and targets' means in the place of many levels.

A gap is a level of its own. Means are shrunk towards that of all rows by empirical Bayes, as in
Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes in classification
and prediction problems", SIGKDD Explorations 2001, but with one variance within all levels, and one
between them by the method of moments: Searle, Casella & McCulloch, "Variance components", 1992.
"""

from typing import NamedTuple

import numpy as np

from fastnn.tables.arrays import is_missing, key_of

__all__ = ["MISSING", "Category", "MeansOfLevels", "fit_category"]

#: The key of the level of gaps, which no other value has.
MISSING = "\0missing"


class Category(NamedTuple):
    """Keys of the levels, in the order of their numbers, and ``counts`` of the rows of each."""

    levels: tuple
    counts: tuple

    def numbers(self, column):
        """Level number of each row of a column, ``len(levels)`` for what was not met in the fit."""
        codes, values = column.codes()
        known = {level: i for i, level in enumerate(self.levels)}
        unknown = len(self.levels)
        table = np.array([known.get(key_of(v), unknown) for v in values] + [0], np.int32)
        table[-1] = known.get(MISSING, unknown)  # which the code -1 picks
        return table[codes]

    def among(self, n):
        """Number of each level among the ``n`` that most rows have, ``n`` for other levels, and at
        the end for what was not met: (n_levels + 1,)."""
        found = np.full(len(self.levels) + 1, n, np.int32)
        frequent = np.argsort(-np.array(self.counts), kind="stable")[:n]
        found[np.sort(frequent)] = np.arange(n)
        return found

    def number_of(self, value):
        """The same for a single Python object."""
        key = MISSING if is_missing(value) else key_of(value)
        try:
            return self.levels.index(key)
        except ValueError:
            return len(self.levels)


def fit_category(column):
    """Learn the levels of a column: sorted by their keys, gaps last."""
    codes, values = column.codes()
    counts = np.bincount(codes + 1, minlength=len(values) + 1)
    totals = {}
    for value, count in zip(values, counts[1:].tolist(), strict=True):
        if count:
            key = key_of(value)
            totals[key] = totals.get(key, 0) + count
    levels = sorted(totals)
    if counts[0]:
        levels.append(MISSING)
        totals[MISSING] = int(counts[0])
    return Category(tuple(levels), tuple(totals[level] for level in levels))


class MeansOfLevels:
    """Sums over the rows of each level and fold, from which means without some folds follow.

    Parameters
    ----------
    numbers : ndarray of shape (n,)
        Level of each row.
    n_levels : int
    targets : ndarray of shape (n, n_targets), float64
    folds : ndarray of shape (n,)
    n_folds : int
    weight : ndarray of shape (n,) or None
    """

    def __init__(self, numbers, n_levels, targets, folds, n_folds, weight=None):
        self.levels, self._folds = numbers, folds
        place, size = folds * n_levels + numbers, n_folds * n_levels
        shape = n_folds, n_levels

        def sums(values):
            return np.bincount(place, values, size).reshape(shape)

        w = np.ones(len(numbers)) if weight is None else weight
        self._count = sums(w)
        self._rows = np.bincount(folds, minlength=n_folds)
        self._sum = np.stack([sums(w * t) for t in targets.T], axis=-1)
        self._square = np.stack([sums(w * t * t) for t in targets.T], axis=-1)

    def of_all(self):
        """The mean of each level, and in the last row that of one not met: (n_levels + 1, t)."""
        return self._means(np.ones(len(self._count), bool))

    def without(self, *folds):
        """The same by the rows that are in none of these folds."""
        kept = np.ones(len(self._count), bool)
        kept[list(folds)] = False
        return self._means(kept)

    def of_rows(self, without):
        """Means for each row (n, t) that no row of its own fold has a part in, nor of the fold
        ``without``, if it is not None."""
        apart = [] if without is None else [without]
        tables = [self.without(fold, *apart) for fold in range(len(self._count))]
        return np.stack(tables)[self._folds, self.levels]

    def _means(self, kept):
        count, total, square = (
            values[kept].sum(axis=0) for values in (self._count, self._sum, self._square)
        )
        n = count.sum()
        if n == 0:
            return np.zeros((len(count) + 1, total.shape[1]))
        overall, n_rows = total.sum(axis=0) / n, self._rows[kept].sum()
        mean = total / np.maximum(count, 1e-300)[:, None]
        # Analysis of variance, in which the weights add up to the number of rows. The variance
        # within levels is one for all, since few rows of a level do not tell its own; the one of
        # all rows counts for a row of it, so that levels of a row each are not taken at their word.
        unit = n_rows / n
        count, n_levels = count * unit, np.count_nonzero(count)
        within = np.maximum(square - total * mean, 0).sum(axis=0)
        within += np.maximum(square.sum(axis=0) - overall * total.sum(axis=0), 0) / n_rows
        within *= unit / (n_rows - n_levels + 1)
        apart = (count[:, None] * (mean - overall) ** 2).sum(axis=0) - (n_levels - 1) * within
        between = np.maximum(apart, 0) / max(n_rows - (count**2).sum() / n_rows, 1e-9)
        # Weight of the level's own mean, beside that of all rows.
        top = between * count[:, None]
        own = np.divide(top, top + within, out=np.zeros_like(top), where=top + within > 0)
        return np.concatenate([own * mean + (1 - own) * overall, overall[None]])
