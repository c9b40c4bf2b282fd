"""What an autoencoder is to give back."""

import numpy as np
from scipy.sparse import issparse

__all__ = ["targets"]


def targets(X):
    """X as targets: one dense column is a vector, sparse rows and None stay what they are."""
    if X is None or issparse(X):
        return X
    if not hasattr(X, "shape"):
        X = np.asarray(X)
    return np.asarray(X).ravel() if len(X.shape) == 2 and X.shape[1] == 1 else X
