"""Stream: rows in blocks that fit in memory, in another order in each epoch."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fastnn.data._sources import Source, source_of

__all__ = ["Stream", "stream"]

#: Pieces that a block is mixed from, where the source can be cut anywhere.
_PIECES = 16


def stream(
    rows: Any,
    y: ArrayLike | None = None,
    *,
    target: str | None = None,
    columns: Sequence[str] | None = None,
    block_rows: int = 65_536,
    transform: Callable[[np.ndarray], np.ndarray] | None = None,
    dtype: str | None = None,
    random_state: int = 0,
) -> "Stream":
    """Rows that need not fit in memory, for `fastnn.data.fit`.

    Parameters
    ----------
    rows : array of shape (n, n_features), path, list of paths or callable
        An array, for instance a ``numpy.memmap``, with its targets in ``y``; Parquet files, or
        folders of such, whose columns are numbers; or a function that begins anew with each call
        and gives batches ``(X, y)``.
    y : array-like of shape (n,) or (n, n_outputs), optional
        Targets of an array.
    target : str, optional
        Column of Parquet files to predict.
    columns : list of str, optional
        Columns of Parquet files to predict from; all but the target if not given.
    block_rows : int, default=65536
        Rows that are in memory at a time, twice over: a block is trained on while the next is read.
    transform : callable, optional
        What is done to the rows of a block, ``scaler.transform`` for instance.
    dtype : {"float32", "float64"}, optional
        Of the rows; as they come if not given.
    random_state : int, default=0
        Seed of the order.

    Returns
    -------
    Stream

    Raises
    ------
    TypeError, ValueError, FileNotFoundError
        If there are no such rows, or what belongs to them is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from fastnn import MLPClassifier
    >>> from fastnn.data import fit, stream
    >>> X = np.random.RandomState(0).normal(size=(10_000, 5))  # or np.memmap(...), or a path
    >>> y = X[:, 0] > X[:, 1]
    >>> rows = stream(X, y, block_rows=2_000)
    >>> model = fit(MLPClassifier((16,), batch_size=50, random_state=0), rows, epochs=3)
    >>> bool(model.score(X, y) > 0.9)
    True
    """
    if isinstance(block_rows, bool) or not isinstance(block_rows, (int, np.integer)):
        raise TypeError(f"block_rows must be an int, got {block_rows!r}")
    if block_rows < 1:
        raise ValueError(f"block_rows must be at least 1, got {block_rows}")
    if dtype not in (None, "float32", "float64"):
        raise ValueError(f"dtype must be 'float32', 'float64' or None, got {dtype!r}")
    source = source_of(rows, y, target, columns, max(1, int(block_rows) // _PIECES))
    return Stream(source, int(block_rows), transform, dtype, random_state)


class Stream:
    """Blocks of rows; made by `stream`.

    Pieces of arrays and of Parquet files (their row groups) come in an order that is drawn anew for
    each epoch, so that a block has rows from many places; a function's batches come as they come.
    The rows of a block are shuffled by the estimator that trains on it.
    """

    __module__ = "fastnn.data"

    def __init__(
        self,
        source: Any,
        block_rows: int,
        transform: Callable[[np.ndarray], np.ndarray] | None,
        dtype: str | None,
        random_state: int,
    ) -> None:
        self._source, self._block_rows = source, block_rows
        self._transform, self._dtype, self._seed = transform, dtype, random_state

    def blocks(self, epoch: int = 0, skip_rows: int = 0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The blocks of an epoch, the next one read while the caller is busy with this one.

        Parameters
        ----------
        epoch : int, default=0
            Its number, from which the order follows.
        skip_rows : int, default=0
            Leave out the first blocks, which have so many rows.

        Yields
        ------
        X, y : ndarray
        """
        reads = iter(self._reads(epoch, skip_rows))
        with ThreadPoolExecutor(1, "fastnn-reads") as reader:
            following = reader.submit(next, reads, None)
            while (read := following.result()) is not None:
                following = reader.submit(next, reads, None)
                yield read

    @cached_property
    def n_rows(self) -> int:
        """Rows of an epoch; a function's batches are gone through to count them."""
        sizes = self._source.sizes
        return sum(sizes) if sizes is not None else sum(map(len, self._source.targets()))

    def targets(self) -> Iterator[np.ndarray]:
        """All targets, some at a time."""
        return self._source.targets()

    def _reads(self, epoch, skip_rows):
        parts = self._pieces if isinstance(self._source, Source) else self._batches
        left = skip_rows
        for n, read in parts(epoch):
            if left:
                if n > left:
                    raise ValueError(
                        f"no block ends after {skip_rows} rows: they were trained on with other "
                        "rows or another block_rows"
                    )
                left -= n
                continue
            X, y = read()
            X = X if self._transform is None else np.asarray(self._transform(X))
            yield X if self._dtype is None else X.astype(self._dtype, copy=False), y

    def _pieces(self, epoch):
        """(rows, function that reads them) of every block of pieces."""
        sizes = self._source.sizes
        order = np.random.default_rng([self._seed, epoch]).permutation(len(sizes))
        chosen, n = [], 0
        for piece in order:
            if n and n + sizes[piece] > self._block_rows:
                yield n, lambda pieces=chosen: self._source.read(pieces)
                chosen, n = [], 0
            chosen.append(int(piece))
            n += sizes[piece]
        if n:
            yield n, lambda: self._source.read(chosen)

    def _batches(self, epoch):
        """The same of a function's batches, put together until a block is full."""
        held, n = [], 0
        for batch in self._source.batches():
            if n and n + len(batch[0]) > self._block_rows:
                yield n, lambda batches=held: _joined(batches)
                held, n = [], 0
            held.append(batch)
            n += len(batch[0])
        if n:
            yield n, lambda: _joined(held)


def _joined(batches):
    return tuple(np.concatenate(parts) for parts in zip(*batches, strict=True))
