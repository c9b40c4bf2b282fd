"""All columns of a table as one matrix of numbers: what was learned of each, and the order.

The matrix is *narrow*: a number with its piecewise-linear code is one column of it, and so is a
category with its indicators. What these columns stand for to the first layer says ``features``;
``fastnn.tables.wide`` writes it out.
"""

import numpy as np

from fastnn.tables.asked import categories_asked_for
from fastnn.tables.categories import MeansOfLevels, fit_category
from fastnn.tables.crosses import Crossed, telling_pairs
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
    numbers_of,
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
                for part, values in numbers_of(column, kind).items():
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
    def n_columns(self):
        """Columns of the user's table; pairs of them come after."""
        return sum(column.kind != "cross" for column in self.columns)

    def parts_of(self, number):
        """Numbers of the user's columns that a column is made of: itself, or both of a pair."""
        category = self.columns[number].category
        return category[:2] if isinstance(category, Crossed) else (number,)

    def learn_pairs(self, levels, targets, folds, n_folds, weight):
        """Add columns for the pairs of columns that decide together.

        Parameters
        ----------
        levels : dict of column number to level of each row
            Of columns that have levels.
        targets, folds, n_folds, weight : see `telling_pairs`
        """
        known = {i: (of_rows, self._n_levels(i)) for i, of_rows in levels.items()}
        for first, second in telling_pairs(known, targets, folds, n_folds, weight):
            number, names = len(self.columns), [self.columns[i].name for i in (first, second)]
            pair = Crossed(first, second, *(self._n_levels(i) + 1 for i in (first, second)))
            self.columns.append(LearnedColumn(" and ".join(names), "cross", "", {}, pair))
            self.features += means_of_targets(number, len(pair.levels), targets.shape[1])

    def _n_levels(self, number):
        return len(self.columns[number].category.levels)

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
            What `levels` returns; pairs are added to it.
        targets : ndarray of shape (n, n_targets)
        folds, n_folds, weight : see `MeansOfLevels`

        Returns
        -------
        dict of column number to MeansOfLevels
        """
        found = {}
        for number in self.columns_of_means:
            of_rows, n_levels = self._levels_of(number, None, levels), self._n_levels(number)
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
        """Level of each row in all of the user's columns that have levels."""
        known = {}
        for number, column in enumerate(self.columns):
            if column.category is not None:
                self._levels_of(number, table, known)
        return known

    def _levels_of(self, number, table, known):
        """Level of each row; ``known`` has those of the columns that have been asked for."""
        if number not in known:
            category = self.columns[number].category
            if isinstance(category, Crossed):
                both = (self._levels_of(i, table, known) for i in category[:2])
                known[number] = category.numbers(*both)
            elif isinstance(category, RepeatedValues):
                known[number] = category.numbers(table[number].numbers())
            else:
                known[number] = category.numbers(table[number])
        return known[number]

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
        known = {} if levels is None else dict(levels)
        for number, learned in enumerate(self.columns):
            own = [f for f in self.features[at:] if f.column == number]
            for values in self._of_column(number, table, learned, own, known):
                narrow[:, at] = values
                at += 1
        return narrow

    def _of_column(self, number, table, learned, features, known):
        """A list of an array (n,) for each feature of a column."""
        if learned.kind in ("number", "date"):
            parts = numbers_of(
                table[number], learned.kind
            )  # refuses what is infinite, features or not
            found = [
                np.isnan(parts[f.part])
                if f.kind == "gap"
                else learned.numbers[f.part].scaled(parts[f.part])
                for f in features
                if f.kind != "mean"
            ]
            if learned.category is not None:
                if number not in known:
                    known[number] = learned.category.numbers(parts[""])
                found += list(self.means[number][known[number]].T)
            return found
        if not features:
            return []
        of_rows = self._levels_of(number, table, known)
        return [values[of_rows] for values in self.values_of_levels(number)]


def _centre_and_scale(means):
    spread = means.std(axis=0)
    return means.mean(axis=0), np.where(spread > 0, 1 / np.where(spread > 0, spread, 1), 0.0)
