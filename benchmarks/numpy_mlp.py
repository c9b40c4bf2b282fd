"""A multilayer perceptron by hand in NumPy, as fast as NumPy goes: the yardstick of bench_epoch.

Parameters, gradients and moments are flat vectors with views per layer; every array an epoch needs
is allocated once and every operation writes into one of them.
"""

from itertools import pairwise

import numpy as np


class NumpyMLP:
    """ReLU layers, softmax (or, for one output, logistic) log loss, Adam.

    Parameters
    ----------
    sizes : sequence of int
        Units of each layer, the inputs first.
    batch_size : int
    dtype : data-type
    learning_rate, beta_1, beta_2, epsilon : float
        Of Adam (Kingma and Ba, 2015).
    seed : int
        Of the initial weights (Glorot uniform) and the shuffling.
    """

    def __init__(
        self,
        sizes,
        batch_size,
        dtype=np.float32,
        learning_rate=1e-3,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        seed=0,
    ):
        self.sizes = tuple(sizes)
        self.batch_size = batch_size
        self.dtype = np.dtype(dtype)
        self.learning_rate, self.beta_1, self.beta_2, self.epsilon = (
            learning_rate, beta_1, beta_2, epsilon
        )  # fmt: skip
        self.seed = seed
        shapes = list(pairwise(self.sizes))
        n_params = sum(n_in * n_out + n_out for n_in, n_out in shapes)
        self.params, self.grad, self.m, self.v, self.work = (
            np.zeros(n_params, self.dtype) for _ in range(5)
        )
        self.weights, self.biases = self._views(self.params, shapes)
        self.weight_grads, self.bias_grads = self._views(self.grad, shapes)
        self.activations = [np.empty((batch_size, n), self.dtype) for n in self.sizes]
        self.deltas = [np.empty((batch_size, n), self.dtype) for n in self.sizes]
        self.masks = [np.empty((batch_size, n), bool) for n in self.sizes]
        self.reset()

    @staticmethod
    def _views(flat, shapes):
        weights, biases, start = [], [], 0
        for n_in, n_out in shapes:
            stop = start + n_in * n_out
            weights.append(flat[start:stop].reshape(n_in, n_out))
            biases.append(flat[stop : stop + n_out])
            start = stop + n_out
        return weights, biases

    def reset(self):
        """Back to the initial weights, as if never trained."""
        self.rng = np.random.default_rng(self.seed)
        for W, b in zip(self.weights, self.biases, strict=True):
            bound = (6 / sum(W.shape)) ** 0.5
            W[:] = self.rng.uniform(-bound, bound, W.shape)
            b[:] = 0
        self.m[:] = 0
        self.v[:] = 0
        self.t = 0

    def epoch(self, X, y):
        """Train on all rows once, shuffled; returns the mean loss."""
        order = self.rng.permutation(len(X))
        total = 0.0
        for start in range(0, len(X), self.batch_size):
            rows = order[start : start + self.batch_size]
            total += self._step(X, y, rows)
        return total / len(X)

    def predict_proba(self, X):
        """Class probabilities (n, n_outputs); for one output those of the second class (n, 1)."""
        H = X
        for layer, (W, b) in enumerate(zip(self.weights, self.biases, strict=True), 1):
            H = H @ W
            H += b
            if layer < len(self.weights):
                np.maximum(H, 0, out=H)
        return self._probabilities(H)

    def _probabilities(self, Z):
        if Z.shape[1] == 1:
            np.negative(Z, out=Z)
            np.exp(Z, out=Z)
            Z += 1
            return np.reciprocal(Z, out=Z)
        Z -= Z.max(axis=1, keepdims=True)
        np.exp(Z, out=Z)
        Z /= Z.sum(axis=1, keepdims=True)
        return Z

    def _step(self, X, y, rows):
        n = len(rows)
        H = [a[:n] for a in self.activations]
        D = [d[:n] for d in self.deltas]
        np.take(X, rows, axis=0, out=H[0], mode="clip")  # "raise" would go through a buffer
        last = len(self.weights) - 1
        for layer, (W, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            Z = np.matmul(H[layer], W, out=H[layer + 1])
            Z += b
            if layer < last:
                np.maximum(Z, 0, out=Z)
        loss = self._loss(H[-1], y[rows], D[-1])
        for layer in range(last, -1, -1):
            delta = D[layer + 1]
            np.matmul(H[layer].T, delta, out=self.weight_grads[layer])
            np.sum(delta, axis=0, out=self.bias_grads[layer])
            if layer > 0:
                np.matmul(delta, self.weights[layer].T, out=D[layer])
                D[layer] *= np.greater(H[layer], 0, out=self.masks[layer][:n])
        self._adam()
        return loss

    def _loss(self, Z, labels, delta):
        """Summed log loss of raw outputs Z, which become probabilities; delta = mean gradient."""
        n = len(Z)
        P = self._probabilities(Z)
        if P.shape[1] == 1:
            np.subtract(P, labels[:, None], out=delta)
            likelihood = np.abs(1 - labels - P[:, 0])
        else:
            delta[:] = P
            delta[np.arange(n), labels] -= 1
            likelihood = P[np.arange(n), labels]
        delta *= 1 / n
        return -float(np.log(np.maximum(likelihood, np.finfo(P.dtype).tiny)).sum())

    def _adam(self):
        self.t += 1
        rate = self.learning_rate * (1 - self.beta_2**self.t) ** 0.5 / (1 - self.beta_1**self.t)
        g, m, v, work = self.grad, self.m, self.v, self.work
        m *= self.beta_1
        np.multiply(g, 1 - self.beta_1, out=work)
        m += work
        v *= self.beta_2
        np.multiply(g, g, out=g)
        g *= 1 - self.beta_2
        v += g
        np.sqrt(v, out=g)
        g += self.epsilon
        np.divide(m, g, out=work)
        work *= rate
        self.params -= work
