"""How unlike those of training rows are: badly reconstructed ones are outliers."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from fastnn._types import MatrixLike
from fastnn.estimators.autoencoder.rows import blocks, dense
from fastnn.estimators.shared.data import scoring_data

__all__ = ["NoveltyMixin"]


class NoveltyMixin:
    """Scores of rows by their reconstruction, ``contamination`` of which are below ``offset_``."""

    def _learn_offset(self, X, sample_weight):
        """The score that rows with the share ``contamination`` of the weight do not exceed."""
        scores = self.score_samples(X)
        order = np.argsort(scores)
        weight = np.ones(len(scores)) if sample_weight is None else np.asarray(sample_weight)
        below = np.cumsum(weight[order], dtype=np.float64)
        self.offset_ = float(scores[order][np.searchsorted(below, self.contamination * below[-1])])

    def score_samples(self, X: MatrixLike) -> np.ndarray:
        """Minus the mean squared error of the reconstruction of each row: low for unusual ones.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        check_is_fitted(self)
        X = scoring_data(self, X)
        scores = np.empty(X.shape[0])
        for some in blocks(*X.shape):
            difference = dense(X[some]) - self._outputs(X[some])
            scores[some] = -(difference * difference).mean(axis=1)
        return scores

    def decision_function(self, X: MatrixLike) -> np.ndarray:
        """Scores less ``offset_``: negative for outliers.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: MatrixLike) -> np.ndarray:
        """Tell whether rows are like those of training.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of int of shape (n_samples,)
            1 for those that are, -1 for outliers.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def score(self, X: MatrixLike, y: Any = None, sample_weight: ArrayLike | None = None) -> float:
        """Mean of ``score_samples``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        return float(np.average(self.score_samples(X), weights=sample_weight))
