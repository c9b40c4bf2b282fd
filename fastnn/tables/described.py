"""What a fit has learned of a table as plain data that files can hold, and back."""

import numpy as np

from fastnn.tables.categories import Category
from fastnn.tables.crosses import Crossed
from fastnn.tables.encoder import Encoder
from fastnn.tables.features import Feature, LearnedColumn
from fastnn.tables.numbers import Number, RepeatedValues
from fastnn.tables.targets import Scale
from fastnn.tables.wide import Widening

__all__ = ["Table", "table_apart", "table_from"]

_KINDS = ("number", "category", "date", "cross")
_FEATURES = ("number", "gap", "sign", "levels", "mean")


class Table:
    """All that is between a user's columns and the networks, and between these and values.

    Parameters
    ----------
    encoder : Encoder
    widening : Widening
    scale : Scale or None
        Of a regression.
    names : tuple of str or None
        Of the columns.
    """

    #: As of a Front (``fastnn.model.front``), which has steps.
    steps = ()

    def __init__(self, encoder, widening, scale=None, names=None):
        self.encoder, self.widening, self.scale, self.names = encoder, widening, scale, names

    @property
    def n_columns(self):
        """Columns of the user's table."""
        return self.encoder.n_columns

    @property
    def n_features(self):
        """Columns of the narrow matrix."""
        return self.widening.n_columns

    def named(self, names):
        """The same with names of its columns."""
        return Table(self.encoder, self.widening, self.scale, names)


def table_apart(table):
    """A dict of numbers, text, lists and arrays."""
    encoder, features = table.encoder, table.encoder.features
    edges = [f.edges for f in features]
    return {
        "dtype": encoder.dtype.name,
        "columns": [_column_apart(column) for column in encoder.columns],
        "features": [[f.column, f.kind, f.part, len(f.edges), f.n_levels] for f in features],
        "edges": np.concatenate([np.empty(0, np.float32), *edges]),
        "means": {str(number): values for number, values in encoder.means.items()},
        "scales": {str(n): np.stack(values) for n, values in encoder.scales.items()},
        "centres": table.widening.centres_apart(),
        "mean": table.widening.mean,
        "scale": None if table.scale is None else np.stack(table.scale),
    }


def _column_apart(column):
    found = {
        "name": column.name,
        "kind": column.kind,
        "dtype": column.dtype,
        "numbers": [[part, *number[:-1]] for part, number in column.numbers.items()],
    }
    if isinstance(column.category, Category):
        found["levels"] = list(column.category.levels)
        found["counts"] = np.array(column.category.counts, np.int64)
    elif isinstance(column.category, Crossed):
        found["pair"] = list(column.category)
    elif column.category is not None:
        found["values"] = column.category.levels
    return found


def table_from(parts):
    """The Table again.

    Raises
    ------
    ValueError
        If the parts are not sound.
    """
    try:
        return _table_from(**parts)
    except (TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
        raise ValueError(f"what was learned of the table is not sound: {error}") from None


def _table_from(*, dtype, columns, features, edges, means, scales, centres, mean, scale):
    _check(dtype in ("float32", "float64"), "the dtype")
    _check(edges.dtype == np.float32 and edges.ndim == 1, "the edges")
    made, begin = [], 0
    for column, kind, part, n_edges, n_levels in features:
        end = begin + n_edges
        own = edges[begin:end]
        sound = type(column) is int and 0 <= column < len(columns) and kind in _FEATURES
        sound = sound and isinstance(part, str) and type(n_levels) is int and n_levels >= 0
        _check(sound and n_edges >= 0 and len(own) == n_edges, "a feature")
        _check(np.isfinite(own).all() and (np.diff(own) > 0).all(), "the edges of a feature")
        made.append(Feature(column, kind, part, own, n_levels))
        begin = end
    _check(begin == len(edges), "the edges")
    columns = [_column_from(**column) for column in columns]
    _check(bool(columns), "the number of columns")
    means = {int(number): values for number, values in means.items()}
    encoder = Encoder(columns, made, means, {int(n): tuple(v) for n, v in scales.items()}, dtype)
    _check_features(encoder)
    widening = Widening.from_parts(made, centres, mean)
    if scale is not None:
        _check(scale.dtype == np.float64 and scale.ndim == 2 and len(scale) == 4, "the scale")
        _check(np.isfinite(scale).all(), "the scale")
        scale = Scale(*scale)
    return Table(encoder, widening, scale)


def _column_from(*, name, kind, dtype, numbers, levels=None, counts=None, values=None, pair=None):
    _check(isinstance(name, str) and isinstance(dtype, str) and kind in _KINDS, "a column")
    learned = {}
    for part, *rest in numbers:
        number = Number(*rest, np.empty(0, np.float32))
        _check(
            isinstance(part, str) and np.isfinite([float(x) for x in rest[:3]]).all(), "a number"
        )
        _check(all(isinstance(flag, bool) for flag in rest[3:]), "a number")
        learned[part] = number
    category = None
    if levels is not None:
        texts = all(isinstance(level, str) for level in levels)
        _check(texts and len(set(levels)) == len(levels) == len(counts), "the levels of a column")
        category = Category(tuple(levels), tuple(counts.tolist()))
    elif values is not None:
        _check(values.dtype == np.float64 and values.ndim == 1, "the values of a column")
        category = RepeatedValues(values)
    elif pair is not None:
        category = Crossed(*pair)
    _check((kind == "category") == isinstance(category, Category), "the levels of a column")
    _check((kind == "cross") == isinstance(category, Crossed), "a pair of columns")
    return LearnedColumn(name, kind, dtype, learned, category)


def _check_features(encoder):
    """Each feature is of a column that has it; the means have a row for each level and one more."""
    _check_pairs(encoder.columns)
    previous = 0
    for feature in encoder.features:
        column = encoder.columns[feature.column]
        _check(feature.column >= previous, "the order of the features")
        previous = feature.column
        if feature.kind in ("number", "gap"):
            _check(feature.part in column.numbers, "a feature")
        else:
            n_levels = len(column.category.levels)
            _check(feature.kind == "mean" or feature.n_levels <= n_levels, "a feature")
    _check(set(encoder.means) == set(encoder.columns_of_means), "the means of levels")
    _check(set(encoder.scales) == set(encoder.means), "the means of levels")
    for number, values in encoder.means.items():
        shape = len(encoder.columns[number].category.levels) + 1, len(encoder.means_of(number))
        _check(values.shape == shape and values.dtype == encoder.dtype, "the means of levels")
        _check(np.isfinite(values).all(), "the means of levels")


def _check_pairs(columns):
    """Pairs come last, and are of columns that have as many levels."""
    n = sum(column.kind != "cross" for column in columns)
    for pair in (column.category for column in columns[n:]):
        _check(isinstance(pair, Crossed), "the order of the columns")
        for number, size in (pair[::2], pair[1::2]):
            sound = type(number) is int and 0 <= number < n and columns[number].category is not None
            _check(sound and size == len(columns[number].category.levels) + 1, "a pair of columns")


def _check(sound, what):
    if not sound:
        raise ValueError(f"what was learned of the table is not sound: {what}")
