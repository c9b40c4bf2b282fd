"""Losses and scores of network outputs on rows that are not trained on.

The scores take predictions ``p`` of shape (n, n_out), all functions targets ``y`` in the form that
the loss of the network takes (class numbers or an (n, n_out) array), and weights of shape (n,) or
None. They compute in float64.
"""

import numpy as np

from fastnn.losses import make_loss

__all__ = ["accuracy", "mean_loss", "r2"]


def accuracy(loss, p, y, weight):
    """Share of rows that are classified correctly; with several labels a row, all of them."""
    loss = make_loss(loss)
    if loss.integer_targets:
        hits = p.argmax(axis=1) == y
    else:
        middle = 0.5 if loss.output_activation == "logistic" else 0.0  # margins lie around 0
        hits = ((p > middle) == (y > 0.5)).all(axis=1)
    return float(np.average(hits, weights=weight))


def r2(loss, p, y, weight):
    """Coefficient of determination, averaged over the targets, of their means.

    A constant target counts as 1 if it is met exactly and as 0 otherwise. NaN if a prediction is
    not finite.
    """
    if not np.isfinite(p).all():
        return float("nan")
    if make_loss(loss).paired:
        p, y = p[:, ::2], y[:, ::2]
    y = y.astype(np.float64)
    w = np.ones((len(y), 1)) if weight is None else weight.astype(np.float64)[:, None]
    residual = (w * (y - p) ** 2).sum(axis=0)
    spread = (w * (y - np.average(y, axis=0, weights=weight)) ** 2).sum(axis=0)
    scores = np.where(residual == 0, 1.0, 0.0)
    varies = spread != 0
    scores[varies] = 1 - residual[varies] / spread[varies]
    return float(scores.mean())


def mean_loss(loss, z, y, weight):
    """Weighted mean loss of the rows, without any penalty on the weights of the network.

    ``loss`` is a name or an object of `fastnn.losses`, ``z`` are raw outputs (n, n_out). Summed
    over outputs, except that ``squared_error`` is half the mean over them.
    """
    return float(np.average(make_loss(loss).rows(z, y), weights=weight))
