"""Tables of any kind as columns that an Encoder reads: lists, arrays of objects or float64, text.

A table with names gives its columns by name, in any order, and may have more; one without by their
places. Text stays text, even where it looks like a number: the encoder refuses it.
"""

import numpy as np

from fastnn._kernels.scoring.records import columns_of_dicts
from fastnn._names import meant
from fastnn._sparse import issparse
from fastnn.scoring.inputs import column_names

#: Rows a value from which on each is looked up once.
_MANY = 8

#: pandas' names of text that may lie in memory as pyarrow has it.
_ARROW_TEXT = ("str", "string")

#: Up to here every integer is a float64.
_EXACT = 1 << 53

#: What makes a list one of rows, and not a row.
_ROWS = (list, tuple, dict, np.ndarray)


class Columns:
    """The used columns of tables.

    Parameters
    ----------
    front : Front
    """

    def __init__(self, front):
        self._front, self._used = front, front.used
        labels = {s.source for s in front.steps if s.kind == "label"}
        self._as_labels = [column in labels for column in self._used]
        self._names = None if front.names is None else [front.names[c] for c in self._used]

    def row(self, X):
        """The values of one row, a dict or a sequence; None for anything else."""
        if hasattr(X, "to_dict") and getattr(X, "ndim", 0) == 1:  # a row of a frame
            X = X.to_dict()
        if isinstance(X, dict):
            try:
                return [X[name] for name in self._names]
            except (KeyError, TypeError):
                raise self._missing(X) from None
        if isinstance(X, np.ndarray) and X.ndim == 1:
            X = X.tolist()
        elif not isinstance(X, list | tuple) or not X or isinstance(X[0], _ROWS):
            return None
        self._check_width(len(X), "row")
        return [X[column] for column in self._used]

    def table(self, X):
        """(columns, number of rows).

        Raises
        ------
        ValueError
            If columns are missing, or X is no table.
        """
        if isinstance(X, list | tuple):
            return self._of_rows(X)
        if issparse(X):
            X = X.toarray()
        names = column_names(X)
        if names is not None:
            return self._of_frame(X, names)
        X = np.asarray(X)
        if X.ndim != 2:
            raise ValueError(f"X must be one row or a table of rows, got shape {X.shape}")
        self._check_width(X.shape[1], "table")
        return [
            _of_array(X[:, column], labels)
            for column, labels in zip(self._used, self._as_labels, strict=True)
        ], len(X)

    def _of_rows(self, rows):
        if all(isinstance(row, dict) for row in rows):
            if self._names is None:
                raise self._missing({})
            found = columns_of_dicts(list(rows), self._names)
            if isinstance(found, int):
                raise self._missing(rows[found], f"row {found}")
            return found, len(rows)
        widths = {len(row) if isinstance(row, _ROWS) else 0 for row in rows}
        if len(widths) != 1:
            raise ValueError(f"the rows of X must be of one length, got {sorted(widths)[:5]}")
        self._check_width(widths.pop(), "table")
        return [[row[column] for row in rows] for column in self._used], len(rows)

    def _of_frame(self, X, names):
        if self._names is None:
            self._check_width(len(names), "table")
            wanted = [names[column] for column in self._used]
        else:
            wanted = self._names
            if not set(names) >= set(wanted):
                raise self._missing(dict.fromkeys(names), "the table")
        return [
            _of_series(_column(X, names.index(name), name), labels)
            for name, labels in zip(wanted, self._as_labels, strict=True)
        ], len(X)

    def _check_width(self, found, what):
        if found != self._front.n_columns:
            raise ValueError(
                f"a {what} has {found} columns, but Predictor is expecting {self._front.n_columns}"
            )

    def _missing(self, row, where="the row"):
        """The error for a row without all columns, or with names where there are none."""
        if self._names is None:
            return ValueError(
                "this model was fitted on columns without names: pass rows as lists, in their order"
            )
        missing = [name for name in self._names if name not in row]
        unknown = [name for name in row if name not in self._front.names]
        hint = meant(missing[0], map(str, unknown)) if unknown else ""
        more = f"; unknown to the model: {', '.join(map(repr, unknown[:5]))}" if unknown else ""
        return ValueError(f"{where} lacks {', '.join(map(repr, missing[:5]))}{hint}{more}")


def _column(X, number, name):
    """A column of a frame of pandas, a table of pyarrow, a frame of polars."""
    if hasattr(X, "iloc"):
        # By name is quicker, where that is one column.
        return X[name] if X.columns.is_unique and name in X.columns else X.iloc[:, number]
    return X.column(name) if hasattr(X, "column_names") else X[name]


def _of_series(series, labels):
    """One column of a frame."""
    dtype = getattr(series, "dtype", None)
    if hasattr(series, "cat") and hasattr(dtype, "categories"):  # pandas
        return _of_codes(np.asarray(series.cat.codes), list(dtype.categories))
    if hasattr(getattr(series, "array", None), "__arrow_array__") and str(dtype) in _ARROW_TEXT:
        return _of_arrow(series.array.__arrow_array__(), labels)
    if hasattr(series, "dictionary_encode"):  # pyarrow
        return _of_arrow(series, labels)
    if isinstance(dtype, np.dtype):
        return _of_array(series.to_numpy(), labels)
    if labels or str(dtype).lower() in ("string", "str", "object", "categorical"):
        if hasattr(series, "to_numpy") and hasattr(series, "array"):
            return np.ascontiguousarray(series.to_numpy(dtype=object))
        return series.to_list()
    try:
        return np.ascontiguousarray(series.to_numpy(), np.float64)
    except (TypeError, ValueError):  # missing values of a type of their own
        return series.to_list() if hasattr(series, "to_list") else list(series)


def _of_arrow(column, labels):
    import pyarrow as pa  # it is there: the column is one of its own

    numeric = pa.types.is_floating(column.type) or pa.types.is_integer(column.type)
    if numeric and not labels:
        return np.ascontiguousarray(column.to_numpy(), np.float64)
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):  # of no rows
            return column.to_pylist()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return _of_text(column, np.int64 if pa.types.is_large_string(column.type) else np.int32)
    if not pa.types.is_dictionary(column.type):
        return column.to_pylist()
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return _of_codes(codes, column.dictionary.to_pylist())


def _of_text(column, dtype):
    """Where each text begins, with the end of the last one; the bytes; whether each is there."""
    _, ends, text = column.buffers()
    if not len(column) or text is None:
        return column.to_pylist()
    begins = np.frombuffer(ends, dtype)[column.offset : column.offset + len(column) + 1]
    there = column.is_valid().to_numpy(zero_copy_only=False) if column.null_count else None
    return begins.astype(np.int64), np.frombuffer(text, np.uint8), there


def _of_codes(codes, values):
    """Values by their numbers, -1 for a missing one; left so, if there are many rows of each."""
    if len(values) * _MANY <= len(codes):
        return np.ascontiguousarray(codes, np.int32), values
    known = np.empty(len(values) + 1, object)
    known[:-1] = values
    return known.take(codes, mode="wrap")


def _of_array(array, labels):
    kind = array.dtype.kind
    if kind == "O":
        return np.ascontiguousarray(array)
    if kind not in "fiub" or (labels and kind in "iu" and _is_huge(array)):
        return array.tolist() if kind in "fiubUS" else list(array)
    return np.ascontiguousarray(array, np.float64)


def _is_huge(array):
    """Whether it has integers that a float64 need not hold."""
    if array.dtype.itemsize < 8 or not array.size:
        return False
    return max(int(array.max()), -int(array.min())) > _EXACT
