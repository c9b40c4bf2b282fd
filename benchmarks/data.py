"""Data for benchmarks: MNIST when it is at hand, otherwise drawn with the same shape."""

import os
from pathlib import Path

import numpy as np
import scipy.sparse as sp


def classification(n_rows, n_features, n_classes, dtype="float32", seed=0):
    """Gaussian rows X (n_rows, n_features) whose classes y a random two-layer net decides."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_rows, n_features), dtype=np.float32)
    hidden = np.tanh(X @ rng.standard_normal((n_features, 32), dtype=np.float32) / n_features**0.5)
    y = (hidden @ rng.standard_normal((32, n_classes), dtype=np.float32)).argmax(axis=1)
    return X.astype(dtype, copy=False), y.astype(np.intp)


def sparse_classification(n_rows, n_features, n_classes, density, dtype="float32", seed=0):
    """CSR rows with uniform entries whose classes a random linear map decides."""
    rng = np.random.default_rng(seed)
    X = sp.random(n_rows, n_features, density, format="csr", dtype=np.float32, random_state=rng)
    y = (X @ rng.standard_normal((n_features, n_classes), dtype=np.float32)).argmax(axis=1)
    return sp.csr_matrix(X.astype(dtype)), y.astype(np.intp)


def mnist(dtype="float32"):
    """60,000 training images (60000, 784) in [0, 1] and labels, and the name of their source.

    They are read from ``mnist.npz`` (keys ``X_train``, ``y_train``) in the folder that the
    environment variable ``FASTNN_DATA`` names; without it, synthetic rows of the same shape and
    sparsity stand in.
    """
    path = Path(os.environ.get("FASTNN_DATA", "."), "mnist.npz")
    if path.exists():
        with np.load(path) as arrays:
            X, y = arrays["X_train"], arrays["y_train"]
        X = X.reshape(len(X), -1).astype(dtype)
        X /= max(1.0, X.max())
        return X, y.astype(np.intp), "MNIST"
    X, y = classification(60_000, 784, 10, dtype)
    np.clip(X, 0.8, 1.8, out=X)  # a fifth of the pixels are inked, as in MNIST
    X -= 0.8
    return X, y, "synthetic rows of MNIST's shape"
