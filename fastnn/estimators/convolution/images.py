"""Images on their way in: rows of numbers, and the shape that they have."""

from math import isqrt, prod
from numbers import Integral

import numpy as np
from scipy.sparse import issparse

from fastnn._warnings import warn

__all__ = ["ask_about_channels", "image_shape", "rows_of"]

#: From so many features on a square number of them is taken for an image.
_LEAST = 16
#: Images so low, and of more channels, look as if these came first.
_FEW = 4


def rows_of(estimator, X):
    """X as rows, and the shape of its images if X itself tells: else X as it is, and None.

    Raises
    ------
    TypeError
        For sparse X.
    ValueError
        For images of several shapes, or of too many dimensions.
    """
    if issparse(X):
        raise TypeError(
            "Sparse data was passed for X, but images are dense: pass X.toarray(), some rows at a "
            "time if that does not fit in memory."
        )
    if isinstance(X, list | tuple):
        try:
            X = np.asarray(X)
        except ValueError:
            shapes = sorted({np.shape(image) for image in X if isinstance(image, np.ndarray)})
            if len(shapes) > 1:
                raise ValueError(
                    f"X has images of several shapes, {shapes[0]} and {shapes[1]} among them: cut "
                    "or pad them to one."
                ) from None
            return X, None  # rows of several lengths, which validation has words for
    shape = getattr(X, "shape", ())
    if len(shape) > 4:
        raise ValueError(
            f"X must be rows, or images (n_samples, height, width) with or without channels behind "
            f"them, got an array of shape {shape}."
        )
    if len(shape) < 3:
        return X, None
    X = np.asarray(X)
    found = shape[1:]
    if len(found) == 2 and not estimator.series:
        found = (*found, 1)
    return X.reshape(len(X), prod(found)), found


def image_shape(estimator, n_features, given):
    """The shape (height, width, channels), or (length, channels), of rows of so many features.

    Parameters
    ----------
    given : tuple or None
        What X itself tells.

    Raises
    ------
    ValueError
        If `input_shape` does not fit.
    """
    asked = estimator.input_shape
    if asked is None:
        return given or _guessed(n_features)
    sound = len(asked) in (2, 3) and all(isinstance(n, Integral) and n > 0 for n in asked)
    if not sound:
        raise ValueError(
            "input_shape must be (height, width), (height, width, channels) or, with series=True, "
            f"(length, channels), positive ints; got {asked!r}."
        )
    shape = tuple(map(int, asked))
    if len(shape) == 2 and not estimator.series:
        shape = (*shape, 1)
    if prod(shape) != n_features:
        raise ValueError(
            f"input_shape={asked!r} has {prod(shape)} numbers, and X has {n_features} features: "
            "set it to the shape of what a row of X is."
        )
    if given is not None and given != shape:
        raise ValueError(f"input_shape={asked!r}, but X has images of shape {given}.")
    return shape


def ask_about_channels(estimator, given):
    """Warn if the channels of images seem to come first, and `input_shape` does not say what they
    are. given: the shape that X tells, or None."""
    unsaid = estimator.input_shape is None and given is not None and len(given) == 3
    if unsaid and given[0] <= _FEW < min(given[1:]):
        warn(
            f"X has images of height {given[0]}, width {given[1]} and {given[2]} channels. If "
            "their channels come first, pass X.transpose(0, 2, 3, 1); if not, set input_shape="
            f"{given}."
        )


def _guessed(n_features):
    side = isqrt(n_features)
    if side * side == n_features >= _LEAST:
        return (side, side, 1)
    return (n_features, 1)
