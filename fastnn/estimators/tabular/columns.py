"""A user's table as columns that know their name and kind."""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from fastnn.tables.arrays import ArrayColumn
from fastnn.tables.frames import columns_of_frame, library_of

__all__ = ["read_table"]


def read_table(estimator, X, *, reset, n_least=1):
    """The columns of X; the estimator learns their number and names, or checks them.

    Parameters
    ----------
    estimator : TabularClassifier or TabularRegressor
    X : data frame of pandas, polars or pyarrow, or array-like of shape (n_samples, n_features)
    reset : bool
        True in ``fit``.
    n_least : int
        Fewest rows that will do.

    Returns
    -------
    list of columns of ``fastnn.tables``

    Raises
    ------
    TypeError, ValueError
        With scikit-learn's words.
    """
    if issparse(X):
        raise TypeError(
            "Sparse data was passed for X, but a table has a kind for each column: pass "
            "X.toarray(), or take fastnn.MLPClassifier or MLPRegressor, which read sparse rows."
        )
    library = library_of(X)
    if library == "array":
        values = _as_array(estimator, X, n_least)
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        return [ArrayColumn(f"x{i}", values[:, i]) for i in range(values.shape[1])]
    names = [str(name) for name in (X.column_names if library == "pyarrow" else X.columns)]
    _check_size(estimator, X.shape, n_least)
    if library == "pyarrow":
        _check_names_of_arrow(estimator, names, reset)
    else:
        validate_data(estimator, X, reset=reset, skip_check_array=True)
    return columns_of_frame(X)


def _as_array(estimator, X, n_least):
    if isinstance(X, list | tuple) and any(
        isinstance(v, str) for row in X[:100] if isinstance(row, list | tuple) for v in row
    ):
        X = np.array([list(row) for row in X], dtype=object)
    dtype = getattr(X, "dtype", None)
    if getattr(dtype, "kind", "") in "Mm" and getattr(X, "ndim", 0) == 2:
        _check_size(estimator, X.shape, n_least)
        return np.asarray(X)
    return check_array(
        X,
        dtype=None,
        ensure_all_finite=False,
        ensure_min_samples=n_least,
        estimator=estimator,
        input_name="X",
    )


def _check_size(estimator, shape, n_least):
    """scikit-learn's words for what has no rows or columns."""
    context = f" while a minimum of {{}} is required by {type(estimator).__name__}."
    if shape[0] < n_least:
        raise ValueError(
            f"Found array with {shape[0]} sample(s) (shape={shape})" + context.format(n_least)
        )
    if shape[1] < 1:
        raise ValueError(f"Found array with 0 feature(s) (shape={shape})" + context.format(1))


def _check_names_of_arrow(estimator, names, reset):
    if reset:
        estimator.n_features_in_ = len(names)
        estimator.feature_names_in_ = np.array(names, dtype=object)
        return
    known = getattr(estimator, "feature_names_in_", None)
    if len(names) != estimator.n_features_in_:
        raise ValueError(
            f"X has {len(names)} features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input."
        )
    if known is not None and list(known) != names:
        raise ValueError(
            "The feature names should match those that were passed during fit, in their order: "
            f"got {names}, fitted on {list(known)}."
        )
