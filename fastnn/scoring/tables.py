"""Scoring of models with a Table before them: raw rows are encoded, block by block."""

import numpy as np

from fastnn.scoring.inputs import column_names
from fastnn.tables.arrays import ArrayColumn
from fastnn.tables.frames import columns_of_frame
from fastnn.tables.rows import RowEncoder

# Rows that are encoded at a time.
_BLOCK = 4096

#: Rows of a frame up to which they are encoded one by one: a column takes longer than some values.
_FEW = 8

#: What makes a list one of rows, and not a row.
_ROWS = (list, tuple, dict, np.ndarray)


class TableScorer:
    """A scorer with a Table before it; calls as those of a Scorer, on anything that holds rows.

    Parameters
    ----------
    scorer : Scorer
    table : Table
    """

    def __init__(self, scorer, table):
        self._table, self._row = table, RowEncoder(table.encoder)
        self._names = None if table.names is None else list(table.names)
        self.codes = self._before(scorer.codes)
        self.proba = self._before(scorer.proba, values=table.scale is not None)
        self.log_proba = self._before(scorer.log_proba)
        self.raw = self._before(scorer.raw, values=table.scale is not None)

    def _before(self, kernel, values=False):
        if kernel is None:
            return None
        read, encode = self._one, self._row
        scale = self._table.scale

        def score(X, out=None, n_threads=0):
            row = read(X)
            if row is not None:
                found = kernel(encode(row), None, n_threads)
            else:
                found = np.concatenate([kernel(rows, None, n_threads) for rows in self._blocks(X)])
            if values:
                found = scale.values(found)
            if out is None:
                return found
            if getattr(out, "shape", None) != found.shape:
                raise ValueError(f"out must be an array of shape {found.shape}")
            out[...] = found
            return out

        return score

    def _one(self, X):
        """The values of one row, a dict or a sequence; None for anything else."""
        kind = type(X)
        if kind is dict:
            try:
                return [X[name] for name in self._names]
            except (KeyError, TypeError):
                raise self._missing(X) from None
        if kind is np.ndarray and X.ndim == 1:
            X = X.tolist()
        elif (kind is not list and kind is not tuple) or not X or isinstance(X[0], _ROWS):
            return None
        if len(X) != self._table.n_columns:
            raise ValueError(
                f"a row has {len(X)} columns, but Predictor is expecting {self._table.n_columns}"
            )
        return X

    def _blocks(self, X):
        columns = self._columns(X)
        if 0 < len(columns[0]) <= _FEW:
            values = [column.objects() for column in columns]
            if all(v is not None for v in values):
                yield np.concatenate([self._row(row) for row in zip(*values, strict=True)])
                return
        for begin in range(0, max(len(columns[0]), 1), _BLOCK):
            rows = np.arange(begin, min(begin + _BLOCK, len(columns[0])))
            block = [column.take(rows) for column in columns]
            yield self._table.encoder.encode(block)

    def _columns(self, X):
        if isinstance(X, list | tuple):
            X = self._of_rows(X)
        elif (names := column_names(X)) is not None:
            wanted = names if self._names is None else self._names
            if not set(wanted) <= set(names):
                raise self._missing(dict.fromkeys(names))
            columns = columns_of_frame(X)
            found = [columns[names.index(name)] for name in wanted]
            self._check_width(len(found))
            return found
        X = np.asarray(X)
        if X.ndim != 2:
            raise ValueError(f"X must be one row or a table of rows, got shape {X.shape}")
        self._check_width(X.shape[1])
        names = self._names or [f"x{i}" for i in range(X.shape[1])]
        return [ArrayColumn(name, X[:, i]) for i, name in enumerate(names)]

    def _of_rows(self, rows):
        if all(type(row) is dict for row in rows):
            rows = [self._one(row) for row in rows]
        found = np.empty((len(rows), self._table.n_columns), object)
        for i, row in enumerate(rows):
            self._check_width(len(row))
            found[i] = list(row)
        return found

    def _check_width(self, found):
        if found != self._table.n_columns:
            raise ValueError(
                f"X has {found} columns, but Predictor is expecting {self._table.n_columns}"
            )

    def _missing(self, row):
        if self._names is None:
            return ValueError(
                "this model was fitted on columns without names: pass rows as lists, in their order"
            )
        missing = [name for name in self._names if name not in row]
        return ValueError(f"the row lacks {', '.join(map(repr, missing[:5]))}")
