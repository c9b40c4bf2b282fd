"""Sequences of categories, such as characters: learned, and as their numbers."""

import numpy as np

from fastnn.estimators.recurrent.rows import Sequences

__all__ = ["characters", "numbers_of", "read_categories", "with_labels"]

_KINDS = "biuU"


def read_categories(estimator, X, *, reset, name="X"):
    """Check sequences of categories and lay out their numbers as rows.

    Parameters
    ----------
    estimator : BaseRecurrent
        Gets ``categories_``, those of X in order, if reset.
    X : array-like of shape (n, T), list of n arrays of shape (T_i,), or list of n texts
        Integers or texts; of a text each character is a step.
    reset : bool
    name : str
        What X is called in messages.

    Returns
    -------
    Sequences
        Rows of numbers from 0, -1 for a category that the fit has not seen, in float32.
    """
    pieces = _pieces(X, name)
    lengths = np.array([len(piece) for piece in pieces], np.intp)
    if (lengths == 0).any():
        raise ValueError(
            f"{name}[{int(np.flatnonzero(lengths == 0)[0])}] has no steps: leave empty sequences "
            "out, with their targets"
        )
    values = np.concatenate(pieces)
    if values.dtype.kind not in _KINDS:
        raise ValueError(
            f"with embedding={estimator.embedding!r} {name} must hold categories, integers or "
            f"texts, got {values.dtype}: for numbers leave embedding at None"
        )
    if reset:
        estimator.categories_ = np.unique(values)
    numbers = numbers_of(estimator.categories_, values, name)
    steps, even = int(lengths.max()), isinstance(X, np.ndarray) and X.ndim == 2
    if even:
        return Sequences(numbers.reshape(len(lengths), steps), steps, 1, None, True)
    rows = np.zeros((len(lengths), steps + 1), np.float32)
    rows[:, :-1][np.arange(steps) < lengths[:, None]] = numbers
    rows[:, -1] = lengths
    return Sequences(rows, steps, 1, lengths, False)


def with_labels(estimator, sequences, labels):
    """Let labels of steps be categories too, which a step to come may be.

    So that what the X of a fit happens not to have, such as the last character of a text or what
    is rare in the first piece of many, has numbers of its own from the beginning.

    Parameters
    ----------
    estimator : BaseRecurrent
        Whose ``categories_`` grow, if the labels are of their kind.
    sequences : Sequences
        Rows of numbers of these.
    labels : ndarray of shape (n,)

    Returns
    -------
    Sequences
        The same with the new numbers.
    """
    known = estimator.categories_
    texts = known.dtype.kind == "U", labels.dtype.kind == "U"
    alike = labels.dtype.itemsize <= known.dtype.itemsize if all(texts) else not any(texts)
    if labels.dtype.kind not in _KINDS or not alike:
        return sequences
    estimator.categories_ = np.union1d(known, labels)
    new = np.searchsorted(estimator.categories_, known).astype(np.float32)
    rows = sequences.rows.copy()
    steps = rows[:, : sequences.steps]  # numbers; behind the end of a sequence any will do
    steps[...] = new[steps.astype(np.intp)]
    return sequences._replace(rows=rows)


def characters(x):
    """The characters of a text, (n,); anything else as an array."""
    if not isinstance(x, str):
        return np.asarray(x)
    return np.array([x]).view("U1") if x else np.empty(0, "U1")


def numbers_of(categories, values, name):
    """The number of each value among the categories, in order; -1 for one that is not there."""
    if (values.dtype.kind == "U") != (categories.dtype.kind == "U"):
        raise ValueError(
            f"{name} has categories of dtype {values.dtype}, but the model was fitted on "
            f"{categories.dtype}"
        )
    found = np.minimum(np.searchsorted(categories, values), len(categories) - 1)
    return np.where(categories[found] == values, found, -1).astype(np.float32)


def _pieces(X, name):
    X = X if isinstance(X, str | list | tuple) else np.asarray(X)
    if isinstance(X, str) or not hasattr(X, "__len__") or len(X) == 0:
        raise ValueError(
            f"{name} must be sequences of categories, such as a list of texts; got {X!r:.60}"
        )
    pieces = [characters(x) for x in X]
    for i, piece in enumerate(pieces):
        if piece.ndim != 1:
            raise ValueError(
                f"{name}[{i}] must be a sequence of categories, (T,), got shape {piece.shape}"
            )
    return pieces
