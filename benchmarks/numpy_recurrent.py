"""An LSTM with a linear layer behind its last step, written in NumPy by hand: what one writes who
wants no library. Adam, squared error, the gradient's norm held to 1."""

import numpy as np


def logistic(z):
    return 1 / (1 + np.exp(-z))


class Lstm:
    """Gates i f g o; weights of one matrix, of the units' own outputs and then of the step."""

    def __init__(self, units, width, rate=0.005):
        rng, bound = np.random.RandomState(0), units**-0.5
        shapes = (units + width, 4 * units), (4 * units,), (units, 1), (1,)
        self.parameters = [rng.uniform(-bound, bound, s).astype(np.float32) for s in shapes]
        self.parameters[1][units : 2 * units] = 1
        self.moments = [[np.zeros_like(p), np.zeros_like(p)] for p in self.parameters]
        self.units, self.rate, self.t = units, np.float32(rate), 0

    def step(self, x, h, c):
        """One step forward: what the way back needs, and the new h and c."""
        n, (W, b, *_) = self.units, self.parameters
        inputs = np.concatenate([h, x], axis=1)
        z = inputs @ W + b
        i, f, g, o = (
            logistic(z[:, :n]),
            logistic(z[:, n : 2 * n]),
            z[:, 2 * n : 3 * n],
            z[:, 3 * n :],
        )
        g, o = np.tanh(g), logistic(o)
        after = f * c + i * g
        t = np.tanh(after)
        return (inputs, i, f, g, o, c, t), o * t, after

    def train(self, X, y):
        """A step of Adam on sequences X (rows, steps, width) with targets (rows, 1)."""
        h = c = np.zeros((len(X), self.units), np.float32)
        kept = []
        for t in range(X.shape[1]):
            found, h, c = self.step(X[:, t], h, c)
            kept.append(found)
        W, _, V, a = self.parameters
        error = (h @ V + a - y) * np.float32(2 / len(X))
        gradients = [np.zeros_like(p) for p in self.parameters]
        gradients[2], gradients[3] = h.T @ error, error.sum(axis=0)
        dh, dc = error @ V.T, np.float32(0)
        for inputs, i, f, g, o, before, t in reversed(kept):
            dc = dc + dh * o * (1 - t * t)
            parts = dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g * g)
            d = np.concatenate([*parts, dh * t * o * (1 - o)], axis=1)
            gradients[0] += inputs.T @ d
            gradients[1] += d.sum(axis=0)
            dh, dc = d @ W[: self.units].T, dc * f
        self.update(gradients)

    def update(self, gradients):
        norm = np.sqrt(sum(float((g * g).sum()) for g in gradients))
        factor, self.t = np.float32(min(1, 1 / norm)), self.t + 1
        for p, g, (m, v) in zip(self.parameters, gradients, self.moments, strict=True):
            g = g * factor
            m += np.float32(0.1) * (g - m)
            v += np.float32(0.001) * (g * g - v)
            scale = self.rate / np.float32(1 - 0.9**self.t)
            p -= scale * m / (np.sqrt(v / np.float32(1 - 0.999**self.t)) + np.float32(1e-8))
