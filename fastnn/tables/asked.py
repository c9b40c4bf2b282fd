"""Which columns the user wants taken as categories."""

from numbers import Integral

import numpy as np

__all__ = ["categories_asked_for"]


def categories_asked_for(asked, columns):
    """Whether each column is a category because the user says so: a list of bool.

    Parameters
    ----------
    asked : "from_dtype", None, or array-like of bool, int or str
        As HistGradientBoosting's ``categorical_features``.
    columns : list

    Raises
    ------
    ValueError
        Naming what is not there.
    """
    n = len(columns)
    if asked is None or (isinstance(asked, str) and asked == "from_dtype"):
        return [False] * n
    given = np.asarray(asked)
    if given.ndim != 1:
        given = given.reshape(-1)
    if given.dtype.kind == "b":
        if len(given) != n:
            raise ValueError(
                f"categorical_features is a mask of {len(given)} entries, and X has {n} columns."
            )
        return given.tolist()
    found, names = [False] * n, [column.name for column in columns]
    for item in given.tolist():
        if isinstance(item, str):
            if item not in names:
                raise ValueError(
                    f"categorical_features names {item!r}, which is no column of X: {names}."
                )
            found[names.index(item)] = True
        elif isinstance(item, Integral):
            if not -n <= item < n:
                raise ValueError(
                    f"categorical_features has the index {item}, and X has {n} columns."
                )
            found[item] = True
        else:
            raise ValueError(
                "categorical_features must be 'from_dtype', None, a mask, or a list of indices or "
                f"names; it holds {item!r}."
            )
    return found
