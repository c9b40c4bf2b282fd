"""Data on its way from the user to the engine: validated, and in the layout that kernels read."""

import numpy as np
from scipy.sparse import issparse
from sklearn.exceptions import DataConversionWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_array
from sklearn.utils.validation import _check_sample_weight, validate_data

from fastnn._numbers import check_numbers
from fastnn._warnings import warn
from fastnn.estimators.shared.missing import located

__all__ = [
    "at_rows",
    "goes_straight_to_the_kernel",
    "sampled",
    "scoring_data",
    "split_off_validation_rows",
    "training_data",
    "training_weights",
    "without_column",
    "without_names",
]

# What scikit-learn would cast; complex numbers it refuses.
_KINDS = "MmV"

# Weights whose greatest is 2 ** -40 to 2 ** 40 leave float32 enough digits on either side.
_WEIGHTS = 40

_FLOATS = (np.dtype(np.float64), np.dtype(np.float32))


def goes_straight_to_the_kernel(X, n_features):
    """Tell whether X needs no conversion: C-contiguous, float, of this width, not empty.

    A false answer says nothing about X, only that ``scoring_data`` has to look at it.
    """
    return (
        type(X) is np.ndarray
        and X.ndim == 2
        and X.dtype in _FLOATS
        and X.flags.c_contiguous
        and X.shape[1] == n_features
        and X.shape[0] > 0
    )


def scoring_data(estimator, X):
    """Validate X for a fitted estimator, with scikit-learn's errors."""
    check_numbers(X, kinds=_KINDS)
    with located(X=X):
        X = validate_data(estimator, X, accept_sparse="csr", order="C", reset=False)
    if not hasattr(estimator, "n_features_in_"):  # the weights were set by hand
        n_features = len(estimator.coefs_[0])
        if X.shape[1] != n_features:
            raise ValueError(
                f"X has {X.shape[1]} features, but {type(estimator).__name__} is expecting "
                f"{n_features} features as input."
            )
    if X.dtype not in _FLOATS:
        X = X.astype(np.float64)
    return _for_kernels(X)


def training_data(estimator, X, y, *, reset, y_numeric, suffix=""):
    """Validate X and y together; a column of targets becomes a vector, with a warning. Sparse rows
    may be their own targets.

    ``suffix`` is that of their names in messages, such as "_val".
    """
    check_numbers(X, f"X{suffix}", _KINDS)
    if y is X and issparse(X):  # rows that are to be given back: never dense as a whole
        with located(suffix, X=X):
            X = validate_data(
                estimator, X, accept_sparse="csr", dtype=(np.float64, np.float32), reset=reset
            )
        X = _for_kernels(X)
        return X, X
    if y_numeric:
        check_numbers(y, f"y{suffix}", _KINDS)
    with located(suffix, X=X, y=y):
        X, y = validate_data(
            estimator,
            X,
            y,
            accept_sparse="csr",
            multi_output=True,
            y_numeric=y_numeric,
            dtype=(np.float64, np.float32),
            order="C",
            reset=reset,
        )
    if y_numeric and issparse(y):
        y = check_array(y, accept_sparse=False, input_name="y")
    if y_numeric and y.dtype.kind in "US":
        raise ValueError(
            f"y{suffix} must hold real numbers, got text, dtype {y.dtype}: convert it, as in "
            "y.astype(float)."
        )
    return _for_kernels(X), without_column(y)


def without_names(estimator, X):
    """Rows, or None, as an estimator's members take them that were given arrays: its names of
    columns have been compared."""
    if X is None or not hasattr(estimator, "feature_names_in_"):
        return X
    return scoring_data(estimator, X)


def without_column(y):
    """Targets of shape (n, 1) as a vector, with scikit-learn's warning; others as they are."""
    if y.ndim != 2 or y.shape[1] != 1:
        return y
    warn(
        "A column-vector y was passed when a 1d array was expected. Please change the shape of "
        "y to (n_samples, ), for example using ravel().",
        DataConversionWarning,
    )
    return y.ravel()


def sampled(sample, *arrays):
    """Return the rows of these numbers of each array; None stays None."""
    return [None if a is None else a[sample] for a in arrays]


def at_rows(sample, values, n_rows):
    """Return an array of n_rows whose rows ``sample`` are these values, the others zero."""
    if values is None:
        return None
    spread = np.zeros((n_rows, *values.shape[1:]), values.dtype)
    spread[sample] = values
    return spread


def training_weights(sample_weight, X, dtype, factors=None, name="sample_weight"):
    """Validate sample weights; return them and the rows that have one other than zero.

    Parameters
    ----------
    sample_weight : array-like of shape (n_samples,) or None
    X : {ndarray, sparse matrix} of shape (n_samples, ...)
    dtype : dtype
        Of the weights returned.
    factors : callable, optional
        Takes the validated weights (or None) and returns what they are multiplied by (or None).

    name : str
        What the weights are called in messages.

    Returns
    -------
    weights : ndarray of shape (n_samples,), or None
        Divided by ``unit``.
    rows : ndarray of intp
    unit : float
        One, or a power of two that brings weights into the range of the dtype.
    """
    weights = None
    if sample_weight is not None:
        check_numbers(sample_weight, name)
        with located(sample_weight=sample_weight):
            weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
    by_class = None if factors is None else factors(weights)
    if by_class is not None:
        weights = by_class if weights is None else weights * by_class
    if weights is None:
        return None, np.arange(X.shape[0]), 1.0
    rows = np.flatnonzero(weights)
    if len(rows) == 0:
        raise ValueError("Sample weights must contain at least one non-zero number.")
    most = np.abs(weights).max()
    unit = 1.0
    if np.isfinite(most) and not 2.0**-_WEIGHTS <= most <= 2.0**_WEIGHTS:
        # Exact, as in another unit, but for weights that are nothing beside the greatest.
        exponent = int(np.frexp(most)[1])
        weights, unit = np.ldexp(weights, -exponent), 2.0 ** max(exponent, -1022)
    return weights.astype(dtype, copy=False), rows, unit


def split_off_validation_rows(rows, strata, fraction, rng):
    """Divide rows into those to train on and those to validate on.

    The draws are those of scikit-learn's ``train_test_split``. With strata, each keeps its share in
    both parts; one that has a single row stays in training, and where the rows are too few for
    strata at all the split is a plain one.

    Parameters
    ----------
    rows : ndarray of shape (n,)
    strata : ndarray of shape (n,) or None
        Class number of each row.
    fraction : float
        Share of the rows to validate on.
    rng : numpy.random.RandomState

    Returns
    -------
    train, validation : ndarray
    """
    n_validation = int(np.ceil(fraction * len(rows)))
    test_size = fraction
    alone = rows[:0]
    if strata is not None:
        counts = np.bincount(strata)
        single = counts[strata] == 1
        if single.any():
            alone, rows, strata = rows[single], rows[~single], strata[~single]
            test_size = n_validation
        n_training = len(rows) - n_validation
        if min(n_validation, n_training) < np.count_nonzero(counts > 1):
            strata = None
        if n_training < 1:
            alone, rows, test_size = rows[:0], np.concatenate([rows, alone]), fraction
    train, validation = train_test_split(
        rows, test_size=test_size, random_state=rng, stratify=strata
    )
    if len(validation) < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the size of your "
            "dataset."
        )
    return np.concatenate([train, alone]), validation


def _for_kernels(X):
    """An aligned array, or a CSR matrix with sorted indices; the user's is left as it is."""
    if not issparse(X):
        return np.require(X, requirements="A")
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X
