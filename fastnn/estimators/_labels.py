"""Class labels: what the classes are, and labels in the form a loss takes."""

import numpy as np
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.multiclass import type_of_target, unique_labels

__all__ = ["check_same_classes", "encode", "learn_classes", "loss_of_labels"]


def learn_classes(y):
    """Return a LabelBinarizer that knows the classes of y and what kind of labels they are."""
    return LabelBinarizer().fit(y)


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


def loss_of_labels(binarizer):
    """Name the loss that fits the type of the labels."""
    return "softmax_log_loss" if binarizer.y_type_ == "multiclass" else "logistic_log_loss"


def encode(binarizer, y, dtype):
    """Turn known labels into targets.

    Returns
    -------
    ndarray
        Class numbers of shape (n,) and dtype intp for several classes; else zeros and ones of shape
        (n, n_outputs) and of the given dtype, where a single class counts as zero.
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
        return np.searchsorted(classes, y).astype(np.intp, copy=False)
    if len(classes) == 1:
        return np.zeros((len(y), 1), dtype=dtype)
    return (y == classes[1]).astype(dtype).reshape(-1, 1)
