"""Rows on their way into a map: checked, and in the form in which their winners are searched."""

import numpy as np
from scipy.sparse import issparse
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import row_norms
from sklearn.utils.validation import _check_sample_weight, validate_data

from fastnn._numbers import check_numbers
from fastnn.estimators.shared.missing import located

__all__ = ["Rows", "checked_rows", "checked_weights"]

#: Multiply-adds between two looks at whether the user wants to stop.
_AT_ONCE = 1e9


def checked_rows(estimator, X, *, reset):
    """Validate X: an array, which may have NaN, or a CSR matrix.

    Raises
    ------
    ValueError
        For what is no matrix of numbers, and rows without any value.
    """
    check_numbers(X, kinds="MmV")
    dtype = (np.float64, np.float32) if reset else estimator.codebook_.dtype
    with located(X=X):
        X = validate_data(
            estimator,
            X,
            accept_sparse="csr",
            dtype=dtype,
            order="C",
            ensure_all_finite="allow-nan",
            reset=reset,
        )
    if issparse(X):
        if np.isnan(X.data).any():
            raise ValueError(
                "Input X contains NaN, and is sparse: only in an array NaN stands for a missing "
                "value. Pass X.toarray(), or fill the values in with sklearn.impute.SimpleImputer."
            )
        if not X.has_canonical_format:
            X = X.copy()
            X.sum_duplicates()
        return X
    return np.require(X, requirements="A")


def checked_weights(sample_weight, X):
    """Validate the weights of rows; None stays None."""
    if sample_weight is None:
        return None
    check_numbers(sample_weight, "sample_weight")
    with located(sample_weight=sample_weight):
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    if not weight.any():
        raise ValueError("Sample weights must contain at least one non-zero number.")
    return weight


class Rows:
    """Checked rows as a map takes them.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n, n_features)
    weight : ndarray of shape (n,) or None
    metric : {"euclidean", "cosine"}
        With "cosine" rows are brought to a length of 1.

    Attributes
    ----------
    X : ndarray or CSR matrix of shape (n, n_features)
        As it is compared with the units.
    missing : bool
        Whether there are NaN.
    factors : ndarray or CSR matrix of shape (n, n_features or 2 * n_features)
        What winners are found by, see `fastnn.model.nearest`.
    """

    def __init__(self, X, weight=None, metric="euclidean"):
        self.missing = not issparse(X) and bool(np.isnan(np.min(X)))
        if metric == "cosine":
            if self.missing:
                raise ValueError(
                    "Input X contains NaN, and metric='cosine' takes no missing values: fill them "
                    "in with sklearn.impute.SimpleImputer, or set metric='euclidean'."
                )
            self._is_zero = row_norms(X, squared=True) == 0
            X = normalize(X)
        self.X, self.weight, self.factors, self.sphere = X, weight, X, metric == "cosine"
        self.n_present = X.shape[1]
        if self.missing:
            there = ~np.isnan(X)
            self.n_present = there.sum(axis=1)
            if not self.n_present.all():
                row = np.flatnonzero(self.n_present == 0)[0]
                raise ValueError(f"Input X contains NaN alone in row {row} (counted from 0).")
            self.factors = np.concatenate([np.where(there, X, 0), there], axis=1, dtype=X.dtype)

    def __len__(self):
        return self.X.shape[0]

    def chunks(self, n_units, share=1.0, n_rows=None):
        """Slices of the rows, or of so many, each of which takes some hundredths of a second of a
        search."""
        n_rows = len(self) if n_rows is None else n_rows
        step = max(64, int(share * _AT_ONCE / (n_units * self.factors.shape[1])))
        return [slice(i, min(i + step, n_rows)) for i in range(0, n_rows, step)]

    def weights(self, rows):
        """The weights of some rows, or None."""
        return None if self.weight is None else self.weight[rows]

    def dense(self, rows):
        """Some rows as an array."""
        block = self.X[rows]
        return block.toarray() if issparse(block) else block

    def away_from(self, codebook, units, rows):
        """Distances of some rows to a unit each."""
        away = self.dense(rows) - codebook[units]
        if self.missing:
            away = np.nan_to_num(away, copy=False)
        return self.metric_of(np.einsum("ij,ij->i", away, away) * self._scale(rows), rows)

    def metric_of(self, squared, rows):
        """From squared Euclidean distances, a row or a number for each row, to those asked for.

        Between vectors of length 1 half the square is the cosine distance; a row of zeros, which
        has no direction, is at a distance of 1 from everything.
        """
        if not self.sphere:
            return np.sqrt(squared, out=squared)
        squared /= 2
        squared[self._is_zero[rows]] = 1
        return squared

    def _scale(self, rows):
        return self.X.shape[1] / self.n_present[rows] if self.missing else 1.0

    def scaled(self, squared, rows):
        """Squared distances over the values that there are, as if over all: those of scikit-learn's
        ``nan_euclidean_distances``."""
        return squared * self._scale(rows)[:, None] if self.missing else squared
