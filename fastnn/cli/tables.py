"""Tables in files, read piece by piece: CSV as text, Parquet as it is."""

import csv
import io
import os
import sys
from contextlib import contextmanager
from itertools import islice

from fastnn.cli.errors import CommandError

__all__ = ["MISSING", "open_table"]

#: Text that stands for a missing value.
MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"})

_PIECE = 8192  # rows


class Pieces:
    """A table's columns, and its rows in pieces.

    Attributes
    ----------
    names : list of str
    text : bool
        Whether all values are text, as in CSV.
    """

    def __init__(self, names, text, pieces, share):
        self.names, self.text, self._pieces, self._share = names, text, pieces, share

    def __iter__(self):
        """Lists of columns, each a list or an array, of some thousand rows."""
        return iter(self._pieces)

    def share(self):
        """How much of the file has been read; None if nobody knows its size."""
        return self._share()


@contextmanager
def open_table(path, header=True):
    """Open a .csv or .parquet file, or "-" for CSV on stdin.

    Raises
    ------
    CommandError
        If it is no table: rows of several lengths, columns that are called alike.
    OSError
    """
    if path == "-":
        yield _csv(sys.stdin.buffer, header, "stdin")
        return
    if str(path).endswith(".parquet"):
        yield _parquet(path)
        return
    with open(path, "rb") as file:
        yield _csv(file, header, path)


def _csv(file, header, where):
    size = os.fstat(file.fileno()).st_size if file.seekable() else 0
    text = io.TextIOWrapper(_Undetached(file), "utf-8-sig", newline="")
    rows = csv.reader(text, skipinitialspace=True)
    try:
        first = next(rows, None)
    except (csv.Error, UnicodeDecodeError) as error:
        raise CommandError(f"{where} is no CSV file in UTF-8: {error}") from None
    if not first:
        raise CommandError(f"{where} is empty: a CSV file with a line of column names is needed")
    names = [name.strip() for name in first] if header else [str(i) for i in range(len(first))]
    _check_names(names, where)
    return Pieces(
        names,
        True,
        _csv_pieces(rows, [] if header else [first], len(names), where),
        lambda: file.tell() / size if size else None,
    )


class _Undetached(io.BufferedReader):
    """A reader of one's own over a file, which the wrapper of text may close."""

    def __init__(self, file):
        super().__init__(file if isinstance(file, io.RawIOBase) else file.raw, 1 << 16)


def _csv_pieces(rows, first, width, where):
    number = 0
    while True:
        try:
            piece = [row for row in islice(rows, _PIECE) if row]
        except (csv.Error, UnicodeDecodeError) as error:
            line = rows.line_num
            raise CommandError(f"{where}, line {line}: no CSV in UTF-8: {error}") from None
        piece, first = first + piece, []
        if not piece:
            return
        for row in piece:
            number += 1
            if len(row) != width:
                raise CommandError(
                    f"{where}, row {number}: {len(row)} cells where the header has {width} columns"
                )
        yield [[cell.strip() for cell in column] for column in zip(*piece, strict=True)]


def _parquet(path):
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise CommandError("reading Parquet needs pyarrow: pip install pyarrow") from None
    import pyarrow as pa

    try:
        file = parquet.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise CommandError(f"{path} is no Parquet file: {error}") from None
    names = list(file.schema_arrow.names)
    _check_names(names, path)
    total, done = max(file.metadata.num_rows, 1), [0]

    def pieces():
        for batch in file.iter_batches(_PIECE):
            done[0] += batch.num_rows
            yield [column.to_pylist() for column in batch.columns]

    return Pieces(names, False, pieces(), lambda: done[0] / total)


def _check_names(names, where):
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CommandError(f"{where} has two columns called {twice[0]!r}: rename one of them")
