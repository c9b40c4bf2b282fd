"""Rows as Python objects, as many columns as a table has, to its narrow matrix: a few microseconds.

The numbers are those of `Encoder.encode`, to the bit: the same operations in the same order.
"""

from bisect import bisect_left
from math import copysign, isnan, sqrt

import numpy as np

from fastnn.tables.arrays import ArrayColumn, is_missing, key_of
from fastnn.tables.categories import MISSING, Category
from fastnn.tables.dates import parts_of_dates
from fastnn.tables.numbers import FARTHEST

__all__ = ["RowEncoder"]

_BEND = 3.0
_NAN = float("nan")


class RowEncoder:
    """Encodes one row.

    Parameters
    ----------
    encoder : Encoder
    """

    def __init__(self, encoder):
        self._dtype, self._n = encoder.dtype, len(encoder.features)
        self._steps, self._pairs = [], []
        for number, column in enumerate(encoder.columns):
            if column.kind == "cross":
                self._pairs.append(_pair(encoder, number, column.category))
                continue
            own = [(i, f) for i, f in enumerate(encoder.features) if f.column == number]
            self._steps.append(_step(encoder, number, column, own))

    def __call__(self, values):
        """The row (1, n_features) for values of all columns, in their order."""
        row = []
        for step, value in zip(self._steps, values, strict=True):
            step(value, row)
        for pair in self._pairs:
            pair(values, row)
        return np.array([row or [0.0]], self._dtype)


def _step(encoder, number, column, features):
    """A function that appends the features of a value."""
    if column.kind == "category":
        return _category(encoder, number, column, features)
    if column.kind == "date":
        return _date(column, [f for _, f in features])
    return _number(encoder, number, column, [f for _, f in features])


def _category(encoder, number, column, features):
    levels = {level: i for i, level in enumerate(column.category.levels)}
    unknown, missing = len(levels), levels.get(MISSING, len(levels))
    if not features:
        return lambda value, row: None
    rows = np.stack(encoder.values_of_levels(number), axis=1).astype(float).tolist()
    known = {level: rows[i] for level, i in levels.items()}
    none, other = rows[missing], rows[unknown]

    def found(value):
        return none if is_missing(value) else known.get(key_of(value), other)

    def step(value, row):
        row += known[value] if type(value) is str and value in known else found(value)

    def step_of_one(value, row):
        row.append(single[value] if type(value) is str and value in single else found(value)[0])

    single = {level: values[0] for level, values in known.items()}
    return step_of_one if len(none) == 1 else step


def _pair(encoder, number, pair):
    """A function that appends the means of a pair's cell, from all values of a row."""
    first, second = (_level(encoder.columns[i].category) for i in pair[:2])
    means = encoder.means[number].tolist()

    def step(values, row):
        row += means[first(values[pair.first]) * pair.n_second + second(values[pair.second])]

    return step


def _level(category):
    """A function that returns the level of a value."""
    if not isinstance(category, Category):
        return lambda value: int(category.numbers(np.array([_as_number("", value)]))[0])
    levels = {level: i for i, level in enumerate(category.levels)}
    unknown, missing = len(levels), levels.get(MISSING, len(levels))

    def find(value):
        if type(value) is str and value in levels:
            return levels[value]
        return missing if is_missing(value) else levels.get(key_of(value), unknown)

    return find


def _number(encoder, number, column, features):
    learned = column.numbers[""]
    median, centre, scale, clipped = learned[:4]
    gap = any(f.kind == "gap" for f in features)
    constant = not any(f.kind == "number" for f in features)
    means = levels = None
    if column.category is not None and not isinstance(column.category, Category):
        means = encoder.means[number].tolist()
        levels = [v for v in column.category.levels.tolist() if not isnan(v)]

    def step(value, row):
        if type(value) is not float:
            value = _as_number(column.name, value)
        known = value == value
        if known and value - value != 0:
            raise ValueError(f"X contains infinity: column {column.name!r}")
        if not constant:
            z = ((value if known else median) - centre) * scale
            if clipped:
                if not -FARTHEST < z < FARTHEST:
                    z = copysign(FARTHEST, z)
                bent = z / _BEND
                z = z / sqrt(1 + bent * bent)
            row.append(z)
        if gap:
            row.append(0.0 if known else 1.0)
        if means is not None:
            at = len(levels)
            if known:
                above = min(bisect_left(levels, value), at - 1)
                below = max(above - 1, 0)
                at = below if value - levels[below] < levels[above] - value else above
            row += means[at]

    if not levels:
        return step
    whole = {}
    for level in levels:
        step(level, row := [])
        whole[level] = row

    def step_of_levels(value, row):
        found = whole.get(value) if type(value) is float or type(value) is int else None
        if found is None:
            step(value, row)
        else:
            row += found

    return step_of_levels


def _as_number(name, value):
    if isinstance(value, int):
        return float(value)
    column = ArrayColumn(name, np.array([None], object))
    column._values[0] = value
    return float(column.numbers()[0])


def _date(column, features):
    def step(value, row):
        values = np.array([None], object)
        values[0] = value
        parts = parts_of_dates(ArrayColumn(column.name, values).instants())
        for f in features:
            x = parts[f.part]
            if f.kind == "gap":
                row.append(float(np.isnan(x)[0]))
            else:
                row.append(float(column.numbers[f.part].scaled(x)[0]))

    return step
