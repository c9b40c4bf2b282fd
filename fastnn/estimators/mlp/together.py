"""Fits of several estimators side by side, each with the bits of its fit alone."""

from itertools import repeat

import numpy as np

from fastnn.estimators.mlp.among import Among
from fastnn.estimators.mlp.base import unchanged_on_failure
from fastnn.estimators.shared.callbacks import callback_management_context
from fastnn.exceptions import DivergenceError
from fastnn.training.stretches import run_side_by_side

__all__ = ["fit_together"]


def fit_together(
    estimators,
    X,
    y,
    sample_weight=None,
    held_out=(None, None, None),
    *,
    n_threads,
    samples=None,
    watched=None,
    observers=None,
    one_epoch=False,
):
    """Fit estimators on the same data, which is in memory once.

    Every one is what ``fit(X[sample], y[sample], sample_weight[sample])`` makes of it, to the bit;
    their own ``n_jobs`` do not matter. Those with solver='lbfgs' are fitted one after the other.

    Parameters
    ----------
    estimators : list of BaseMLP
        Their parameters, ``random_state`` among them, have been validated.
    X : {ndarray, sparse matrix} of shape (n_samples, n_features), or a list of them
        Validated; a list has one for each estimator.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Validated.
    sample_weight : ndarray of shape (n_samples,), optional
        Validated.
    held_out : (X_val, y_val, sample_weight_val)
        For all of them.
    n_threads : int
    samples : list of ndarray of intp, or None
        Numbers of the rows that each is fitted on; None is all, for all.
    watched : list of ndarray of intp, or None
        Numbers of the rows whose score each stops by, in the place of ``held_out``; all classes
        of y are then classes of each.
    observers : list, or None
        What is told of the epochs of each, and may end it: see `Among`.
    one_epoch : bool
        As ``partial_fit``.

    Returns
    -------
    list of (estimator or DivergenceError)
        An estimator that diverged is as it was before.
    """
    share = _sharer()
    samples = repeat(None, len(estimators)) if samples is None else samples
    watched = repeat(None, len(estimators)) if watched is None else watched
    observers = repeat(None, len(estimators)) if observers is None else observers
    each = X if isinstance(X, list) else repeat(X)
    trainings = [
        _stretches(
            estimator,
            (rows, y, sample_weight, held_out),
            one_epoch=one_epoch,
            among=Among(sample, f"Member {number}: ", n_threads, share, apart, observer),
        )
        for number, (estimator, rows, sample, apart, observer) in enumerate(
            zip(estimators, each, samples, watched, observers, strict=False)  # repeat has no end
        )
    ]
    return run_side_by_side(trainings, n_threads, (DivergenceError,))


def _stretches(estimator, data, **options):
    with callback_management_context(estimator), unchanged_on_failure(estimator):
        return (yield from estimator._stretches(*data, **options))


def _sharer():
    """Return a function that returns, of arrays that are equal, the first: the targets and weights
    of all members are the same unless their samples differ."""
    seen = []

    def share(array):
        if array is None:
            return None
        for other in seen:
            if other.dtype == array.dtype and np.array_equal(other, array):
                return other
        seen.append(array)
        return array

    return share
