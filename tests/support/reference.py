"""The NumPy twin: the slow, plain network that the engine is measured against.

``Network``, ``Trainer`` and ``forward_arrays`` have the API of ``fastnn.network.compiled`` and
nothing of its code: every formula is written once more, over whole arrays, in the order of the
textbook. Nothing here is fast, threaded or blocked, and nothing here imports ``fastnn``.

Conventions
-----------
Rows of weight w_i have S = sum(w_i) (their number when there are no weights). The *objective* is

    sum_i w_i * loss_i / S + alpha / (2 * S) * sum(coefs ** 2)

with ``loss_i`` summed over the outputs, and ``loss_and_grad`` returns it with its own gradient. The
*reported* loss, which ``Trainer.loss_sum`` accumulates, is the same except for ``squared_error``:
there, ``loss_i`` is averaged over the outputs, as scikit-learn prints it (its gradient, like ours,
is that of the sum). With one output the two are equal.
"""

from itertools import pairwise

import numpy as np
from reference_losses import LOSSES, OUTPUTS
from reference_optimizers import step
from scipy.sparse import issparse
from scipy.special import expit, ndtr

# The constants of SELU, for which mean 0 and variance 1 are a fixed point.
SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772

# Activations: name -> (f(z), f'(z, h)) with h = f(z).
ACTIVATIONS = {
    "identity": (lambda z: z.copy(), lambda z, h: np.ones_like(z)),
    "logistic": (expit, lambda z, h: h * (1 - h)),
    "tanh": (np.tanh, lambda z, h: 1 - h**2),
    "relu": (lambda z: np.maximum(z, 0), lambda z, h: (z > 0).astype(z.dtype)),
    "leaky_relu": (lambda z: np.maximum(z, 0.01 * z), lambda z, h: np.where(z > 0, 1, 0.01)),
    "elu": (
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z, h: np.exp(np.minimum(z, 0)),
    ),
    "selu": (
        lambda z: SCALE * np.where(z > 0, z, ALPHA * np.expm1(np.minimum(z, 0))),
        lambda z, h: SCALE * np.where(z > 0, 1, ALPHA * np.exp(np.minimum(z, 0))),
    ),
    "gelu": (
        lambda z: z * ndtr(z),
        lambda z, h: ndtr(z) + z * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi),
    ),
    "silu": (lambda z: z * expit(z), lambda z, h: expit(z) * (1 + z * expit(-z))),
    "mish": (
        lambda z: z * np.tanh(np.logaddexp(0, z)),
        lambda z, h: np.tanh(np.logaddexp(0, z)) + z * expit(z) / np.cosh(np.logaddexp(0, z)) ** 2,
    ),
    "softplus": (lambda z: np.logaddexp(0, z), lambda z, h: expit(z)),
    "softsign": (lambda z: z / (1 + np.abs(z)), lambda z, h: 1 / (1 + np.abs(z)) ** 2),
    "step": (lambda z: (z > 0).astype(z.dtype), lambda z, h: (np.abs(z) <= 1).astype(z.dtype)),
}

#: What numerical differentiation cannot check: the slope of the step is not its derivative.
STRAIGHT_THROUGH = {"step"}

# Activations of the last layer: name of the loss -> what turns raw outputs into predictions.
OUTPUT_ACTIVATIONS = {name: OUTPUTS[output] for name, (_, output, _) in LOSSES.items()}


def forward_arrays(
    coefs, intercepts, activation, loss, X, raw=False, n_threads=1, check_finite=False
):
    """Outputs (n, n_out) of a network given as arrays, with one activation for hidden layers."""
    if check_finite and not np.isfinite(X).all():
        raise ValueError("X is not finite")
    layers = len(coefs) - 1
    h = _of_dtype(X, coefs[0].dtype)
    for i, (coef, intercept) in enumerate(zip(coefs, intercepts, strict=True)):
        z = h @ coef + intercept
        h = ACTIVATIONS[activation][0](z) if i < layers else z
    return z if raw else OUTPUT_ACTIVATIONS[loss](z)


