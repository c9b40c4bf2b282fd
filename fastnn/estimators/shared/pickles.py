"""Pickles that know which version of the library wrote them."""

from fastnn._version import __version__
from fastnn._warnings import warn
from fastnn.exceptions import VersionMismatchWarning

__all__ = ["VersionedPickles"]


class VersionedPickles:
    """An estimator that warns where another version has pickled it. It stands before scikit-learn's
    ``BaseEstimator``."""

    def __getstate__(self):
        return {**super().__getstate__(), "_fastnn_version": __version__}

    def __setstate__(self, state):
        state = dict(state)
        version = state.pop("_fastnn_version", "an unknown version")
        if version != __version__:
            warn(
                f"This {type(self).__name__} was pickled by fastnn {version} and is read by "
                f"{__version__}: it may not work, or differently. Fit it anew, or use the version "
                "that wrote it.",
                VersionMismatchWarning,
            )
        super().__setstate__(state)
