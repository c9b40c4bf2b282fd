"""All columns of a table as one matrix of numbers: what was learned of each, and the order.

The matrix is *narrow*: a number with its piecewise-linear code is one column of it, and so is a
category with its indicators. What these columns stand for to the first layer says ``features``;
``fastnn.tables.wide`` writes it out.
"""

import numpy as np

from fastnn.tables.asked import categories_asked_for
from fastnn.tables.categories import MeansOfLevels, fit_category
from fastnn.tables.dates import parts_of_dates
from fastnn.tables.features import (
    LearnedColumn,
    features_of_category,
    features_of_number,
    means_of_targets,
)
from fastnn.tables.memory import zeros
from fastnn.tables.numbers import (
    RepeatedValues,
    fit_number,
    repeated_values,
    smooth_clip,
)

__all__ = ["Encoder"]

#: Columns times targets up to which numbers that repeat are told by means of targets as well.
_MOST_MEANS_OF_NUMBERS = 150


class Encoder:
    """Columns to the narrow matrix; made by `fit`.

    Attributes
    ----------
    columns : list of LearnedColumn
    features : list of Feature
    means : dict
        Column number -> the scaled mean of each target for each level, (n_levels + 1, n_targets).
    """

    def __init__(self, columns, features, means, scales, dtype):
        self.columns, self.features, self.means, self.scales = columns, features, means, scales
        self.dtype = np.dtype(dtype)

    @classmethod
    def fit(cls, table, asked, *, weight, n_bins, robust, n_targets, means, dtype, rng):
        """Learn columns; the means of targets come later, by `learn_means`.

        Parameters
        ----------
        table : list of columns
        asked : see `categories_asked_for`
        weight : ndarray of shape (n,) or None
        n_bins : int
        robust : bool
        n_targets : int
            Columns that a category of many levels becomes.
        means : bool
            Whether categories of many levels are told by means of targets; else by indicators.
        dtype : dtype
            Of the matrix.
        rng : numpy.random.RandomState
        """
        columns, features = [], []
        forced = categories_asked_for(asked, table)
        few = len(table) * n_targets <= _MOST_MEANS_OF_NUMBERS
        for number, (column, category) in enumerate(zip(table, forced, strict=True)):
            kind = "category" if category else column.kind()
            learned = LearnedColumn(column.name, kind, column.dtype(), {}, None)
            if kind == "category":
                learned = learned._replace(category=fit_category(column))
                features += features_of_category(
                    number, learned.category, n_targets if means else None
                )
            else:
                for part, values in _numbers_of(column, kind).items():
                    found = fit_number(values, weight, n_bins, robust=robust, rng=rng)
                    learned.numbers[part] = found
                    features += features_of_number(number, part, found)
                if kind == "number" and means and few:
                    learned = learned._replace(category=repeated_values(values))
                    if learned.category is not None:
                        n_levels = len(learned.category.levels)
                        features += means_of_targets(number, n_levels, n_targets)
            columns.append(learned)
        return cls(columns, features, {}, {}, dtype)

    @property
    def columns_of_means(self):
        """Numbers of the columns that are told by means of targets."""
        return list(dict.fromkeys(f.column for f in self.features if f.kind == "mean"))

    def means_of(self, number):
        """Numbers of the features of a column that are means of targets."""
        return [i for i, f in enumerate(self.features) if f.column == number and f.kind == "mean"]

    def values_of_levels(self, number):
        """What the features of a column of categories are for each level, and at the end for one
        that was not met: a list of arrays (n_levels + 1,)."""
        found = []
        for feature in self.features:
            if feature.column != number:
                continue
            if feature.kind == "sign":
                found.append(np.array([-1, 1, 0], np.float32))
            elif feature.kind == "levels":
                found.append(self.columns[number].category.among(feature.n_levels))
            else:
                found.append(self.means[number][:, int(feature.part)])
        return found

    def learn_means(self, levels, targets, folds, n_folds, weight):
        """Learn the means of targets, and return the sums that those without folds follow from.

        Parameters
        ----------
        levels : dict of column number to level of each row
        targets : ndarray of shape (n, n_targets)
        folds, n_folds, weight : see `MeansOfLevels`

        Returns
        -------
        dict of column number to MeansOfLevels
        """
        found = {}
        for number, of_rows in levels.items():
            n_levels = len(self.columns[number].category.levels)
            means = MeansOfLevels(of_rows, n_levels, targets, folds, n_folds, weight)
            table = means.of_all()
            self.scales[number] = _centre_and_scale(table[of_rows])
            self.means[number] = self.scaled_means(number, table)
            found[number] = means
        return found

    def scaled_means(self, number, means):
        """Means of targets as the matrix has them."""
        centre, scale = self.scales[number]
        return smooth_clip((means - centre) * scale).astype(self.dtype)

    def levels(self, table):
        """Level of each row in the columns that are told by means."""
        return {i: self._levels_of(i, table[i]) for i in self.columns_of_means}

    def _levels_of(self, number, column):
        learned = self.columns[number]
        if isinstance(learned.category, RepeatedValues):
            return learned.category.numbers(column.numbers())
        return learned.category.numbers(column)

    def encode(self, table, levels=None):
        """The narrow matrix (n, len(features)), C-contiguous.

        Parameters
        ----------
        table : list of columns
        levels : dict, optional
            What `levels` returns, if it is there already.
        """
        width = max(1, len(self.features))  # without features there is a column of zeros
        narrow, at = zeros((len(table[0]), width), self.dtype), 0
        for number, (column, learned) in enumerate(zip(table, self.columns, strict=True)):
            own = [f for f in self.features[at:] if f.column == number]
            for values in self._of_column(number, column, learned, own, levels):
                narrow[:, at] = values
                at += 1
        return narrow

    def _of_column(self, number, column, learned, features, levels):
        """A list of an array (n,) for each feature of a column."""
        if learned.kind != "category":
            parts = _numbers_of(column, learned.kind)  # refuses what is infinite, features or not
            found = [
                np.isnan(parts[f.part])
                if f.kind == "gap"
                else learned.numbers[f.part].scaled(parts[f.part])
                for f in features
                if f.kind != "mean"
            ]
            if learned.category is not None:
                found += list(self.means[number][learned.category.numbers(parts[""])].T)
            return found
        if not features:
            return []
        if levels is not None and number in levels:
            of_rows = levels[number]
        else:
            of_rows = learned.category.numbers(column)
        return [values[of_rows] for values in self.values_of_levels(number)]


def _numbers_of(column, kind):
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


def _centre_and_scale(means):
    spread = means.std(axis=0)
    return means.mean(axis=0), np.where(spread > 0, 1 / np.where(spread > 0, spread, 1), 0.0)
