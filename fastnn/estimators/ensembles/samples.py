"""Which rows each member of an ensemble is trained on, and with what seed."""

import warnings

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.utils import check_random_state

__all__ = ["Draw", "bootstrap", "folds"]

_MOST = np.iinfo(np.int32).max


class Draw:
    """What was drawn for an ensemble: of every member a seed, and a seed of its sample.

    The first members of a larger ensemble are those of a smaller one.

    Parameters
    ----------
    random_state : int, RandomState instance or None
    n_members : int
    """

    def __init__(self, random_state, n_members):
        seeds = check_random_state(random_state).randint(_MOST, size=(n_members, 2))
        self.seeds, self.of_samples = seeds[:, 0].tolist(), seeds[:, 1].tolist()


def bootstrap(rows, seed):
    """Return as many of these row numbers, drawn with replacement."""
    return rows[np.random.RandomState(seed).randint(len(rows), size=len(rows))]


def folds(n_folds, n_rows, strata, seed):
    """Deal the rows out to folds at random, each class evenly if there are any.

    Parameters
    ----------
    n_folds : int
    n_rows : int
    strata : ndarray of shape (n_rows,) or None
        Class number of each row. Classes too small for that do not count.
    seed : int

    Returns
    -------
    ndarray of intp of shape (n_rows,)
        Number of the fold of each row.

    Raises
    ------
    ValueError
        For fewer than two folds, or fewer rows than folds.
    """
    if n_folds < 2:
        raise ValueError(
            "sample_by='fold' trains each member on all folds but one, which takes at least "
            f"n_estimators=2; got n_estimators={n_folds}."
        )
    if n_rows < n_folds:
        raise ValueError(
            f"sample_by='fold' with n_estimators={n_folds} deals the rows out to {n_folds} folds, "
            f"and X has n_samples={n_rows}: lower n_estimators to at most {n_rows}, or choose "
            "sample_by='seed'."
        )
    stratified = strata is not None and np.bincount(strata).max() >= n_folds
    splitter = (StratifiedKFold if stratified else KFold)(n_folds, shuffle=True, random_state=seed)
    found = np.empty(n_rows, np.intp)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        for fold, (_, rows) in enumerate(splitter.split(np.empty((n_rows, 0)), strata)):
            found[rows] = fold
    return found
