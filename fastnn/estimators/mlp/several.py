"""`fit_together`: networks whose parameters differ, fitted side by side to the same data."""

import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import _check_sample_weight

from fastnn._types import MatrixLike
from fastnn.estimators.mlp import together
from fastnn.estimators.mlp.base import BaseMLP, unchanged_on_failure
from fastnn.estimators.shared import data
from fastnn.exceptions import DivergenceError
from fastnn.threads import effective_n_threads

__all__ = ["fit_together"]


def fit_together(
    estimators: Sequence[Any],
    X: MatrixLike,
    y: Any,
    sample_weight: ArrayLike | None = None,
    *,
    samples: Sequence[ArrayLike] | None = None,
    X_val: MatrixLike | None = None,
    y_val: Any = None,
    sample_weight_val: ArrayLike | None = None,
    n_jobs: int | None = None,
) -> list:
    """Fit perceptrons whose parameters differ side by side, each whole on one thread.

    Learning rate, penalty, dropout, layers, solver: members may differ in all. Each becomes, to the
    bit, what its ``fit(X[rows], y[rows], sample_weight[rows])`` makes of it, ``rows`` being its
    sample; X is in memory once. If this fails or is interrupted, all are as they were before.

    Parameters
    ----------
    estimators : sequence of MLPClassifier or MLPRegressor
        Fitted in place. Without an int as ``random_state`` none repeats. Their own ``n_jobs`` do
        not matter. Those with solver='lbfgs' are fitted one after the other.
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
    sample_weight : array-like of shape (n_samples,), default=None
    samples : sequence of array-like of int, default=None
        Of each estimator the numbers of the rows to fit, as those of a split of cross-validation,
        maybe some several times; None is all rows, for all.
    X_val, y_val, sample_weight_val : default=None
        Rows for the early stopping of all of them to watch, in place of a part of X.
    n_jobs : int, default=None
        Threads, as in the estimators: None is all.

    Returns
    -------
    list of estimator or None
        The estimators, and None in the place of those that diverged, which a ConvergenceWarning
        names and which are as they were before.

    Raises
    ------
    ValueError
        If a parameter or the data are not valid.
    DivergenceError
        A ValueError: if all of them diverged.

    Examples
    --------
    >>> from fastnn import MLPClassifier, fit_together
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> rates = [0.001, 0.01, 0.1]
    >>> nets = [MLPClassifier(learning_rate_init=r, random_state=0) for r in rates]
    >>> [net.score(X, y) > 0.9 for net in fit_together(nets, X, y)]
    [True, True, True]
    """
    estimators = _checked(estimators)
    with ExitStack() as all_or_none:
        for estimator in estimators:
            all_or_none.enter_context(unchanged_on_failure(estimator))
        numeric = any(estimator._y_numeric for estimator in estimators)
        names = clone(estimators[0])  # learns those of the columns
        X, y = data.training_data(names, X, y, reset=True, y_numeric=numeric)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        outcomes = together.fit_together(
            estimators,
            X,
            y,
            weight,
            (data.without_names(names, X_val), y_val, sample_weight_val),
            n_threads=effective_n_threads(n_jobs),
            samples=_rows(samples, len(estimators), X.shape[0]),
        )
        failures = {i: o for i, o in enumerate(outcomes) if isinstance(o, DivergenceError)}
        if failures:
            _report(failures, len(estimators))
        for number, estimator in enumerate(estimators):
            if number not in failures and hasattr(names, "feature_names_in_"):
                estimator.feature_names_in_ = names.feature_names_in_
        return [None if i in failures else estimator for i, estimator in enumerate(estimators)]


def _checked(estimators):
    estimators = list(estimators)
    if not estimators:
        raise ValueError("estimators must have at least one, got none")
    for number, estimator in enumerate(estimators):
        if not isinstance(estimator, BaseMLP) or estimator._targets_are_rows:
            raise ValueError(
                f"estimators[{number}] must be an MLPClassifier or MLPRegressor of fastnn, got "
                f"{estimator!r}: others are fitted one by one."
            )
        estimator._validate_params()
    if len(set(map(id, estimators))) < len(estimators):
        raise ValueError(
            "estimators must be different objects, and one is there twice: pass copies, as "
            "sklearn.base.clone makes them."
        )
    return estimators


def _rows(samples, n, n_rows):
    """The row numbers of each estimator as arrays of intp, or None."""
    if samples is None:
        return None
    samples = [np.asarray(rows) for rows in samples]
    if len(samples) != n:
        raise ValueError(
            f"samples must have one entry for each of {n} estimators, got {len(samples)}"
        )
    for number, rows in enumerate(samples):
        if rows.ndim != 1 or rows.dtype.kind not in "iu" or not len(rows):
            raise ValueError(
                f"samples[{number}] must be row numbers, got an array of {rows.dtype} of shape "
                f"{rows.shape}: of a mask, take numpy.flatnonzero."
            )
        if rows.min() < 0 or rows.max() >= n_rows:
            raise ValueError(f"samples[{number}] has numbers beyond the {n_rows} rows of X")
    return [rows.astype(np.intp) for rows in samples]


def _report(failures, n):
    first = next(iter(failures.values()))
    if len(failures) == n:
        raise DivergenceError(f"All {n} estimators diverged. {first}", epoch=first.epoch)
    warnings.warn(
        f"estimators {', '.join(map(str, failures))} of {n} diverged. {first}",
        ConvergenceWarning,
        stacklevel=3,
    )
