"""The loss over all rows as a function of a network's parameters."""

import time

import numpy as np

__all__ = ["Objective", "loss_and_grad"]

#: Multiply-adds of a forward pass that take some tens of milliseconds to train on.
_STRETCH_WORK = 5e8

#: Evaluations to come, for all that is known: finding the best number of threads will pay.
_MANY = 100


def loss_and_grad(network, X, y, *, grad=None, **options):
    """Loss over all rows and its gradient by the parameters: one call of an `Objective`.

    Parameters
    ----------
    network, X, y
        As in `Objective`, like ``**options``.
    grad : ndarray of shape (n_params,), optional
        Where to write the gradient.

    Returns
    -------
    loss : float
    grad : ndarray of shape (n_params,)
    """
    return Objective(network, X, y, **options)(grad)


class Objective:
    """``sum(w_i loss_i) / S + alpha / (2 S) sum(coefs^2)`` with S the sum of the weights.

    A minimizer evaluates it many times: what does not change with the parameters is found once.

    Parameters
    ----------
    network : CompiledNetwork
        Its parameters at the time of a call are those of the evaluation.
    X : ndarray or CSR matrix of shape (n, n_in)
    y : ndarray
        ``(n,)`` class numbers of np.intp, or ``(n, n_out)`` of the network's dtype.
    sample_weight : ndarray of shape (n,), optional
    alpha : float, default=0.0
        Strength of the L2 penalty on the coefs.
    n_threads : int, default=1
    seed : int, default=0
        Of the random numbers of dropout and noise, which are those of a first training step.
    epsilon : float, default=0.0
        How far from 0 and 1 a log loss takes a probability to be: that of scikit-learn is one
        machine epsilon. The gradient knows no such bound, and is that of the loss for 0.

    Raises
    ------
    ValueError
        For data of another shape, dtype or memory order, or a class number out of range.
    """

    def __init__(
        self, network, X, y, *, sample_weight=None, alpha=0.0, n_threads=1, seed=0, epsilon=0.0
    ):
        self._network, self._alpha, self._seed, self._epsilon = network, alpha, seed, epsilon
        n = X.shape[0]
        self._data = network.data(X, y, sample_weight)
        weight = self._data[-1]
        self._overwrites = n > 0 and weight is None  # rows without weight write nothing
        self._total = float(n if weight is None else np.sum(weight, dtype=np.float64))
        self._engine, self._threads = network.gradient_engine(n, n_threads)
        block = network.gradient_block(n)
        step = block * max(1, int(_STRETCH_WORK / (block * network.work_of_row())))
        self._stretches = []  # between which Ctrl-C is heard: slices, and the mean of the weights
        for begin in range(0, n, step):
            rows = slice(begin, min(begin + step, n))
            mean = 1.0 if weight is None else float(np.mean(weight[rows], dtype=np.float64))
            self._stretches.append((rows, mean))
        self._n_coefs = network.n_coefs

    def __call__(self, grad=None):
        """Evaluate at the network's parameters.

        Parameters
        ----------
        grad : ndarray of shape (n_params,), optional
            Where to write the gradient.

        Returns
        -------
        loss : float
        grad : ndarray of shape (n_params,)
        """
        network, engine, total = self._network, self._engine, self._total
        if grad is None:
            grad = np.empty_like(network.params)
        elif grad.shape != network.params.shape:
            raise ValueError(f"grad must have shape {network.params.shape}, got {grad.shape}")
        network.load(engine)
        engine.configure(seed=self._seed, epsilon=self._epsilon)
        if not self._overwrites:
            engine.gradient[:] = 0
        data_loss = 0.0
        for rows, mean_weight in self._stretches:
            data_loss += mean_weight * self._add(rows, rows.start > 0 or not self._overwrites)
        engine.store_gradient(grad)
        grad /= total
        penalty = 0.0
        if self._alpha:
            coefs = network.params[: self._n_coefs]
            grad[: self._n_coefs] += (self._alpha / total) * coefs
            penalty = 0.5 * self._alpha / total * float(np.dot(coefs, coefs))
        return data_loss / total + penalty, grad

    def _add(self, rows, accumulate):
        """Number of rows times their mean loss; the gradient of their sum is the engine's, or
        added to it."""
        order = np.arange(rows.start, rows.stop, dtype=np.intp)
        n_threads, _ = self._threads.pick(_MANY)
        started = time.perf_counter()
        batch = order, 0, 1, len(order)
        loss = self._engine.run(*self._data, *batch, None, 1.0, n_threads, accumulate=accumulate)
        self._threads.took(n_threads, time.perf_counter() - started)
        return loss
