"""Rows of an autoencoder, some at a time: nothing as large as sparse X would be dense is held."""

import numpy as np
from scipy.sparse import issparse

from fastnn.estimators.shared.early_stopping import HeldOut

__all__ = ["HeldOutRows", "blocks", "dense"]

#: Most rows, and numbers in all, that are dense in float64 at a time.
_ROWS, _NUMBERS = 1024, 1 << 20


def blocks(n_rows, n_features):
    """Slices of the rows."""
    step = max(1, min(_ROWS, _NUMBERS // n_features))
    return [slice(i, min(i + step, n_rows)) for i in range(0, n_rows, step)]


def dense(rows):
    """Rows as an array of float64."""
    return (rows.toarray() if issparse(rows) else rows).astype(np.float64)


class HeldOutRows(HeldOut):
    """Rows set apart that a network is to give back: the same measures, in blocks."""

    def measure(self, trainer):
        """Return (score, loss) of the weights that the trainer has now."""
        if not issparse(self._y):
            return super().measure(trainer)
        n, n_features = self._y.shape
        weight = np.ones(n) if self.weight is None else self.weight.astype(np.float64)
        mean = weight @ self._y / weight.sum()
        loss, residual, spread = 0.0, np.zeros(n_features), np.zeros(n_features)
        for some in blocks(n, n_features):
            rows, w = dense(self._y[some]), weight[some]
            z = trainer.forward(self.X[some], raw=True)
            with np.errstate(over="ignore", invalid="ignore"):  # of a training about to diverge
                loss += float(w @ self._loss.rows(z, rows))
                residual += w @ (rows - self._loss.predictions(z)) ** 2
            spread += w @ (rows - mean) ** 2
        loss /= weight.sum()
        if self._score is None:
            return -loss, loss
        scores = np.where(residual == 0, 1.0, 0.0)  # as fastnn.training.validation.r2
        varies = spread != 0
        scores[varies] = 1 - residual[varies] / spread[varies]
        return (float(scores.mean()) if np.isfinite(residual).all() else float("nan")), loss
