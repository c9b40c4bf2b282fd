"""Training from several first weights, and the choice among what comes out."""

import copy
from collections.abc import Callable
from typing import NamedTuple

from fastnn.exceptions import DivergenceError

__all__ = ["Outcome", "best_outcome", "seeds_after_first"]


class Outcome(NamedTuple):
    """How one training ended.

    ``badness`` is what the best of several has least of, ``report`` is called for the one that is
    kept and warns of what there is to warn of, ``attributes`` are those of the fitted estimator.
    """

    attributes: dict
    badness: float
    report: Callable
    stopped: bool = False


def seeds_after_first(n_starts, rng):
    """Return the seeds of the starts after the first, which draws from ``rng`` itself.

    They are those of any larger number of starts, and do not depend on what the first one draws.
    """
    return copy.deepcopy(rng).randint(2**31, size=n_starts - 1) if n_starts > 1 else []


def best_outcome(train, n_starts, verbose):
    """Yield the stretches of ``train(0)``, ..., ``train(n_starts - 1)``; return the best Outcome.

    One that diverges does not count, and none is begun after one that was stopped.

    Raises
    ------
    DivergenceError
        If all diverge.
    """
    best = failure = None
    for start in range(n_starts):
        if verbose and n_starts > 1:
            print(f"Start {start + 1} of {n_starts}")
        try:
            outcome = yield from train(start)
        except DivergenceError as error:
            failure = error
            continue
        if best is None or outcome.badness < best.badness:
            best = outcome
        if outcome.stopped:
            break
    if best is None:
        raise failure
    return best
