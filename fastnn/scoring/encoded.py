"""Scoring of models with a front: rows are encoded, block by block, and their pairs scored."""

import numpy as np

from fastnn._kernels.scoring.encode import Encoder
from fastnn.scoring.columns import Columns
from fastnn.scoring.rows import check_out

# Rows that are encoded at a time: their pairs stay in the caches.
_BLOCK = 1024


class Encoded:
    """A scorer with a front before it; calls as those of a Scorer, on anything that holds rows.

    Parameters
    ----------
    scorer : Scorer, Decisions or Thresholded
    front : Front
    dtype : {"float32", "float64"}
        Of the scorer.
    """

    def __init__(self, scorer, front, dtype):
        self._encoder, self._columns = Encoder(front, dtype), Columns(front)
        self.raw, self.codes = self._before(scorer.raw), self._before(scorer.codes)
        has = scorer.proba is not None
        self.proba = self._before(scorer.proba) if has else None
        self.log_proba = self._before(scorer.log_proba) if has else None

    def _before(self, kernel):
        read, encode = self._columns.row, self._encoder.row

        def score(X, out=None, n_threads=0):
            values = read(X)
            if values is None:
                return self._table(kernel, X, out, n_threads)
            rows = encode(values)
            result = kernel(rows, out, n_threads)
            if result is NotImplemented:
                return self._checked(kernel, rows, out, n_threads)
            return result

        return score

    def _table(self, kernel, X, out, n_threads):
        columns, n = self._columns.table(X)
        if n <= _BLOCK:
            return self._checked(kernel, self._encoder.rows(columns, 0, n), out, n_threads)
        for begin in range(0, n, _BLOCK):
            size = min(_BLOCK, n - begin)
            found = self._checked(kernel, self._encoder.rows(columns, begin, size), None, n_threads)
            if begin == 0:
                shape = (n, *found.shape[1:])
                if out is None:
                    out = np.empty(shape, found.dtype)
                else:
                    check_out(out, shape, found.dtype)
            out[begin : begin + size] = found
        return out

    def _checked(self, kernel, rows, out, n_threads):
        """Score rows that are encoded; an error for an out that does not fit."""
        result = kernel(rows, out, n_threads)
        if result is not NotImplemented:
            return result
        found = kernel(rows, None, n_threads)
        check_out(out, found.shape, found.dtype)
        out[...] = found  # a subclass, such as a memory-mapped array
        return out
