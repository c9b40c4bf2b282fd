"""NumPy by hand: allocated once, computed in place."""

import numpy as np

from benchmarks.numpy_mlp import NumpyMLP


def train(case, X, y, threads):
    net = NumpyMLP(case.layer_sizes, case.batch, X.dtype)

    def epochs(n):
        net.reset()
        for _ in range(n):
            net.epoch(X, y)

    return epochs


def score(case, model, threads):
    net = NumpyMLP(case.layer_sizes, 1)
    for own, theirs in zip(net.weights + net.biases, model.coefs_ + model.intercepts_, strict=True):
        own[:] = theirs

    def proba(X):
        P = net.predict_proba(X.astype(np.float32, copy=False))
        return P if P.shape[1] > 1 else np.hstack([1 - P, P])

    return proba
