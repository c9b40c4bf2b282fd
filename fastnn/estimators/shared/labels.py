"""Class labels: what the classes are, and labels in the form a loss takes."""

import numpy as np
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    type_of_target,
    unique_labels,
)

from fastnn.estimators.shared.missing import located
from fastnn.losses import BY_OUTPUTS, make_loss

__all__ = [
    "check_same_classes",
    "class_factors",
    "columns_of_classes",
    "encode",
    "known_classes",
    "learn_classes",
    "learn_first_classes",
    "loss_of_labels",
]


def learn_classes(y):
    """Return a LabelBinarizer that knows the classes of y and what kind of labels they are."""
    return LabelBinarizer().fit(y)


def learn_first_classes(estimator, y, classes):
    """Let an estimator know its classes in the first ``partial_fit``; later, check those given."""
    if _check_partial_fit_first_call(estimator, classes):
        with located(y=y):
            multilabel = type_of_target(y).startswith("multilabel")
        estimator._label_binarizer = learn_classes(y if multilabel else classes)


def known_classes(classes, out_activation, n_outputs):
    """Return the LabelBinarizer of a network whose fitted attributes were set by hand."""
    if out_activation == "logistic" and n_outputs > 1:
        return LabelBinarizer().fit(np.eye(n_outputs, dtype=int))
    return LabelBinarizer().fit(classes)


def check_same_classes(y, classes, *, all_present, name="y"):
    """Check the labels of a further fit against the classes of the first.

    Parameters
    ----------
    y : array-like
        Validated labels.
    classes : ndarray
        The classes that the model knows.
    all_present : bool
        Whether y must have every class, as a warm start demands.
    name : str
        What y is called in the message.
    """
    found = unique_labels(y)
    if all_present:
        if set(found) != set(classes):
            raise ValueError(
                f"warm_start can only be used where `{name}` has the same classes as in the "
                f"previous call to fit. Previously got {classes}, `{name}` has {found}"
            )
    elif len(np.setdiff1d(found, classes, assume_unique=True)):
        raise ValueError(
            f"`{name}` has classes not in `self.classes_`. `self.classes_` has {classes}. "
            f"'{name}' has {found}."
        )


def loss_of_labels(estimator, binarizer):
    """Return the loss that the parameters name, in the form for the type of the labels."""
    several = binarizer.y_type_ == "multiclass"
    if estimator.loss == "log_loss":
        return make_loss(BY_OUTPUTS["log_loss"][several], label_smoothing=estimator.label_smoothing)
    if estimator.loss == "focal":
        return make_loss(BY_OUTPUTS["focal"][several], gamma=estimator.focal_gamma)
    return make_loss(estimator.loss)


def encode(binarizer, y, dtype, *, numbers):
    """Turn known labels into targets.

    Parameters
    ----------
    binarizer : LabelBinarizer
    y : ndarray
    dtype : dtype
    numbers : bool
        Whether several classes are numbered, rather than each having an output of its own.

    Returns
    -------
    ndarray
        Class numbers of shape (n,) and dtype intp; or zeros and ones of shape (n, n_outputs) and of
        the given dtype, where a single class counts as zero.
    """
    if binarizer.y_type_.startswith("multilabel"):
        if not type_of_target(y).startswith("multilabel"):
            raise ValueError(
                f"y must be a label indicator of shape (n_samples, {len(binarizer.classes_)}), as "
                f"in the first call; got shape {np.shape(y)}."
            )
        if y.shape[1] != len(binarizer.classes_):
            raise ValueError(
                f"y has {y.shape[1]} labels, but the model has {len(binarizer.classes_)}."
            )
        return np.ascontiguousarray(binarizer.transform(y), dtype=dtype)
    if y.ndim != 1:
        raise ValueError("The object was not fitted with multilabel input.")
    classes = binarizer.classes_
    if binarizer.y_type_ == "multiclass":
        found = np.searchsorted(classes, y).astype(np.intp, copy=False)
        return found if numbers else np.eye(len(classes), dtype=dtype)[found]
    if len(classes) == 1:
        return np.zeros((len(y), 1), dtype=dtype)
    return (y == classes[1]).astype(dtype).reshape(-1, 1)


def columns_of_classes(p, n_classes):
    """Return outputs of a network, probabilities, as a column for each class."""
    if p.shape[1] > 1:
        return p
    if n_classes == 1:
        return np.ones_like(p)
    both = np.empty((len(p), 2), dtype=p.dtype)
    both[:, 1:] = p
    np.subtract(1, p, out=both[:, :1])
    return both


def class_factors(class_weight, binarizer, y, weight):
    """Return the factor of each row's weight by its class.

    Parameters
    ----------
    class_weight : dict or "balanced"
        "balanced" is S / (K S_c): S the weight of all rows, S_c that of the rows of the class, K
        the number of classes that have any.
    binarizer : LabelBinarizer
    y : ndarray of shape (n,)
        Known labels.
    weight : ndarray of shape (n,) or None
        Weights of the rows.

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    ValueError
        With several labels a row, for classes unknown, and for a factor that is negative or not
        finite.
    """
    if binarizer.y_type_.startswith("multilabel"):
        raise ValueError(
            "class_weight is for one label a row: leave it at None for a label indicator, and pass "
            "sample_weight to weigh rows."
        )
    classes = binarizer.classes_
    numbers = np.searchsorted(classes, y)
    if isinstance(class_weight, str):
        of_class = np.bincount(numbers, weight, len(classes))
        factors = of_class.sum() / np.count_nonzero(of_class) / np.where(of_class == 0, 1, of_class)
    else:
        factors = compute_class_weight(class_weight, classes=classes, y=classes)
    if not (np.isfinite(factors) & (factors >= 0)).all():
        raise ValueError(
            f"class_weight must hold finite numbers that are at least 0, got {class_weight!r}."
        )
    return factors[numbers]
