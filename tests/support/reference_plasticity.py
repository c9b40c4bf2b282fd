"""Plasticity in plain NumPy: a twin of what the kernels do to a chain of ReLU layers, in float64.

The definition is that of docs/plasticity.md, written down for a whole matrix at a time.
"""

import numpy as np
import reference_optimizers


class Chain:
    """Dense ReLU layers with a linear last one, under the half mean squared error.

    ``weights[k]`` are (W, b) as they were before any loss of signals; what arrives is `arriving`.
    """

    def __init__(self, coefs, intercepts, kind, strength, *, decay=1.0, floor=0.0, loss=0.0):
        self.kind, self.strength, self.decay = kind, strength, decay
        self.floor, self.loss = floor, loss
        arriving = list(zip(coefs, intercepts, strict=True))
        self.steps = 0.0
        self.use = [np.zeros(len(W)) for W in coefs] + [np.zeros(coefs[-1].shape[1])]
        self.grown = [[np.zeros_like(W), np.zeros_like(b)] for W, b in arriving]
        self.weights = [[w / (1 - loss) for w in layer] for layer in arriving]

    def thickness(self, k):
        """Of the weights and biases of layer k."""
        if self.kind == "gradient":
            return self.grown[k]
        before = self.use[k] / (self.use[k].mean() or 1)
        behind = np.ones_like(self.weights[k][1])
        if self.kind == "activity" and k < len(self.weights) - 1:
            behind = self.use[k + 1] / (self.use[k + 1].mean() or 1)
        return [self.steps * np.outer(before, behind), self.steps * behind]

    def slack(self, k):
        return [1 / (1 + self.strength * m) for m in self.thickness(k)]

    def arriving(self):
        return [
            [w * (1 - self.loss * q) for w, q in zip(layer, self.slack(k), strict=True)]
            for k, layer in enumerate(self.weights)
        ]

    def step(self, X, y, weight, optimizer, states, lr, alpha=0.0):
        """One step on a batch whose rows have these weights."""
        layers, h = self.arriving(), [X]
        for k, (W, b) in enumerate(layers):
            z = h[-1] @ W + b
            h.append(np.maximum(z, 0) if k < len(layers) - 1 else z)
        share = weight[:, None] / weight.sum()
        delta, gradients = share * (h[-1] - y), [None] * len(layers)
        for k in range(len(layers) - 1, -1, -1):
            gradients[k] = [h[k].T @ delta, delta.sum(axis=0)]
            delta = (delta @ layers[k][0].T) * (h[k] > 0)
        factors, l2 = [self.slack(k) for k in range(len(layers))], alpha / weight.sum()
        arrived = [[g + l2 * W, b] for (g, b), (W, _) in zip(gradients, layers, strict=True)]
        for k, layer in enumerate(factors):
            own = zip(gradients[k], layer, strict=True)
            gradients[k] = [g * (1 - self.loss * q) for g, q in own]
            gradients[k][0] = gradients[k][0] + l2 * self.weights[k][0]
        self._count(h, share, arrived)
        for k, layer in enumerate(self.weights):
            for i, (w, q) in enumerate(zip(layer, self.slack(k), strict=True)):
                state, g = states.setdefault((k, i), {}), gradients[k][i]
                moved = reference_optimizers.step(optimizer, state, w, g, lr, penalised=False) - w
                fades = lr * optimizer.weight_decay * q * w if i == 0 else 0
                layer[i] = w - fades + np.maximum(self.floor, q) * moved

    def _count(self, h, share, gradients):
        self.steps = self.decay * self.steps + 1
        for use, outputs in zip(self.use, h, strict=True):
            use[:] = self.decay * use + (share * np.abs(outputs)).sum(axis=0)
        for grown, found in zip(self.grown, gradients, strict=True):
            for m, g in zip(grown, found, strict=True):
                m[...] = self.decay * m + g**2 / np.mean(g**2)
