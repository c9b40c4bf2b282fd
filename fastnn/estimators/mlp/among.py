"""What a fit is to others that are trained side by side with it, on the same data."""

from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["ALONE", "Among"]


class Among(NamedTuple):
    """A fit among others on the same data.

    ``sample`` has the numbers of the rows to fit, some maybe several times, or is None for all: the
    fit is that of X[sample], y[sample] and sample_weight[sample], to the bit, though stochastic
    solvers copy no X. What ``verbose`` prints begins with ``name``. ``n_threads``, if given, is in
    the place of the estimator's own. ``share(array)`` returns an equal one of another fit, if any.
    ``watched`` has the numbers of rows for early stopping to watch; the classes are then those of
    all rows of the data, whether the sample has them or not. ``observer`` is told of epochs, as by
    `FitCallbacks`, where the estimator has no callbacks of its own.
    """

    sample: Any = None
    name: str = ""
    n_threads: int | None = None
    share: Callable = lambda array: array
    watched: Any = None
    observer: Any = None


#: A fit of its own.
ALONE = Among()
