"""What a fitted map shows: a number, or a class, for each unit."""

import numpy as np

from fastnn.estimators.som.fitting import grid_of

__all__ = ["hits", "majority", "u_matrix"]


def u_matrix(som):
    """Mean distance of each unit to its neighbours on the grid, by the map's metric (A. Ultsch and
    H. P. Siemon, "Kohonen's self organizing feature maps for exploratory data analysis", INNC
    1990).

    Returns
    -------
    ndarray of shape (n_units,)
    """
    one, other = grid_of(som).neighbors()
    units = som.codebook_.astype(np.float64)
    apart = np.linalg.norm(units[one] - units[other], axis=1)
    if som.metric == "cosine":
        apart = apart**2 / 2
    n = len(units)
    total = np.bincount(one, apart, n) + np.bincount(other, apart, n)
    return total / (np.bincount(one, minlength=n) + np.bincount(other, minlength=n))


def hits(som, X):
    """How many rows each unit wins, (n_units,)."""
    return np.bincount(som.predict(X), minlength=len(som.codebook_))


def majority(som, X, y):
    """The class that most of a unit's rows have, the first of equally many.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
    winners : ndarray of shape (n_units,)
        Numbers of classes; -1 where there is no row.
    shares : ndarray of shape (n_units,)
        Of that class among the unit's rows.

    Raises
    ------
    ValueError
        If y has another length than X.
    """
    unit = som.predict(X)
    y = np.asarray(y)
    if y.shape != unit.shape:
        raise ValueError(f"y must hold a label for each of the {len(unit)} rows of X.")
    classes, numbers = np.unique(y, return_inverse=True)
    counts = np.zeros((len(som.codebook_), len(classes)))
    np.add.at(counts, (unit, numbers), 1)
    total = counts.sum(axis=1)
    winners = np.where(total > 0, counts.argmax(axis=1), -1)
    return classes, winners, counts.max(axis=1) / np.maximum(total, 1)
