"""Warnings that quote the line of the user's own code, however deep in a pipeline they arise."""

import sys
import warnings

__all__ = ["warn"]

# Whose lines a user has not written: those between the call of a method and what it does.
_NOT_THE_USER = {"fastnn", "sklearn", "imblearn", "joblib", "pickle", "contextlib", "functools"}


def warn(message, category=UserWarning):
    """Issue a warning as if the nearest line outside of this package and scikit-learn had.

    In a worker process, which runs no line of the user's, it is the outermost one.
    """
    frame, level = sys._getframe(1), 2  # who called; one would be this function
    while frame.f_back is not None and _package(frame) in _NOT_THE_USER:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _package(frame):
    return frame.f_globals.get("__name__", "").split(".")[0]
