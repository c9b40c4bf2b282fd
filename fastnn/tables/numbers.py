"""Columns of numbers: gaps filled and told, scaled, and the edges of their piecewise-linear codes.

The code of Gorishniy, Rubachev & Babenko, "On embeddings for numerical features in tabular deep
learning", NeurIPS 2022, with other edges where a value is taken by many rows.
"""

from typing import NamedTuple

import numpy as np

from fastnn.tables.dates import parts_of_dates

__all__ = [
    "BEND",
    "FARTHEST",
    "Number",
    "RepeatedValues",
    "edges_of",
    "fit_number",
    "numbers_of",
    "repeated_values",
    "smooth_clip",
    "unclipped",
]

#: Most rows that quantiles are taken of: further ones do not move an edge that anybody could tell.
ROWS_FOR_EDGES = 100_000

#: Where the smooth clip bends.
BEND = 3.0

#: What numbers farther away are taken for.
FARTHEST = 1e100

#: Values of a column that are told by means of targets, too: so many, with so many rows each.
_FEWEST_VALUES, _MOST_VALUES, _ROWS_OF_A_VALUE = 10, 256, 20

#: Fewest edges of a code.
_FEWEST_EDGES = 3


class Number(NamedTuple):
    """What was learned of a column: ``(x - centre) * scale``, clipped if ``clipped``, with
    ``median`` in the place of gaps; ``has_gaps`` tells of an indicator. ``constant`` columns give
    nothing. ``edges`` are of the scaled values; there may be none."""

    median: float
    centre: float
    scale: float
    clipped: bool
    has_gaps: bool
    constant: bool
    edges: np.ndarray

    def scaled(self, x):
        """Values (n,) of float64, NaN for gaps, without gaps."""
        x = np.where(np.isnan(x), self.median, x)
        x = (x - self.centre) * self.scale
        return smooth_clip(x) if self.clipped else x


class RepeatedValues(NamedTuple):
    """The distinct values of a column that repeats them, ascending: levels, as of a category. NaN
    is the last where there were gaps."""

    levels: np.ndarray

    def numbers(self, x):
        """Number of the level nearest to each value, ``len(levels)`` for gaps where there were
        none."""
        known = self.levels[~np.isnan(self.levels)]
        above = np.minimum(np.searchsorted(known, x), len(known) - 1)
        below = np.maximum(above - 1, 0)
        found = np.where(x - known[below] < known[above] - x, below, above)
        return np.where(np.isnan(x), len(known), found).astype(np.int32)


