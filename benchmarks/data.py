"""Data for benchmarks: MNIST when it is at hand, otherwise drawn with the same shape."""

import os
from pathlib import Path

import numpy as np
import scipy.sparse as sp


def classification(n_rows, n_features, n_classes, dtype="float32", seed=0):
    """Gaussian rows X (n_rows, n_features) whose classes y a random two-layer net decides."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_rows, n_features), dtype=np.float32)
    return X.astype(dtype, copy=False), _classes(X, n_classes, rng)


def _classes(X, n_classes, rng):
    n_features = X.shape[1]
    hidden = np.tanh(X @ rng.standard_normal((n_features, 32), dtype=np.float32) / n_features**0.5)
    y = (hidden @ rng.standard_normal((32, n_classes), dtype=np.float32)).argmax(axis=1)
    return y.astype(np.intp)


def sparse_classification(n_rows, n_features, n_classes, density, dtype="float32", seed=0):
    """CSR rows with uniform entries whose classes a random linear map decides."""
    rng = np.random.default_rng(seed)
    X = sp.random(n_rows, n_features, density, format="csr", dtype=np.float32, random_state=rng)
    y = (X @ rng.standard_normal((n_features, n_classes), dtype=np.float32)).argmax(axis=1)
    return sp.csr_matrix(X.astype(dtype)), y.astype(np.intp)


def mnist(dtype="float32"):
    """60,000 training images (60000, 784) in [0, 1] and labels, and the name of their source.

    They are read from ``mnist.npz`` (keys ``X_train``, ``y_train``) in the folder that the
    environment variable ``FASTNN_DATA`` names; without it, blots of four by four pixels stand in,
    which are zero as often and in runs as long: a fifth of the pixels are inked, most of them in
    the middle.
    """
    path = Path(os.environ.get("FASTNN_DATA", "."), "mnist.npz")
    if path.exists():
        with np.load(path) as arrays:
            X, y = arrays["X_train"], arrays["y_train"]
        X = X.reshape(len(X), -1).astype(dtype)
        X /= max(1.0, X.max())
        return X, y.astype(np.intp), "MNIST"
    rng = np.random.default_rng(0)
    cell = np.arange(-3, 4)
    likely = (0.8 - 0.3 * np.add.outer(cell**2, cell**2)).astype(np.float32)
    blots = rng.standard_normal((60_000, 7, 7), dtype=np.float32) + likely
    X = np.kron(np.clip(blots, 0, 1), np.ones((4, 4), np.float32)).reshape(60_000, 784)
    return X.astype(dtype), _classes(X, 10, rng), "blots in the place of MNIST"
