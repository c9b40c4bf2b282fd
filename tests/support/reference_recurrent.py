"""The NumPy twin of recurrent layers: a sequence at a time, a step at a time."""

import numpy as np
from scipy.special import expit


def step(kind, activation, units, W, b, x, h, c):
    """Outputs and cell after a step, from those before it; formulas as PyTorch documents them."""
    own, rows = W[:units], W[units:]
    if kind == "rnn":
        z = x @ rows + h @ own + b
        return (np.tanh(z) if activation == "tanh" else np.maximum(z, 0)), c
    if kind == "gru":
        (r1, z1, n1), (r2, z2, n2) = (
            np.split(x @ rows[1:] + b, 3),
            np.split(h @ own + rows[0], 3),
        )
        r, z = expit(r1 + r2), expit(z1 + z2)
        return (1 - z) * np.tanh(n1 + r * n2) + z * h, c
    i, f, g, o = np.split(x @ rows + h @ own + b, 4)
    c = expit(f) * c + expit(i) * np.tanh(g)
    return expit(o) * np.tanh(c), c


def run(kind, units, W, b, sequence, *, reverse=False, activation="tanh", state=None):
    """Outputs (T, units) of all steps, in the order of the sequence, and the state at the end."""
    h, c = state or (np.zeros(units), np.zeros(units))
    found = np.zeros((len(sequence), units))
    for t in range(len(sequence))[:: -1 if reverse else 1]:
        h, c = found[t], _ = step(kind, activation, units, W, b, sequence[t], h, c)
    return found, (h, c)


def layer(layer, weights, sequence):
    """What a layer of fastnn.layers puts out for one sequence (T, d): (T, units) or (units,)."""
    directions = []
    for reverse, (W, b) in zip((False, True), weights, strict=False):
        kind = type(layer).__name__.lower()
        more = {"activation": getattr(layer, "activation", "tanh"), "reverse": reverse}
        outputs, (h, _) = run(kind, layer.n_out, W, b, sequence, **more)
        if layer.output == "last":
            outputs = h
        elif layer.output == "mean":
            outputs = outputs.mean(axis=0)
        directions.append(outputs)
    return np.concatenate(directions, axis=-1)
