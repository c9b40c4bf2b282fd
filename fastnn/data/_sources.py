"""Where the rows of a stream lie. A source has pieces, which can be read one at a time."""

import os
from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np

__all__ = ["Source", "are_paths", "paths_of", "source_of", "table_batches"]


class Source(ABC):
    """Rows in pieces of known sizes, which can be read in any order."""

    sizes: list[int]

    @abstractmethod
    def read(self, pieces):
        """Rows and targets of some pieces, one after the other."""

    @abstractmethod
    def targets(self):
        """All targets, some at a time."""


class ArraySource(Source):
    """Arrays, which may be mapped from files: a piece is a run of rows."""

    def __init__(self, X, y, piece_rows):
        self._X, self._y = X, y
        starts = np.arange(0, len(X), piece_rows)
        self._spans = [(int(start), int(min(len(X), start + piece_rows))) for start in starts]
        self.sizes = [end - start for start, end in self._spans]

    def read(self, pieces):
        spans = [slice(*self._spans[i]) for i in pieces]
        return (
            np.concatenate([np.asarray(self._X[span]) for span in spans]),
            np.concatenate([np.asarray(self._y[span]) for span in spans]),
        )

    def targets(self):
        return (np.asarray(self._y[slice(*span)]) for span in self._spans)


class ParquetSource(Source):
    """Files of Parquet: a piece is a row group."""

    def __init__(self, paths, target, columns):
        parquet = _parquet()
        self._groups, self.sizes, names = [], [], None
        for path in paths:
            with parquet.ParquetFile(path) as file:
                of_file = file.schema_arrow.names
                if names is not None and of_file != names:
                    raise ValueError(
                        f"{path} has other columns than {paths[0]}: "
                        f"{sorted(set(of_file) ^ set(names))} are in one of them only, or their "
                        "order differs"
                    )
                names = of_file
                for group in range(file.metadata.num_row_groups):
                    self._groups.append((path, group))
                    self.sizes.append(file.metadata.row_group(group).num_rows)
        _check_columns(names, target, columns, paths[0])
        self._target = target
        self._columns = [c for c in (columns or names) if c != target]

    def read(self, pieces):
        tables = self._tables(pieces, [*self._columns, self._target])
        return (
            np.column_stack([_numbers(tables, name) for name in self._columns]),
            _numbers(tables, self._target, numeric=False),
        )

    def targets(self):
        for piece in range(len(self.sizes)):
            yield _numbers(self._tables([piece], [self._target]), self._target, numeric=False)

    def _tables(self, pieces, columns):
        import pyarrow as pa

        parquet = _parquet()
        tables = []
        for path, group in (self._groups[i] for i in pieces):
            with parquet.ParquetFile(path) as file:
                tables.append(file.read_row_group(group, columns=columns))
        return pa.concat_tables(tables)


class CallableSource:
    """A function that begins the rows anew, and gives them batch by batch, in its own order."""

    sizes = None

    def __init__(self, function):
        self._function = function

    def batches(self):
        for batch in self._function():
            if not isinstance(batch, tuple) or len(batch) != 2 or len(batch[0]) != len(batch[1]):
                raise ValueError(
                    "the function must give tuples (X, y) of as many rows as targets, got "
                    f"{type(batch).__name__}"
                )
            yield np.asarray(batch[0]), np.asarray(batch[1])

    def targets(self):
        return (y for _, y in self.batches())


def source_of(rows, y, target, columns, piece_rows):
    """The `Source` that rows of some kind are.

    Raises
    ------
    TypeError, ValueError
        If they are of no such kind, or what belongs to it is missing.
    """
    if callable(rows):
        _none("a function gives the targets with the rows", y=y, target=target, columns=columns)
        return CallableSource(rows)
    if are_paths(rows):
        _none("targets of Parquet files are a column: target='name'", y=y)
        if target is None:
            raise ValueError("target must name the column of the Parquet files to predict")
        return ParquetSource(paths_of(rows), target, columns)
    _none("arrays have their targets in y", target=target, columns=columns)
    if not hasattr(rows, "shape") or len(rows.shape) != 2:
        raise TypeError(
            "rows must be an array of shape (n, n_features), which may be memory-mapped, the path "
            "of Parquet files, or a function that gives batches (X, y) anew with each call; got "
            f"{type(rows).__name__}"
        )
    if y is None or len(y) != len(rows):
        found = "none" if y is None else len(y)
        raise ValueError(f"y must have a target for each of the {len(rows)} rows, got {found}")
    return ArraySource(rows, np.asanyarray(y), piece_rows)


def table_batches(paths, columns):
    """Tables of pyarrow, a row group each."""
    parquet = _parquet()
    for path in paths:
        with parquet.ParquetFile(path) as file:
            named = None if columns is None else list(map(str, columns))
            for group in range(file.metadata.num_row_groups):
                yield file.read_row_group(group, columns=named)


def are_paths(rows):
    """Whether rows are given by a path, or a list of them."""
    several = rows if isinstance(rows, (list, tuple)) else [rows]
    return all(isinstance(path, (str, os.PathLike)) for path in several)


def _none(because, **given):
    for name, value in given.items():
        if value is not None:
            raise ValueError(f"{name} has no meaning here: {because}")


def paths_of(rows):
    """The Parquet files that a path, or a list of them, stands for: those of a folder, sorted."""
    given = list(rows) if isinstance(rows, (list, tuple)) else [rows]
    paths = []
    for path in map(Path, given):
        found = sorted(path.glob("**/*.parquet")) if path.is_dir() else [path]
        if not found or not found[0].exists():
            raise FileNotFoundError(f"{path}: no file, and no folder with files *.parquet")
        paths += found
    return paths


def _check_columns(names, target, columns, path):
    missing = [name for name in [target, *(columns or [])] if name not in (names or [])]
    if missing:
        raise ValueError(f"{path} has no column {missing[0]!r}; it has {', '.join(names or [])}")


def _numbers(table, name, numeric=True):
    column = table.column(name)
    if column.null_count:
        raise ValueError(
            f"column {name!r} has missing values: fill them before the file is written"
        )
    found = column.to_numpy()
    if numeric and found.dtype.kind not in "fiub":
        raise ValueError(
            f"column {name!r} holds no numbers, but {column.type}: encode it before the file is "
            "written, or leave it out with columns=[...]"
        )
    return found


def _parquet():
    try:
        from pyarrow import parquet
    except ImportError:
        raise ImportError("reading Parquet needs pyarrow: pip install pyarrow") from None
    return parquet
