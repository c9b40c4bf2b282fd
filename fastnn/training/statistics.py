"""The running statistics of batch normalisation, taken anew over the rows of a training.

The running ones follow the weights of each step. Weights that no step had, such as an average, need
statistics of their own.
"""

import numpy as np

from fastnn.network.rows import input_rows, row_weights

__all__ = ["mean_of_weights", "settle", "settle_statistics"]


def settle_statistics(network, X, sample_weight=None):
    """Set the running statistics of every BatchNorm to those of all rows as one batch.

    Parameters
    ----------
    network : CompiledNetwork
    X : ndarray or CSR matrix of shape (n, n_in)
    sample_weight : ndarray of shape (n,), optional
        Weights of the rows in the statistics.
    """
    n = X.shape[0]
    if n and network.has("running"):
        engine = network.make_engine(n, 1, whole_gradient=False)
        weight = row_weights(sample_weight, n, network.dtype)
        rows = input_rows(X, network.n_in, network.dtype)
        settle(engine, rows, weight, np.arange(n, dtype=np.intp), n)
        network.store(engine, engine.packed)


def settle(engine, X, weight, order, batch_size):
    """Set the running statistics of an engine to those of all these rows under its weights.

    The rows go through in batches, each normalised by its own mean and variance as in training, in
    the memory of one batch and on one thread. Where no batch has a variance, as with one row each,
    training has normalised nothing, and they are left as they are.

    Parameters
    ----------
    engine : Engine
    X, weight
        As ``CompiledNetwork.data`` returns them.
    order : ndarray of intp
        The rows to take.
    batch_size : int
        Most rows of a batch, at most the engine's.
    """
    running = engine.statistics()
    if not running or batch_size < 2 or not len(order):
        return
    mean_weight = mean_of_weights(weight)
    before = [np.array(pair) for pair in running]
    pooled = [_Pooled(len(mean)) for mean, _ in running]
    for rows in np.array_split(order, -(-len(order) // batch_size)):
        for mean, variance in running:  # so that no rounding depends on what they were
            mean[...] = variance[...] = 0
        batch = engine.take_statistics(X, weight, np.ascontiguousarray(rows), mean_weight)
        for sums, pair in zip(pooled, running, strict=True):
            sums.add(*pair, *batch)
    for sums, pair, old in zip(pooled, running, before, strict=True):
        pair[0][...], pair[1][...] = sums.result() if sums.rows else old


def mean_of_weights(weight):
    """Return the mean weight of the rows that have one; 1 without weights."""
    if weight is None:
        return 1.0
    given = weight[weight != 0]
    return float(np.mean(given, dtype=np.float64)) if len(given) else 1.0


class _Pooled:
    """Mean and variance of the rows of several batches, from those of each.

    Chan, Golub & LeVeque, "Algorithms for computing the sample variance", The American
    Statistician 37 (1983).
    """

    def __init__(self, n):
        self.rows = self._weights_squared = 0.0
        self._mean, self._squares = np.zeros(n), np.zeros(n)

    def add(self, mean, variance, rows, unbiased):
        """Add a batch: what it weighs, and the factor that its variance has."""
        if not unbiased:
            return
        mean, variance = mean.astype(np.float64), variance.astype(np.float64)
        off, self.rows = mean - self._mean, self.rows + rows
        between = off * off * (rows * (self.rows - rows) / self.rows)
        self._squares += variance * (rows / unbiased) + between
        self._weights_squared += rows * rows * (1 - 1 / unbiased)
        self._mean += off * (rows / self.rows)

    def result(self):
        """Mean and variance, with one degree of freedom of all of them taken off."""
        return self._mean, self._squares / (self.rows - self._weights_squared / self.rows)
