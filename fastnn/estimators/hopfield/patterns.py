"""Patterns as users have them, of two values, and as the net has them: -1 and 1."""

import numpy as np

from fastnn._warnings import warn

__all__ = ["Coding", "coding_of"]


class Coding:
    """What stands for -1 and 1.

    Parameters
    ----------
    low : {-1, 0}
        What stands for -1.
    threshold : float, ndarray of shape (n_features,) or None
        Values above it are 1. With None there are no values but ``low`` and 1.
    """

    def __init__(self, low, threshold):
        self.low, self.threshold = low, threshold

    def encode(self, X):
        """X as an array of -1 and 1, of its dtype.

        Raises
        ------
        ValueError
            For other values, without a threshold.
        """
        if self.threshold is None:
            bad = np.argwhere((self.low != X) & (X != 1))
            if len(bad):
                row, column = bad[0]
                raise ValueError(
                    f"X must hold {self.low} and 1, the values of the stored patterns, and has "
                    f"{X[row, column]:g} in row {row}, column {column} (counted from 0): set "
                    "threshold, above which a value is 1, or rule='dense' for real numbers."
                )
        threshold = (self.low + 1) / 2 if self.threshold is None else self.threshold
        return np.where(threshold < X, 1, -1).astype(X.dtype)

    def decode(self, states):
        """The user's values of states, in place."""
        if self.low == 0:
            states += 1
            states /= 2
        return states


def coding_of(X, threshold):
    """The coding of patterns: 0 and 1 if there are no other values, else -1 and 1.

    Parameters
    ----------
    X : ndarray of shape (n_patterns, n_features)
    threshold : "auto", float or None
        "auto" cuts other values at the mean of each feature.

    Raises
    ------
    ValueError
        With None, for patterns of other values.
    """
    is_bit = (X == 0) | (X == 1)
    low = 0 if is_bit.all() and not (X == 1).all() else -1
    if isinstance(threshold, str):
        threshold = None
        if low == -1 and not (np.abs(X) == 1).all():
            warn(
                "X has values other than -1 and 1, or 0 and 1: those above the mean of their "
                "feature are taken for 1. Set threshold to a number to cut elsewhere, to None for "
                "an error, or rule='dense' to store real numbers."
            )
            threshold = X.mean(axis=0)
    coding = Coding(low, threshold)
    if threshold is None and coding.low == -1:
        bad = np.argwhere(np.abs(X) != 1)
        if len(bad):
            row, column = bad[0]
            raise ValueError(
                "X must hold patterns of -1 and 1, or of 0 and 1, and has "
                f"{X[row, column]:g} in row {row}, column {column} (counted from 0): set "
                "threshold, above which a value is 1, or rule='dense', which stores real numbers."
            )
    return coding
