"""What a fit is to others: on the same data side by side, or on other rows in other processes."""

from collections.abc import Callable
from typing import Any, NamedTuple

from fastnn.training.extent import Extent

__all__ = ["ALONE", "Among", "OneRank"]


class OneRank:
    """The only process that trains a network; those of `fastnn.distributed` are like this one.

    ``exchange`` is that of ``make_trainer``. ``told``: the estimator knows its classes, and goes on
    from what it has learned, if it has learned anything.
    """

    exchange: Callable | None = None
    told = False

    def rows(self, rows):
        """The rows to train on, of those that the fit was given."""
        return rows

    def most(self, n_rows):
        """Rows of the process that has most."""
        return n_rows

    def extent(self, n_rows, batch_size, history):
        """The `Extent` of an epoch with so many rows here."""
        return Extent.of(n_rows, batch_size)

    def own(self, rng, seed):
        """What shuffles the rows, and the seed of dropout and noise: another one in each process,
        in the first as they are."""
        return rng, seed

    def tell(self, report):
        """Call what warns of the end of a fit, unless another process does."""
        report()

    def watch(self, resumable):
        """Take a function that returns the attributes of a fit that can be gone on with."""


class Among(NamedTuple):
    """A fit among others.

    ``sample`` has the numbers of the rows to fit, some maybe several times, or is None for all: the
    fit is that of X[sample], y[sample] and sample_weight[sample], to the bit, though stochastic
    solvers copy no X. What ``verbose`` prints begins with ``name``. ``n_threads``, if given, is in
    the place of the estimator's own. ``share(array)`` returns an equal one of another fit, if any.
    ``watched`` has the numbers of rows for early stopping to watch; the classes are then those of
    all rows of the data, whether the sample has them or not. ``observer`` is told of epochs, as by
    `FitCallbacks`, where the estimator has no callbacks of its own. ``ranks`` are the processes
    that train the same network with rows of theirs.
    """

    sample: Any = None
    name: str = ""
    n_threads: int | None = None
    share: Callable = lambda array: array
    watched: Any = None
    observer: Any = None
    ranks: OneRank = OneRank()


#: A fit of its own.
ALONE = Among()
