"""What an autoencoder is to give back."""

import numpy as np
from scipy.sparse import issparse

__all__ = ["targets"]


def targets(X):
    """X as targets, dense; one column is a vector. None stays None."""
    if X is None:
        return None
    if issparse(X):
        X = X.toarray()
    if not hasattr(X, "shape"):
        X = np.asarray(X)
    return np.asarray(X).ravel() if len(X.shape) == 2 and X.shape[1] == 1 else X
