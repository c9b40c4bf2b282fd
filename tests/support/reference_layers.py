"""The NumPy twin of layers: what a list of them puts out, in training and at prediction."""

import re

import numpy as np
import reference
import reference_random
from reference_images import Images
from scipy.special import expit, softmax

from fastnn.layers import CustomActivation


class Twin(Images):
    """One forward pass in float64.

    Parameters
    ----------
    network : CompiledNetwork
        Whose layers, parameters and running statistics are used.
    training : bool
    seed, step : int
        Of the random numbers.
    weight : ndarray of shape (n,) or None
        Of the rows in the statistics of a batch.
    """

    def __init__(self, network, *, training=False, seed=0, step=0, weight=None):
        self.network, self.training, self.seed, self.step = network, training, seed, step
        self.weight, self.shape = weight, None
        self.stage, self.batch = 0, []
        self._dense = list(zip(network.coefs, network.intercepts, strict=True))
        self._norms = list(zip(network.gains, network.shifts, strict=True))
        self._running = list(network.running)

    def forward(self, X):
        """Raw outputs (n, n_out) of all rows as one batch."""
        h = X.astype(np.float64)
        for layer in self.network.layers:
            h = self.apply(layer, h)
        return h

    def apply(self, layer, x):
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(layer).__name__)
        return getattr(self, name.lower())(layer, x)

    def _next_stage(self):
        self.stage += 1
        return reference_random.key(self.seed, self.step, self.stage - 1)

    def dense(self, layer, x):
        self.shape = None
        W, b = self._dense.pop(0)
        fused = layer.activation in reference.ACTIVATIONS and layer.activation != "bernoulli"
        self._next_stage()
        z = x @ W.astype(float) + b
        return reference.ACTIVATIONS[layer.activation][0](z) if fused else self.activate(layer, z)

    def activation(self, layer, x):
        return self.activate(layer, x)

    def activate(self, layer, z):
        if layer.activation == "lwta":
            self._next_stage()
            return local_winners(z, 2)
        if isinstance(layer.activation, CustomActivation):
            self._next_stage()
            return layer.activation.f(z)
        if layer.activation == "bernoulli":
            self._next_stage()  # the logistic function
            p, key = expit(z), self._next_stage()
            return reference_random.bernoulli(p, key, 0) if self.training else p
        if layer.activation == "identity":
            return z
        self._next_stage()
        return reference.ACTIVATIONS[layer.activation][0](z)

    def dropout(self, layer, x):
        key = self._next_stage()
        return reference_random.dropout(x, key, 0, layer.rate) if self.training else x

    def gaussian_noise(self, layer, x):
        key = self._next_stage()
        noise = reference_random.normal(key, 0, *x.shape) if self.training else 0
        return x + layer.scale * noise

    def layer_norm(self, layer, x):
        self._next_stage()
        gain, shift = self._norms.pop(0)
        spread = np.sqrt(x.var(axis=1, keepdims=True) + layer.epsilon)
        return gain * (x - x.mean(axis=1, keepdims=True)) / spread + shift

    def gain(self, layer, x):
        self._next_stage()
        return self._norms.pop(0)[0] * x

    def activity_l1(self, layer, x):
        self._next_stage()
        return x

    def local_winners(self, layer, x):
        self._next_stage()
        return local_winners(x, layer.size)

    def gated(self, layer, x):
        h = x
        for inner in layer.layers:
            h = self.apply(inner, h)
        if h.shape != x.shape:
            self._next_stage()
            x = x @ self._dense.pop(0)[0]
        self._next_stage()
        return h * x

    def highway(self, layer, x):
        h = x
        for inner in layer.layers:
            h = self.apply(inner, h)
        W, b = self._dense.pop(0)
        self._next_stage()
        gate = expit(x @ W + b)
        if h.shape != x.shape:
            self._next_stage()
            x = x @ self._dense.pop(0)[0]
        for _ in range(4):
            self._next_stage()
        return gate * h + (1 - gate) * x

    def softmax(self, layer, x):
        self._next_stage()
        return softmax(x, axis=1)

    def scale(self, layer, x):
        self._next_stage()
        return layer.factor * x

    def batch_norm(self, layer, x):
        self._next_stage()
        gain, shift = self._norms.pop(0)
        mean, variance = self._running.pop(0)
        n, width = x.shape
        x, places = self.by_channel(x)
        if self.training:
            weight = None if self.weight is None else np.repeat(self.weight, places)
            mean = np.average(x, axis=0, weights=weight)
            variance = np.average((x - mean) ** 2, axis=0, weights=weight)
            share = np.full(n, 1) if self.weight is None else self.weight
            share = (share / share.sum()) ** 2
            self.batch.append((mean, variance / (1 - share.sum() / places)))
        h = gain * (x - mean) / np.sqrt(variance + layer.epsilon) + shift
        return h.reshape(n, width)

    def columns(self, layer, x):
        self._next_stage()
        return encoded_rows(x, layer.columns)

    def residual(self, layer, x):
        h, before = x, self.shape or getattr(layer.layers[0], "input_shape", None)
        for inner in layer.layers:
            h = self.apply(inner, h)
        if h.shape != x.shape or (self.shape and self.shape != before):
            self._next_stage()
            W, b = self._dense.pop(0)
            assert b.size == 0
            x = self.projected(x, before if self.shape else None, W.astype(float))
        self._next_stage()
        return h + x


def local_winners(x, size):
    """Of each `size` neighbours the largest, the first of equal ones, and 0 for the others."""
    found = np.zeros_like(x)
    for first in range(0, x.shape[1], size):
        best = first + x[:, first : first + size].argmax(axis=1)[:, None]
        np.put_along_axis(found, best, np.take_along_axis(x, best, axis=1), axis=1)
    return found


def encoded_rows(x, columns):
    """The entries of rows, those of a column beside those of the column before."""
    return np.hstack([encoded(column, z) for column, z in zip(columns, x.T, strict=True)])


def encoded(column, x):
    """The entries (n, .) of a column, by their definition."""
    if getattr(column, "n_levels", 0):
        return (
            np.array([[number == level for level in range(column.n_levels)] for number in x]) * 1.0
        )
    entries = [column.scale * x + column.shift] if column.value else []
    for low, high, mean in zip(column.edges[:-1], column.edges[1:], column.mean, strict=True):
        entries.append(np.clip((x - low) / (high - low), 0, 1) - mean)
    return np.stack(entries, axis=1)


def drawn(net):
    """A network with all its parameters and statistics drawn, none of them zero or one."""
    rng = np.random.RandomState(3)
    for block in [*net.coefs, *net.intercepts, *net.shifts]:
        block[...] = rng.normal(scale=0.4, size=block.shape)
    for gain in net.gains:
        gain[...] = rng.uniform(0.5, 1.5, gain.shape)
    for mean, variance in net.running:
        mean[...], variance[...] = rng.normal(size=mean.shape), rng.uniform(0.5, 2, mean.shape)
    return net
