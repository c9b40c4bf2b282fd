"""Columns of data frames, as those of `fastnn.tables.arrays`; no library is imported for it."""

import numpy as np

from fastnn.tables.arrays import ArrayColumn, coded, is_missing, seconds

__all__ = ["ArrowColumn", "PandasColumn", "PolarsColumn", "columns_of_frame", "library_of"]


class PandasColumn:
    """A Series of pandas."""

    def __init__(self, name, series):
        self.name, self._series = name, series

    def __len__(self):
        return len(self._series)

    def take(self, rows):
        return PandasColumn(self.name, self._series.iloc[rows])

    def _objects(self):
        return ArrayColumn(self.name, self._series.to_numpy(object))

    def objects(self):
        """The values as Python's own, or None where these would be other ones."""
        exact = self._code() != "m" and type(self._series.dtype).__name__ != "PeriodDtype"
        return self._series.tolist() if exact else None

    def _code(self):
        """The kind of NumPy's dtype that this one is like, 'C' of a category, 'T' of text."""
        dtype = self._series.dtype
        name = type(dtype).__name__
        if name == "CategoricalDtype":
            return "C"
        if name == "StringDtype":
            return "T"
        if name == "PeriodDtype":
            return "M"
        return {"U": "T", "S": "T"}.get(dtype.kind, dtype.kind)

    def kind(self):
        code = self._code()
        if code == "O":
            return self._objects().kind()
        return {"C": "category", "T": "category", "b": "category", "M": "date"}.get(code, "number")

    def dtype(self):
        return str(self._series.dtype)

    def numbers(self):
        series, code = self._series, self._code()
        if code == "m":
            return series.dt.total_seconds().to_numpy(np.float64, na_value=np.nan)
        if code in "fiub":
            return series.to_numpy(np.float64, na_value=np.nan)
        return self._objects().numbers()

    def codes(self):
        series = self._series
        if self._code() == "C":
            return series.cat.codes.to_numpy(np.int64), series.cat.categories.tolist()
        try:
            found, levels = series.factorize()
        except TypeError:  # not hashable
            return self._objects().codes()
        return np.asarray(found, np.int64), levels.tolist()

    def instants(self):
        series = self._series
        if self._code() != "M":
            return self._objects().instants()
        if type(series.dtype).__name__ == "PeriodDtype":
            series = series.dt.to_timestamp()
        if getattr(series.dt, "tz", None) is not None:
            series = series.dt.tz_convert("UTC").dt.tz_localize(None)
        return seconds(series.to_numpy("M8[ns]"))


class PolarsColumn:
    """A Series of polars."""

    def __init__(self, name, series):
        self.name, self._series = name, series

    def __len__(self):
        return len(self._series)

    def take(self, rows):
        return PolarsColumn(self.name, self._series[rows])

    def objects(self):
        """The values as Python's own."""
        return self._series.to_list()

    def _objects(self):
        values = np.empty(len(self._series), object)
        values[:] = self._series.to_list()
        return ArrayColumn(self.name, values)

    def kind(self):
        dtype = self._series.dtype
        name = str(dtype).split("(")[0]
        if dtype.is_numeric() or name in ("Duration", "Null"):
            return "number"
        if name in ("Date", "Datetime"):
            return "date"
        if name in ("String", "Categorical", "Enum", "Boolean", "Binary"):
            return "category"
        return self._objects().kind()

    def dtype(self):
        return str(self._series.dtype)

    def numbers(self):
        if not self._series.dtype.is_numeric():
            return self._objects().numbers()
        return self._series.cast(float).to_numpy().astype(np.float64)

    def codes(self):
        return coded(self._series.to_list())

    def instants(self):
        return self._objects().instants()


class ArrowColumn:
    """A column of a pyarrow Table."""

    def __init__(self, name, column):
        self.name, self._column = name, column

    def __len__(self):
        return len(self._column)

    def take(self, rows):
        return ArrowColumn(self.name, self._column.take(rows))

    def objects(self):
        """The values as Python's own."""
        return self._column.to_pylist()

    def _objects(self):
        values = np.empty(len(self._column), object)
        values[:] = self._column.to_pylist()
        return ArrayColumn(self.name, values)

    def kind(self):
        name = str(self._column.type)
        if name.startswith(("int", "uint", "float", "double", "halffloat", "decimal", "null")):
            return "number"
        if name.startswith("duration"):
            return "number"
        if name.startswith(("timestamp", "date")):
            return "date"
        if name.startswith(("string", "large_string", "string_view", "bool", "dictionary")):
            return "category"
        return self._objects().kind()

    def dtype(self):
        return str(self._column.type)

    def numbers(self):
        name = str(self._column.type)
        if name.startswith(("int", "uint", "float", "double")):
            return self._column.cast("float64", safe=False).to_numpy().astype(np.float64)
        return self._objects().numbers()

    def codes(self):
        name = str(self._column.type)
        if not name.startswith(("string", "large_string", "dictionary", "bool", "int", "uint")):
            return coded(self._column.to_pylist())
        dictionary = self._column
        if not name.startswith("dictionary"):
            dictionary = dictionary.dictionary_encode()
        dictionary = dictionary.unify_dictionaries().combine_chunks()
        if hasattr(dictionary, "chunks"):
            if not dictionary.chunks:
                return np.empty(0, np.int64), []
            dictionary = dictionary.chunk(0)
        found = dictionary.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        levels = dictionary.dictionary.to_pylist()
        gaps = [i for i, level in enumerate(levels) if is_missing(level)]
        found[np.isin(found, gaps)] = -1
        return found, levels

    def instants(self):
        return self._objects().instants()


def columns_of_frame(X):
    """The columns of a frame, in their order."""
    library = library_of(X)
    if library == "pandas":
        return [PandasColumn(str(name), X.iloc[:, i]) for i, name in enumerate(X.columns)]
    if library == "polars":
        return [PolarsColumn(str(name), X.to_series(i)) for i, name in enumerate(X.columns)]
    return [ArrowColumn(str(name), X.column(i)) for i, name in enumerate(X.column_names)]


def library_of(X):
    """'pandas', 'polars', 'pyarrow' or 'array'; none of them is imported."""
    cls = type(X)
    for known in cls.__mro__:
        library = known.__module__.split(".")[0]
        if known.__name__ == "DataFrame" and library in ("pandas", "polars"):
            return library
        if known.__name__ in ("Table", "RecordBatch") and library == "pyarrow":
            return library
    if cls.__name__ == "LazyFrame":
        raise TypeError("X is a LazyFrame of polars: pass X.collect().")
    return "array"