class Network:
    """Layers over one flat parameter vector: coefs[0], coefs[1], ..., then the intercepts."""

    def __init__(self, n_in, layers, loss, dtype=np.float64):
        self.layers = list(layers)
        self.loss = loss
        self.dtype = np.dtype(dtype)
        widths = [n_in, *(layer.n_out for layer in self.layers)]
        self._shapes = list(pairwise(widths))
        self.n_params = sum((n_in + 1) * n_out for n_in, n_out in self._shapes)
        self.params = np.zeros(self.n_params, dtype=self.dtype)
        self.coefs, self.intercepts = self._views(self.params)

    def _views(self, params):
        """(coefs, intercepts): reshaped views of a flat vector."""
        coefs, intercepts, start = [], [], 0
        for n_in, n_out in self._shapes:
            coefs.append(params[start : start + n_in * n_out].reshape(n_in, n_out))
            start += n_in * n_out
        for _, n_out in self._shapes:
            intercepts.append(params[start : start + n_out])
            start += n_out
        return coefs, intercepts

    def _activations(self, params, X):
        """Pre-activations and outputs of every layer; hs[0] is the input, zs[-1] the raw output."""
        coefs, intercepts = self._views(params)
        zs, hs = [None], [_of_dtype(X, self.dtype)]
        for layer, coef, intercept in zip(self.layers, coefs, intercepts, strict=True):
            zs.append(hs[-1] @ coef + intercept)
            hs.append(ACTIVATIONS[layer.activation][0](zs[-1]))
        return zs, hs

    def _forward(self, params, X, raw):
        z = self._activations(params, X)[1][-1]
        return z if raw else OUTPUT_ACTIVATIONS[self.loss](z)

    def forward(self, X, *, raw=False, n_threads=1, out=None):
        result = self._forward(self.params, X, raw)
        if out is not None:
            out[...] = result
            return out
        return result

    def _backprop(self, params, X, y, sample_weight, alpha):
        """(objective, reported loss, gradient) of these rows at these parameters."""
        zs, hs = self._activations(params, X)
        coefs, _ = self._views(params)
        z, (function, _, parameter) = hs[-1], LOSSES[self.loss]
        if self.loss.startswith("softmax"):
            y = np.eye(z.shape[1], dtype=self.dtype)[y]
        w = np.ones(len(z), dtype=self.dtype) if sample_weight is None else sample_weight
        total = w.sum()

        losses, slopes = function(z, y, parameter, 0)
        data = float(w @ losses.sum(axis=1)) / total
        penalty = 0.5 * alpha * sum(float((coef**2).sum()) for coef in coefs) / total
        shown = data / z.shape[1] if self.loss == "squared_error" else data

        grad = np.empty(self.n_params, dtype=self.dtype)
        grad_coefs, grad_intercepts = self._views(grad)
        delta = slopes * w[:, None]
        for i in reversed(range(len(coefs))):
            delta = delta * ACTIVATIONS[self.layers[i].activation][1](zs[i + 1], hs[i + 1])
            grad_coefs[i][...] = (hs[i].T @ delta + alpha * coefs[i]) / total
            grad_intercepts[i][...] = delta.sum(axis=0) / total
            delta = delta @ coefs[i].T
        return data + penalty, shown + penalty, grad

    def loss_and_grad(self, X, y, *, sample_weight=None, alpha=0.0, n_threads=1, grad=None):
        objective, _, g = self._backprop(self.params, X, y, sample_weight, alpha)
        if grad is None:
            return objective, g
        grad[...] = g
        return objective, grad

    def trainer(self, optimizer, *, alpha=0.0, batch_size, n_threads=1):
        return Trainer(self, optimizer, alpha=alpha, batch_size=batch_size)


class Trainer:
    """Mini-batch steps over a private copy of a network's parameters."""

    def __init__(self, network, optimizer, *, alpha, batch_size):
        self.network = network
        self.optimizer = optimizer
        self.alpha = alpha
        self.batch_size = batch_size
        self.loss_sum = 0.0
        self.push()

    def push(self):
        self._params = self.network.params.copy()
        self._state = {
            key: value.copy() if isinstance(value, np.ndarray) else value
            for key, value in self.optimizer.state.items()
        }

    def pull(self):
        self.network.params[...] = self._params
        self.optimizer.state = {
            key: value.copy() if isinstance(value, np.ndarray) else value
            for key, value in self._state.items()
        }

    def run(self, X, y, order, begin, end, *, learning_rate, sample_weight=None):
        for b in range(begin, end):
            rows = order[b * self.batch_size : (b + 1) * self.batch_size]
            w = None if sample_weight is None else sample_weight[rows]
            _, loss, grad = self.network._backprop(self._params, X[rows], y[rows], w, self.alpha)
            self.loss_sum += loss * len(rows)
            self._params = step(
                self.optimizer,
                self._state,
                self._params,
                grad,
                learning_rate,
                l1_scale=1 / (len(rows) if w is None else w.sum()),
                penalised=np.arange(len(grad)) < sum(c.size for c in self.network.coefs),
            )

    def forward(self, X, *, raw=False):
        return self.network._forward(self._params, X, raw)

    def snapshot(self):
        return self._params.copy()

    def restore(self, snapshot):
        self._params[...] = snapshot

    def all_finite(self):
        return bool(np.isfinite(self._params).all())


def _of_dtype(X, dtype):
    return X.astype(dtype) if issparse(X) else np.asarray(X, dtype=dtype)
