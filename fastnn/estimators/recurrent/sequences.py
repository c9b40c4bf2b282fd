"""Sequences of numbers as users hand them in, checked, and as rows of a network."""

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from fastnn._numbers import check_numbers
from fastnn._sparse import issparse
from fastnn.estimators.recurrent.categories import read_categories
from fastnn.estimators.recurrent.rows import Sequences
from fastnn.estimators.shared.missing import located

__all__ = ["read"]

_FLOATS = (np.dtype(np.float64), np.dtype(np.float32))


def read(estimator, X, *, reset, name="X"):
    """Check X and lay it out as rows.

    Parameters
    ----------
    estimator : estimator
        Whose ``n_features_in_`` and names of features are those of a two-dimensional X.
    X : array-like of shape (n, T, d) or (n, T), or list of arrays of shape (T_i, d) or (T_i,)
    reset : bool
        Whether the widths are learned or checked.
    name : str
        What X is called in messages.

    Returns
    -------
    Sequences
        X itself if it is that already.

    Raises
    ------
    ValueError
        For sequences without steps, of several widths or of another than was fitted, and numbers
        that are not finite.
    """
    if isinstance(X, Sequences):
        return X
    if isinstance(X, list | tuple) and len(X) == 0:
        raise ValueError(f"{name} is empty, got {X!r}: pass a sequence at least")
    if estimator.embedding is not None:
        return read_categories(estimator, X, reset=reset, name=name)
    found = (
        _from_list(X, name) if _is_list_of_sequences(X) else _from_array(estimator, X, reset, name)
    )
    if not reset and found.width != estimator.step_width_:
        raise ValueError(
            f"{name} has {found.width} numbers a step, but {type(estimator).__name__} was fitted "
            f"on {estimator.step_width_}: pass sequences of shape (T, {estimator.step_width_})"
        )
    return found


def _is_list_of_sequences(X):
    """Whether X is several sequences rather than one array: arrays with two dimensions, or vectors
    of several lengths."""
    if isinstance(X, np.ndarray):
        many = X.dtype == object and X.ndim == 1
    else:
        many = isinstance(X, list | tuple)
    if not many or len(X) == 0:
        return False
    shapes = [getattr(x, "shape", None) for x in X]
    if any(shape is None for shape in shapes):
        try:
            shapes = [np.shape(x) for x in X]
        except ValueError:
            return False
    if all(len(shape) == 2 for shape in shapes):
        return not all(issparse(x) for x in X)
    return all(len(shape) == 1 for shape in shapes) and len(set(shapes)) > 1


def _from_list(X, name):
    arrays = []
    for i, x in enumerate(X):
        check_numbers(x, f"{name}[{i}]")
        x = np.asarray(x)
        x = x[:, None] if x.ndim == 1 else x
        if len(x) == 0:
            raise ValueError(
                f"{name}[{i}] has no steps, shape {x.shape}: leave empty sequences out, with their "
                "targets"
            )
        arrays.append(x)
    widths = sorted({x.shape[1] for x in arrays})
    if len(widths) > 1 or widths[0] == 0:
        at = next(
            i for i, x in enumerate(arrays) if x.shape[1] != arrays[0].shape[1] or not widths[0]
        )
        raise ValueError(
            f"{name} has sequences of {arrays[0].shape[1]} and of {arrays[at].shape[1]} numbers a "
            f"step: {name}[{at}] has shape {arrays[at].shape}. All must have as many"
        )
    dtype = np.float32 if all(x.dtype == np.float32 for x in arrays) else np.float64
    lengths = np.array([len(x) for x in arrays], np.intp)
    steps, width = int(lengths.max()), widths[0]
    rows = np.zeros((len(arrays), steps * width + 1), dtype)
    for i, x in enumerate(arrays):
        try:
            rows[i, : x.size] = x.reshape(-1)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name}[{i}] must hold numbers: {error}") from None
        _check_finite(rows[i, : x.size].reshape(x.shape), f"{name}[{i}]")
    rows[:, -1] = lengths
    return Sequences(rows, steps, width, lengths, False)


def _check_finite(x, name):
    if np.isfinite(x).all():
        return
    step, feature = (int(i) for i in np.argwhere(~np.isfinite(x))[0])
    raise ValueError(
        f"{name} has {x[step, feature]} at step {step}, feature {feature}: fill such numbers in, "
        "or leave the steps out. Input X contains NaN or infinity"
    )


def _dimensions(X):
    """Those of an array, or of nested lists; of anything else as many as validation finds."""
    if isinstance(X, list | tuple):
        try:
            return np.ndim(X)
        except ValueError:
            return 2
    return X.ndim if isinstance(X, np.ndarray) else len(getattr(X, "shape", (0, 0)))


def _from_array(estimator, X, reset, name):
    check_numbers(X, name)
    if _dimensions(X) == 3:
        X = check_array(X, allow_nd=True, ensure_all_finite=False, dtype=_FLOATS, input_name=name)
        n, steps, width = X.shape
        if 0 in X.shape:
            raise ValueError(f"{name} is empty: got shape {X.shape}, of sequences, steps, numbers")
        for i in np.flatnonzero(~np.isfinite(X).all(axis=(1, 2)))[:1]:
            _check_finite(X[i], f"{name}[{i}]")
        rows = np.ascontiguousarray(X).reshape(n, -1)
        return Sequences(rows, steps, width, None, False)
    if isinstance(X, list | tuple) and any(isinstance(x, str) for x in X):
        raise ValueError(
            f"{name} is texts: set embedding, how many numbers stand for a character, such as 8"
        )
    if not reset and _dimensions(X) == 2 and estimator.step_width_ > 1:
        width = estimator.step_width_
        raise ValueError(
            f"{name} has shape {np.shape(X)}, sequences of 1 number a step, but "
            f"{type(estimator).__name__} was fitted on {width}: pass sequences (n, T, {width}), a "
            "list of arrays, or for a single sequence x [x]"
        )
    with located(X=X):
        rows = validate_data(estimator, X, dtype=_FLOATS, order="C", reset=reset)
    return Sequences(np.require(rows, requirements="A"), rows.shape[1], 1, None, True)
