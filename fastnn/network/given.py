"""What users hand to a `Network`, checked before any work and converted only where it must be.

Every message names the argument and says what to do about it. `rows.py` has the last word on
shapes and memory, for all callers; its messages are for those who call the engine themselves.
"""

from numbers import Integral, Real

import numpy as np
from sklearn import get_config

from fastnn._numbers import check_numbers
from fastnn._sparse import issparse

__all__ = ["count", "given_numbers", "given_rows", "given_targets", "given_weights", "quantity"]

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def count(name, value, *, least=1):
    """An int that is at least so much."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise ValueError(f"{name} must be an int of at least {least}, got {value!r}")
    return int(value)


def quantity(name, value, *, least=0.0, itself=True):
    """A finite number of at least, or if not `itself` above, a bound."""
    if isinstance(value, bool) or not isinstance(value, Real):
        inside = False
    else:
        inside = least < value < np.inf or (itself and value == least)
    if not inside:
        bound = f"of at least {least:g}" if itself else f"above {least:g}"
        raise ValueError(f"{name} must be a finite number {bound}, got {value!r}")
    return float(value)


def given_rows(X, dtype, n_in=None, *, name="X", empty=False):
    """Rows of features: a C-ordered float array, or a canonical CSR matrix.

    Parameters
    ----------
    X : array-like or sparse matrix
    dtype : dtype
        What anything but float32 and float64 is converted to.
    n_in : int, optional
        Features that the network was built for.
    name : str
        What X is called in messages.
    empty : bool, default=False
        Whether there may be no rows.
    """
    sparse = issparse(X)
    X = X.tocsr() if sparse else _array(X, name)
    if X.ndim != 2:
        how = f"One row is {name}.reshape(1, -1), one feature {name}.reshape(-1, 1)"
        if X.ndim > 2:
            how = f"Images and series are rows as {name}.reshape(len({name}), -1)"
        raise ValueError(
            f"{name} must have two dimensions, rows and features; got shape {X.shape}. {how}"
        )
    if n_in is not None and X.shape[1] != n_in:
        raise ValueError(
            f"{name} must have shape (n, {n_in}), as the network was built for {n_in} features; "
            f"got shape {X.shape}. build(n_in) makes it anew for another number"
        )
    if X.shape[1] == 0 or (X.shape[0] == 0 and not empty):
        raise ValueError(f"{name} is empty: got shape {X.shape}")
    if sparse:
        X = _csr(X, dtype, name)
    else:
        X = np.require(X if X.dtype in _FLOATS else _numbers(X, dtype, name), None, ["C", "A"])
    _check_finite(X, name)
    return X


def given_targets(y, loss, n, n_out, dtype, *, name="y", rows="X"):
    """Targets as the loss takes them: class numbers (n,), or numbers (n, n_out).

    Parameters
    ----------
    y : array-like
        One target a row may be of shape (n,) or (n, 1).
    loss : Loss
    n, n_out : int
    dtype : dtype
    name, rows : str
        What y and its rows are called in messages.
    """
    if y is None:
        raise ValueError(f"{name} is missing: pass the targets of {rows}")
    if issparse(y):
        raise ValueError(f"{name} must be dense: pass {name}.toarray()")
    y = _array(y, name)
    if y.ndim == 0 or len(y) != n:
        raise ValueError(
            f"{name} must have a target for each of the {n} rows of {rows}; got shape {y.shape}"
        )
    if loss.integer_targets:
        return _class_numbers(y, n_out, name)
    y = _numbers(y, dtype, name)
    _check_finite(y, name)
    columns = y.reshape(n, 1) if y.ndim == 1 else y
    if columns.ndim == 2 and columns.shape[1] != n_out:
        columns = loss.encode(columns)  # several quantiles of the same target
    if columns.shape != (n, n_out):
        raise ValueError(
            f"{name} must have shape ({n}, {n_out}), a column for each output of the last layer; "
            f"got {y.shape}. The last layer, Dense(n_out), says how many there are"
        )
    if loss.paired and (columns[:, ::2] != columns[:, 1::2]).any():
        raise ValueError(
            f"{name} has {n_out} columns for as many outputs, and the loss takes two a target: "
            f"pass the {n_out // 2} targets, or a last layer Dense({2 * n_out})"
        )
    loss.check_targets(columns)
    return np.require(columns, dtype, ["C", "A"])


def given_weights(sample_weight, n, dtype, *, name="sample_weight", rows="X"):
    """Weights of rows, (n,), or None."""
    if sample_weight is None:
        return None
    weight = given_numbers(sample_weight, dtype, name=name)
    if weight.shape != (n,):
        raise ValueError(
            f"{name} must have shape ({n},), a weight for each row of {rows}; got {weight.shape}"
        )
    if weight.min() < 0:
        at = int(weight.argmin())
        raise ValueError(f"{name} must not be negative; {name}[{at}] is {weight[at]:g}")
    if not weight.any():
        raise ValueError(f"{name} must hold a number other than 0 (in {np.dtype(dtype)})")
    return np.require(weight, dtype, ["C", "A"])


def given_numbers(values, dtype, *, name):
    """An array of finite numbers in this dtype, of whatever shape."""
    values = _numbers(_array(values, name), dtype, name)
    _check_finite(values, name)
    return values


def _array(values, name):
    check_numbers(values, name)
    try:
        return np.asarray(values)
    except ValueError as error:  # lists of several lengths
        raise ValueError(f"{name} must be an array, or what NumPy makes one of: {error}") from None


def _numbers(values, dtype, name):
    """An array of numbers in this dtype; what is no number is refused, dates among it."""
    if values.dtype.kind in "biuf":
        return values.astype(dtype, copy=False)
    if values.dtype.kind == "O":
        try:
            return values.astype(dtype)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name} holds what is no number ({error}): encode it first") from None
    remedy = "encode it as numbers first"
    if values.dtype.kind in "mM":
        remedy = "say what counts, such as days since a date, as float64"
    raise ValueError(f"{name} must hold numbers, got dtype {values.dtype}: {remedy}")


def _csr(X, dtype, name):
    if X.dtype not in _FLOATS:
        if X.dtype.kind not in "biuf":
            raise ValueError(f"{name} must hold numbers, got dtype {X.dtype}")
        X = X.astype(dtype)
    if not X.has_canonical_format:
        X = X.copy()  # the user's stays as it is
        X.sum_duplicates()
    return X


def _class_numbers(y, n_out, name):
    remedy = f"np.unique({name}, return_inverse=True)[1] numbers them"
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1:
        raise ValueError(
            f"{name} must hold one class number a row; got shape {y.shape}. Of one-hot rows pass "
            f"{name}.argmax(axis=1); for several labels a row there is loss='logistic_log_loss'"
        )
    if y.dtype.kind in "OUS":
        try:
            numbers = y.astype(np.float64)
        except (TypeError, ValueError):
            raise ValueError(
                f"{name} must hold class numbers from 0 to {n_out - 1}, and holds {y[0]!r}: "
                f"{remedy}"
            ) from None
    else:
        numbers = _numbers(y, np.float64, name)
    _check_finite(numbers, name)
    wrong = (numbers != np.floor(numbers)) | (numbers < 0) | (numbers >= n_out)
    if wrong.any():
        raise ValueError(
            f"{name} must hold class numbers from 0 to {n_out - 1}, one of the {n_out} outputs of "
            f"the last layer, and holds {y[wrong.argmax()]}: {remedy}"
        )
    return np.require(numbers, np.intp, ["C", "A"])


def _check_finite(values, name):
    """Name the first entry that is not finite; scikit-learn's ``assume_finite`` is heeded."""
    if get_config()["assume_finite"]:
        return
    data = values.data if issparse(values) else values
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(data.sum()):
            return
    bad = ~np.isfinite(data)
    if not bad.any():
        return
    if issparse(values):
        at = int(bad.argmax())
        row = int(np.searchsorted(values.indptr, at, side="right")) - 1
        where, value = (row, int(values.indices[at])), data[at]
    else:
        where = tuple(int(i) for i in np.unravel_index(bad.argmax(), bad.shape))
        value = data[where]
    row = f"row {where[0]}" + (f", column {where[1]}" if len(where) == 2 else "")
    raise ValueError(
        f"{name} must hold finite numbers, and has {value} in {row} ({int(bad.sum())} such in all):"
        " leave such rows out, or fill them in, for example with sklearn.impute.SimpleImputer"
    )
