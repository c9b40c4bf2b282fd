"""What `diagnose` measures of the inputs."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse

__all__ = ["InputMeasures", "input_measures"]

#: Most features whose correlations are computed: that takes the cube of their number.
_CORRELATED = 1000


@dataclass
class InputMeasures:
    """The inputs.

    Attributes
    ----------
    sizes : ndarray of shape (n_features,)
        Root mean square of each feature, its mean included.
    row_norm : float
        Root mean square of the norms of rows.
    signal : float
        As that of a layer.
    condition_number : float or None
        Largest over smallest eigenvalue of the features' correlation matrix, constant features
        and exact linear dependence left out; None for sparse input or more than 1000 features.
    middle_ratio : float or None
        Largest over median eigenvalue.
    names : ndarray of str or None
        Of the features, where they have some.
    """

    sizes: np.ndarray
    row_norm: float
    signal: float
    condition_number: float | None
    middle_ratio: float | None
    names: np.ndarray | None = None

    def name(self, k: int) -> str:
        """Feature k, in words."""
        return f"feature {k}" if self.names is None else f"feature {self.names[k]!r}"


def input_measures(X, names=None):
    """Measure the rows of X."""
    squares = np.asarray((X.multiply(X) if issparse(X) else X**2).mean(axis=0)).ravel()
    variances = np.maximum(squares - np.asarray(X.mean(axis=0)).ravel() ** 2, 0.0)
    condition = middle = None
    if not issparse(X) and X.shape[1] <= _CORRELATED and X.shape[0] > 2:
        condition, middle = _correlation(X)
    return InputMeasures(
        sizes=np.sqrt(squares),
        row_norm=float(np.sqrt(squares.sum())),
        signal=float(np.sqrt(variances.mean())),
        condition_number=condition,
        middle_ratio=middle,
        names=names if names is not None and len(names) == X.shape[1] else None,
    )


def _correlation(X):
    """Largest eigenvalue of the correlation matrix over the smallest and over the median one."""
    centred = X - X.mean(axis=0)
    spread = centred.std(axis=0)
    varies = spread > 1e-12 * np.abs(X).max(axis=0, initial=0.0)
    if varies.sum() < 2:
        return 1.0, 1.0
    standard = centred[:, varies] / spread[varies]
    values = np.linalg.eigvalsh(standard.T @ standard / len(X))
    values = values[values > 1e-10 * values[-1]]
    return float(values[-1] / values[0]), float(values[-1] / np.median(values))
