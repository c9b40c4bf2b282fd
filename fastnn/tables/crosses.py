"""Pairs of columns of levels whose levels decide together: which ones, and the pair as a column.

In every cell of a pair, a level of the one and a level of the other, the targets have a mean. It is
worth a column where it foresees, in rows that have no part in it, what both columns alone do not.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from fastnn.tables.categories import MeansOfLevels

__all__ = ["Crossed", "telling_pairs"]

#: Most columns that pairs are made of, most pairs that are kept, and most targets.
_MOST_COLUMNS, _MOST_PAIRS, _MOST_TARGETS = 16, 4, 10

#: Most cells of a pair.
_MOST_CELLS = 1 << 16

#: Rows times pairs that are looked at, about, and fewest rows.
_ROWS_BY_PAIRS, _FEWEST_ROWS = 1_000_000, 5_000

#: What the error of both columns alone must fall by: so many of its standard errors, and such a
#: share of it. By chance none does.
_STANDARD_ERRORS, _SHARE = 4.0, 0.01

#: Times that what each column says is adjusted to what the others say.
_ROUNDS = 3


class Crossed(NamedTuple):
    """The numbers of two columns, and of the levels of each, one that was not met among them."""

    first: int
    second: int
    n_first: int
    n_second: int

    @property
    def levels(self):
        """Numbers of the cells."""
        return range(self.n_first * self.n_second)

    def numbers(self, first, second):
        """Cell of each row from its levels in both columns."""
        return first * self.n_second + second


def telling_pairs(levels, targets, folds, n_folds, weight):
    """The pairs of columns that decide together, the best first.

    Parameters
    ----------
    levels : dict of column number to (level of each row, number of levels)
    targets : ndarray of shape (n, n_targets), float64
    folds : ndarray of shape (n,)
    n_folds : int
    weight : ndarray of shape (n,) or None

    Returns
    -------
    list of (int, int)
    """
    columns = {i: (of, n + 1) for i, (of, n) in levels.items() if n >= 2}
    if len(columns) < 2 or targets.shape[1] > _MOST_TARGETS:
        return []
    n_pairs = min(len(columns), _MOST_COLUMNS) * (min(len(columns), _MOST_COLUMNS) - 1) // 2
    step = -(-len(targets) // max(_FEWEST_ROWS, _ROWS_BY_PAIRS // n_pairs))
    columns = {i: (of[::step], n) for i, (of, n) in columns.items()}
    targets, folds = targets[::step], folds[::step]
    weight = None if weight is None else weight[::step]
    w = np.ones(len(targets)) if weight is None else weight
    columns, left = _what_none_says(columns, targets, w)
    pairs, found = list(combinations(columns, 2)), []
    sizes = {(i, j): columns[i][1] * columns[j][1] for i, j in pairs}
    pairs = [pair for pair in pairs if sizes[pair] <= _MOST_CELLS]
    while pairs and len(found) < _MOST_PAIRS:
        before = (left**2).sum(axis=1)
        least, hopeful = _SHARE * np.average(before, weights=w), []
        gains, after = {}, {}
        for first, second in pairs:
            (one, _), (other, n_other) = columns[first], columns[second]
            cells = one * n_other + other, sizes[first, second]
            rest = left - MeansOfLevels(*cells, left, folds, n_folds, weight).of_rows(None)
            gain = before - (rest**2).sum(axis=1)
            mean = np.average(gain, weights=w)
            error = np.sqrt(np.average((gain - mean) ** 2, weights=w) / len(gain))
            if mean > max(_STANDARD_ERRORS * error, least):
                gains[first, second], after[first, second] = mean, rest
            if mean > 0:
                hopeful.append((first, second))
        if not gains:
            break
        found.append(max(gains, key=gains.get))
        left = after[found[-1]]
        pairs = [pair for pair in hopeful if pair != found[-1]]
    return found


def _what_none_says(columns, targets, w):
    """The columns that say most each, and what a sum of parts by their levels leaves."""
    left = targets - np.average(targets, axis=0, weights=w)
    says = {i: ((_part(*column, left, w)) ** 2).sum() for i, column in columns.items()}
    best = sorted(sorted(says, key=says.get, reverse=True)[:_MOST_COLUMNS])
    parts = dict.fromkeys(best, 0.0)
    for _ in range(_ROUNDS):
        for i in best:
            left = left + parts[i]
            parts[i] = _part(*columns[i], left, w)
            left = left - parts[i]
    return {i: columns[i] for i in best}, left


def _part(of_rows, n_levels, left, w):
    """The mean of each row's level."""
    size = np.bincount(of_rows, w, n_levels)
    sums = [np.bincount(of_rows, w * t, n_levels) / np.maximum(size, 1e-300) for t in left.T]
    return np.stack(sums, axis=1)[of_rows]