def repeated_values(x):
    """The RepeatedValues of a column, or None where its values say no more than their order.

    Parameters
    ----------
    x : ndarray of shape (n,)
        float64, NaN for gaps.
    """
    # Among few rows most columns show on the first ones that they have too many values.
    if len(np.unique(x[: 4 * _MOST_VALUES])) > _MOST_VALUES + 1:
        return None
    levels = np.unique(x)
    n_values = len(levels) - bool(np.isnan(levels[-1:]).any())
    most = min(_MOST_VALUES, len(x) // _ROWS_OF_A_VALUE)
    return RepeatedValues(levels) if _FEWEST_VALUES < n_values <= most else None


def smooth_clip(x):
    """x / sqrt(1 + (x / 3)^2): the identity near 0, never beyond 3."""
    x = np.clip(x, -FARTHEST, FARTHEST)  # whose square is finite
    return x / np.sqrt(1 + (x / BEND) ** 2)


def unclipped(x):
    """What `smooth_clip` made x of; far out, about."""
    return x / np.sqrt(np.maximum(1 - (x / BEND) ** 2, 1e-5))


def fit_number(x, weight, n_bins, *, robust, rng):
    """Learn a Number from values (n,) of float64, NaN for gaps.

    Parameters
    ----------
    x : ndarray of shape (n,)
    weight : ndarray of shape (n,) or None
        Positive.
    n_bins : int
        Most bins of the code; 0 for none.
    robust : bool
        Scale by quartiles and clip smoothly, rather than by mean and standard deviation.
    rng : numpy.random.RandomState
        Draws the rows for quantiles where there are very many.
    """
    gaps = np.isnan(x)
    has_gaps = bool(gaps.any()) and not gaps.all()
    known, of_known = x, weight
    if gaps.any():
        known, of_known = x[~gaps], None if weight is None else weight[~gaps]
    no_edges = np.empty(0, np.float32)
    if not len(known):
        return Number(0.0, 0.0, 0.0, robust, False, True, no_edges)
    some, of_some = known, of_known
    if len(known) > ROWS_FOR_EDGES:
        rows = rng.randint(len(known), size=ROWS_FOR_EDGES)
        some, of_some = known[rows], None if of_known is None else of_known[rows]
    quartile, median, third = quantiles(some, of_some, [0.25, 0.5, 0.75])
    least, most = float(known.min()), float(known.max())
    if least == most:
        # Where only some rows have the one value, it is the gap that tells.
        return Number(median, median, 0.0, robust, has_gaps, not has_gaps, no_edges)
    if robust:
        width = third - quartile if third > quartile else most / 2 - least / 2
        centre, scale = median, _inverse(width)
    else:
        centre, scale = _moments(np.where(gaps, median, x), weight)
    number = Number(median, centre, scale, robust, has_gaps, False, no_edges)
    return number._replace(edges=edges_of(number.scaled(some), n_bins, of_some))


def numbers_of(column, kind):
    """The numbers of a column by their part, '' of one that is a number itself.

    Raises
    ------
    ValueError
        If one is infinite.
    """
    if kind == "date":
        return parts_of_dates(column.instants())
    values = column.numbers()
    infinite = np.isinf(values)
    if infinite.any():
        rows = np.flatnonzero(infinite)
        raise ValueError(
            f"Input X contains infinity: column {column.name!r}, first in row {rows[0]} (counted "
            f"from 0), {len(rows)} of {len(values)} rows. Replace it by a number, or by NaN, which "
            "counts as missing."
        )
    return {"": values}


def quantiles(values, weight, levels):
    """Quantiles of weighted values: a weight of 2 is as good as two rows.

    Where the share of the rows up to a value is the level exactly, it is the mean of that value and
    the next.
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    if weight is None:
        share = np.arange(1, len(values) + 1, dtype=np.float64)
    else:
        share = np.cumsum(weight[order], dtype=np.float64)
    wanted = np.asarray(levels) * share[-1]
    slack = share[-1] * 1e-12
    low = np.minimum(np.searchsorted(share, wanted - slack), len(values) - 1)
    high = np.minimum(np.searchsorted(share, wanted + slack), len(values) - 1)
    return [float(v) for v in ordered[low] + (ordered[high] - ordered[low]) / 2]


def _moments(x, weight):
    """Mean and 1 / standard deviation."""
    unit = float(np.abs(x).max())  # squares of huge numbers would not be finite
    z = x / unit
    mean = np.average(z, weights=weight)
    deviation = np.sqrt(np.average((z - mean) ** 2, weights=weight))
    return float(mean * unit), _inverse(float(deviation) * unit)


def _inverse(width):
    """1 / width, kept within what float64 has."""
    return 1 / max(width, 1e-300)


def edges_of(values, n_bins, weight=None):
    """Edges of at most ``n_bins`` bins: quantiles, of which none coincide.

    Where quantiles coincide, at a value that many rows take, the edges left over are spent on
    quantiles of the remaining distinct values.

    Parameters
    ----------
    values : ndarray of shape (n,)
    n_bins : int
    weight : ndarray of shape (n,) or None

    Returns
    -------
    ndarray of float32
        Strictly ascending; empty where there would be fewer than three.
    """
    if n_bins < 2:
        return np.empty(0, np.float32)
    values = values.astype(np.float32, copy=False)
    distinct = np.unique(values)
    if len(distinct) <= n_bins + 1:
        edges = distinct
    else:
        levels = np.linspace(0, 1, n_bins + 1)
        edges = np.unique(np.array(quantiles(values, weight, levels), np.float32))
        left_over = n_bins + 1 - len(edges)
        others = np.setdiff1d(distinct, edges, assume_unique=True)
        if left_over and len(others):
            places = (np.arange(left_over) + 0.5) * (len(others) / left_over)
            edges = np.union1d(edges, others[places.astype(np.intp)])
    with np.errstate(over="ignore", divide="ignore"):
        wide = np.isfinite(1 / np.diff(edges))  # a bin too narrow to divide by is none
    edges = edges[np.concatenate([[True], wide])]
    return edges if len(edges) >= _FEWEST_EDGES else np.empty(0, np.float32)
