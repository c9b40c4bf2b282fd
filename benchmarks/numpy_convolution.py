"""The network of benchmarks/convolution.py in NumPy by hand: windows written down, then BLAS."""

import numpy as np


def windows(x, size):
    """(n, places down, places right, size * size * channels) of images (n, h, w, channels)."""
    found = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    found = found.transpose(0, 1, 2, 4, 5, 3)
    return found.reshape(*found.shape[:3], -1)


def pooled(h):
    """The largest of each 2 x 2 cells, and where it is."""
    n, height, width, channels = h.shape
    cells = h.reshape(n, height // 2, 2, width // 2, 2, channels).transpose(0, 1, 3, 5, 2, 4)
    cells = cells.reshape(n, height // 2, width // 2, channels, 4)
    return cells.max(axis=4), cells.argmax(axis=4)


def unpooled(d, which):
    """The gradient by the cells from that by the largest."""
    n, height, width, channels = d.shape
    cells = (np.arange(4) == which[..., None]) * d[..., None]
    cells = cells.reshape(n, height, width, channels, 2, 2).transpose(0, 1, 4, 2, 5, 3)
    return cells.reshape(n, 2 * height, 2 * width, channels).astype(d.dtype)


def scattered(d, shape, size):
    """Gradients by windows added up where the windows lie."""
    n, height, width, _ = d.shape
    d = d.reshape(n, height, width, size, size, -1)
    found = np.zeros(shape, d.dtype)
    for i, j in np.ndindex(size, size):
        found[:, i : i + height, j : j + width] += d[:, :, :, i, j]
    return found


def first_weights(rng):
    shapes = ((25, 16), (400, 32), (512, 128), (128, 10))
    return [
        array
        for n_in, n_out in shapes
        for array in (
            rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out)).astype(np.float32),
            np.zeros(n_out, np.float32),
        )
    ]


def gradients(weights, x, y):
    """Gradients of the mean log loss by all weights."""
    (K1, a, K2, b, W1, c, W2, d), n = weights, len(x)
    x1 = windows(x.reshape(n, 28, 28, 1), 5)
    h1 = np.maximum(x1 @ K1 + a, 0)
    p1, at1 = pooled(h1)
    x2 = windows(p1, 5)
    h2 = np.maximum(x2 @ K2 + b, 0)
    p2, at2 = pooled(h2)
    flat = p2.reshape(n, -1)
    h3 = np.maximum(flat @ W1 + c, 0)
    z = h3 @ W2 + d
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(n), y] -= 1
    p /= np.float32(n)
    d3 = (p @ W2.T) * (h3 > 0)
    d2 = unpooled((d3 @ W1.T).reshape(p2.shape), at2) * (h2 > 0)
    d1 = unpooled(scattered(d2 @ K2.T, p1.shape, 5), at1) * (h1 > 0)
    rows1, rows2 = d1.reshape(-1, 16), d2.reshape(-1, 32)
    return [
        *(x1.reshape(-1, 25).T @ rows1, rows1.sum(axis=0)),
        *(x2.reshape(-1, 400).T @ rows2, rows2.sum(axis=0)),
        *(flat.T @ d3, d3.sum(axis=0), h3.T @ p, p.sum(axis=0)),
    ]


def epoch_by_hand(X, y, batch_size=64):
    """An epoch with Adam from new weights, which it returns."""
    rng = np.random.default_rng(0)
    weights = first_weights(rng)
    moments = [(np.zeros_like(w), np.zeros_like(w)) for w in weights]
    order = rng.permutation(len(X))
    for t, begin in enumerate(range(0, len(X), batch_size), 1):
        rows = order[begin : begin + batch_size]
        found = gradients(weights, X[rows], y[rows])
        for w, g, (m, v) in zip(weights, found, moments, strict=True):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            w -= 0.001 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return weights
