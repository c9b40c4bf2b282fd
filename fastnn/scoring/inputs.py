"""What a user hands to a Predictor, as a matrix: arrays, lists, tables of any library, sparse."""

import numpy as np

from fastnn._numbers import check_numbers
from fastnn._sparse import issparse

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def as_matrix(X, model):
    """X as an array, or a CSR matrix of floats, with the model's features.

    Raises
    ------
    ValueError
        If X has the wrong shape, column names or type.
    """
    _check_names(X, model.feature_names)
    check_numbers(X)
    X = _from_pandas(X)
    X = _two_dimensional(X if issparse(X) else np.asarray(X))
    if X.shape[1] != model.n_features_in:
        raise ValueError(
            f"X has {X.shape[1]} features, but Predictor is expecting {model.n_features_in}"
            " features as input"
        )
    if X.dtype.kind not in "fiubO":
        raise ValueError(f"X must hold real numbers, got an array of dtype {X.dtype}")
    return _csr(X) if issparse(X) else X


def as_floats(block):
    """Rows of an array as the kernel reads them.

    Raises
    ------
    ValueError
        If an object among them is no number.
    """
    if block.dtype.kind == "O":
        block = _numbers(block)
    dtype = np.float32 if block.dtype in (np.float16, np.float32) else np.float64
    with np.errstate(over="ignore"):  # too large becomes infinite, which the kernel refuses
        return np.require(block, dtype, ["C", "A"])


def _two_dimensional(X):
    if X.ndim == 1:
        X = X.reshape(1, -1)
    if X.ndim != 2:
        images = "; images are rows as X.reshape(len(X), -1)" if X.ndim > 2 else ""
        raise ValueError(
            f"X must be one row or a matrix of rows, got an array of shape {X.shape}{images}"
        )
    return X


def _csr(X):
    """A sparse matrix by rows, of floats: the work is that of its values, not of its shape."""
    X = X.tocsr()
    if X.dtype in _FLOATS:
        return X
    return type(X)((as_floats(X.data), X.indices, X.indptr), shape=X.shape)


def canonical(X):
    """A CSR matrix with each pair once, in the order of the columns: sums depend on the order."""
    X = X.copy()
    X.sum_duplicates()
    return X


def _numbers(array):
    """An array of objects in float64; a missing value is NaN, which the kernel refuses."""
    for value in array.flat:
        if type(value).__name__ in ("timedelta64", "datetime64"):  # float() takes some of them
            raise ValueError(f"X must hold real numbers, got a {type(value).__name__}: {value}")
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        if any(type(value).__name__ == "NAType" for value in array.flat):
            raise ValueError("Input X contains a missing value, NA") from None
        raise ValueError(f"X must hold real numbers: {error}") from None


def _from_pandas(X):
    """A pandas frame whose columns are all sparse as a sparse matrix; everything else as it is."""
    if getattr(X, "ndim", 1) == 2 and hasattr(X, "dtypes") and hasattr(X, "sparse"):
        return X.sparse.to_coo()
    return X


def _check_names(X, expected):
    if expected is None:
        return
    names = column_names(X)
    if names is None or names == list(expected):
        return
    missing = sorted(set(expected) - set(names))[:5]
    unknown = sorted(set(names) - set(expected))[:5]
    detail = f"missing: {missing}, unknown: {unknown}" if missing or unknown else "other order"
    raise ValueError(f"the columns of X are not those that the model was fitted on ({detail})")


def column_names(X):
    """The names of a table's columns, of pandas, polars, pyarrow and others; None if it has none.

    Columns that are only numbered have no names. Nothing is imported.

    Raises
    ------
    ValueError
        If some columns have names and others have not.
    """
    if isinstance(X, np.ndarray) or issparse(X):
        return None
    names = getattr(X, "column_names", None)  # pyarrow, whose `columns` hold the data
    if names is None or callable(names):
        names = getattr(X, "columns", None)
    if names is None and hasattr(X, "__dataframe__"):
        names = X.__dataframe__().column_names()
    if names is None or callable(names):
        return None
    names = list(names)
    named = [isinstance(name, str) for name in names]
    if any(named) and not all(named):
        raise ValueError("some names of the columns of X are strings and others are not")
    return [str(name) for name in names] if names and all(named) else None
