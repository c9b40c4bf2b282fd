"""Whether a fit went nowhere because features or targets are far from unit size, and what to do."""

import math

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_classifier

from fastnn.training.validation import mean_loss

__all__ = ["advice_on_scale"]

# Networks are made for features and targets with a standard deviation of about one.
_MOST, _LEAST = 30.0, 0.01

# Share of the loss of a constant prediction from which on a fit has gone nowhere.
_NOWHERE = 0.9

# Rows, and values in all, that tell how large the features are; rows that tell a constant's loss.
# So few that a short fit does not feel it.
_SAMPLE, _MOST_VALUES, _MOST_ROWS = 500, 100_000, 2_000


def advice_on_scale(estimator, X, y, weight, rows, loss, shown_loss):
    """Return what to tell the user of a fit that is hardly better than a constant, else "".

    Parameters
    ----------
    estimator : BaseMLP
    X, y, weight
        The training data as validated; the targets as the loss takes them.
    rows : ndarray of intp
        The rows trained on.
    loss : Loss
    shown_loss : float
        The least loss of an epoch.
    """
    if (is_classifier(estimator) and loss.output_activation == "identity") or loss.paired:
        return ""  # margins, and a loss that no number of times another is worse
    if not len(rows):  # of a process without any
        return ""
    # The sizes first: mostly they are fine, and that is quickly seen.
    of_X = _size_of_features(estimator, X, rows)
    most = _MOST_ROWS
    if issparse(y):  # those of an autoencoder are its features
        most = min(most, max(2, _MOST_VALUES // y.shape[1]))
    some = rows[:: -(-len(rows) // most)]
    y = y[some].toarray() if issparse(y) else y[some]
    of_y = None if loss.integer_targets else _size_of_targets(loss, y)
    if of_X is None and of_y is None:
        return ""
    constant = _loss_of_a_constant(loss, y, None if weight is None else weight[some])
    if constant is None or shown_loss < _NOWHERE * constant:
        return ""
    name = type(estimator).__name__
    model = f"{name}(...)"
    if of_X is not None:
        model = f"make_pipeline(StandardScaler(), {model})"
    if of_y is not None:
        model = f"TransformedTargetRegressor({model}, transformer=StandardScaler())"
    sizes = " and ".join(size for size in (of_X, of_y) if size is not None)
    return (
        f"The fit is no better than a constant prediction: networks need numbers of about unit "
        f"size, and {sizes}. Scale them: {model}."
    )


#: Output activation -> the raw outputs that it makes an output of.
_RAW = {
    "identity": lambda p: p,
    "softmax": lambda p: np.log(np.maximum(p, np.finfo(float).tiny)),
    "logistic": lambda p: np.log(p) - np.log1p(-p),
    "exp": np.log,
}


def _loss_of_a_constant(loss, y, weight):
    """The mean loss of the best constant prediction, or about; None if there is nothing to it."""
    if loss.steps:
        (_, y), loss, weight = loss.at_present(y, y), loss.of, None
    if loss.integer_targets:
        shares = np.bincount(y, weight, minlength=int(y.max()) + 1)
        p = shares / shares.sum()
    else:
        p = np.average(y, axis=0, weights=weight)
    with np.errstate(all="ignore"):
        z = _RAW[loss.output_activation](p.astype(np.float64))
        found = mean_loss(loss, np.broadcast_to(z, (len(y), len(z))), y, weight)
    return found if np.isfinite(found) and found > 0 else None


def _size_of_targets(loss, y):
    if loss.output_activation != "identity":
        return None
    return _size("y", y.reshape(len(y), -1).astype(np.float64), None)


def _size_of_features(estimator, X, rows):
    X = estimator._measurements(X)
    if X is None:
        return None
    n = min(_SAMPLE, max(2, _MOST_VALUES // X.shape[1]))
    X = X[rows[:: -(-len(rows) // n)]].astype(np.float64)
    return _size("X", X, getattr(estimator, "feature_names_in_", None))


def _size(name, values, names):
    """What is wrong with the size of the columns, in words, or None."""
    # A column's mean or deviation is at most its largest value, and one of them is at least the
    # root of half its mean square. A NaN is no reason to stop here.
    largest = abs(values).max()
    if _LEAST * math.sqrt(2 * values.shape[0]) <= largest <= _MOST:
        return None
    with np.errstate(all="ignore"):
        mean = np.asarray(values.mean(axis=0)).ravel()
        if issparse(values):
            squares = np.asarray(values.multiply(values).mean(axis=0)).ravel()
            spread = np.sqrt(np.maximum(squares - mean**2, 0))
        else:
            spread = values.std(axis=0)
    centre = np.abs(mean)
    size = np.maximum(spread, centre)
    if not np.isfinite(size).all():
        return None
    j = int(size.argmax())
    if _LEAST <= size[j] <= _MOST or size[j] == 0:
        return None
    column = "" if values.shape[1] == 1 and name == "y" else f" in column {j}"
    if names is not None:
        column = f" in column {names[j]!r}"
    return f"{name} has mean {mean[j]:.3g} and standard deviation {spread[j]:.3g}{column}"
