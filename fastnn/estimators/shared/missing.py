"""Where data is not finite, beside scikit-learn's words that it is not."""

import re
from contextlib import contextmanager

import numpy as np
from scipy.sparse import issparse

__all__ = ["located"]

_NOT_FINITE = re.compile(r"Input(?: (\w+))? contains (NaN|infinity|a value too large)")


@contextmanager
def located(suffix="", **inputs):
    """Let errors of the block about values that are not finite say where the first one is.

    Parameters
    ----------
    suffix : str
        Of the user's names of the inputs, such as "_val".
    **inputs : array-like
        By the names that scikit-learn's messages have for them.
    """
    try:
        yield
    except ValueError as error:
        found = _NOT_FINITE.match(str(error))
        if not found:
            raise
        name = found[1] or next(iter(inputs))  # a message without a name is of the only one
        place = name in inputs and _place(inputs[name])
        if not place:
            raise
        raise type(error)(f"{error}\n{name}{suffix}: {place}") from None


def _place(values):
    """The row and column of the first value that is not finite, and how many rows have one."""
    names = getattr(values, "columns", None)
    try:
        bad, shape = _not_finite(values)
    except (TypeError, ValueError):
        return ""
    if not len(bad):
        return ""
    rows = np.unique(bad[:, 0])
    place = f"the first is in row {rows[0]}"
    if bad.shape[1] == 2:
        column = bad[bad[:, 0] == rows[0], 1].min()
        name = repr(list(names)[column]) if names is not None and not callable(names) else column
        place += f", column {name}"
    return f"{place} (counted from 0); {len(rows)} of {shape[0]} rows have one."


def _not_finite(values):
    """Indices of the values that are not finite, one row each, and the shape."""
    if issparse(values):
        entries = values.tocoo()
        bad = ~np.isfinite(entries.data)
        return np.stack([entries.row[bad], entries.col[bad]], axis=1), values.shape
    if hasattr(values, "isna") and hasattr(values, "to_numpy"):  # pandas, whose NA is no number
        bad = ~np.isfinite(values.to_numpy(np.float64, na_value=np.nan))
    else:
        array = np.asarray(values)
        bad = ~np.isfinite(array if array.dtype.kind == "f" else array.astype(np.float64))
    return np.argwhere(bad), bad.shape
