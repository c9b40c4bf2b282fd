"""SelfOrganizingMap."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.utils.validation import check_is_fitted

from fastnn._types import MatrixLike
from fastnn.estimators.mlp.base import unchanged_on_failure
from fastnn.estimators.shared.callbacks import CallbackSupportMixin
from fastnn.estimators.shared.docs import documented
from fastnn.estimators.shared.pickles import VersionedPickles
from fastnn.estimators.som.fitting import fitted_attributes
from fastnn.estimators.som.parameters import MapParameters
from fastnn.estimators.som.rows import Rows, checked_rows, checked_weights
from fastnn.estimators.som.search import Search, distances
from fastnn.threads import effective_n_threads

__all__ = ["SelfOrganizingMap"]


@documented
class SelfOrganizingMap(
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
    CallbackSupportMixin,
    MapParameters,
    VersionedPickles,
    BaseEstimator,
):
    """A grid of units that spreads over the data, with neighbours on the grid close in space [1]_.

    Each row belongs to its nearest unit, as in k-means; and since a unit follows the rows of its
    neighbours as well, rows that are alike lie close on the grid, which can be drawn.

    In an epoch of the batch rule, the default, every unit moves to a mean of the rows, in which a
    row weighs as much as the unit follows the one that won it. The neighbourhood is wide at first,
    so that the grid unfolds, and narrow in the end, so that units come close to the rows.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    codebook_ : ndarray of shape (n_rows * n_columns, n_features)
        The units, row by row of the grid; reshape it to ``(n_rows, n_columns, n_features)`` for
        their places. It is the map: who assigns to it changes ``predict`` and ``transform``.
    labels_ : ndarray of shape (n_samples,)
        The unit nearest to each row of the last fit.
    quantization_error_ : float
        Mean distance of those rows to their units.
    topographic_error_ : float
        Share of those rows whose two nearest units are no neighbours on the grid.
    n_iter_ : int
        Epochs so far.
    n_features_in_, feature_names_in_
        Number and, if X had them, names of the columns of X.

    References
    ----------
    .. [1] Kohonen, "Self-Organizing Maps", 3rd edition, Springer 2001.

    Examples
    --------
    >>> from fastnn import SelfOrganizingMap
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> som = SelfOrganizingMap(6, 6).fit(X)
    >>> som.predict(X[:1]).shape, som.transform(X).shape
    ((1,), (150, 36))
    >>> som.topographic_error_ < 0.2
    True
    """

    codebook_: np.ndarray
    labels_: np.ndarray
    quantization_error_: float
    topographic_error_: float
    n_iter_: int
    n_features_in_: int
    feature_names_in_: np.ndarray

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: MatrixLike, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Train the map from the beginning.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            In an array NaN is a missing value: distances are over those that a row has, as
            scikit-learn's ``nan_euclidean_distances``, and units move by them alone.
        y : None
            Not used.
        sample_weight : array-like of shape (n_samples,), default=None
            A row of weight 2 counts as two rows.

        Returns
        -------
        self : SelfOrganizingMap

        Raises
        ------
        ValueError
            For parameters, X and weights that have no meaning; the map stays as it was.
        """
        return self._fitted(X, sample_weight, one_epoch=False)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: MatrixLike, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train one more epoch, on these rows.

        Width and learning rate are those of epoch ``n_iter_`` of a fit; after ``n_iter`` epochs
        they stay. So ``n_iter`` calls with the same rows are one ``fit`` without shuffling. Of
        'batch' an epoch forgets what the units have been: for rows that come a few at a time set
        ``algorithm="online"``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : None
            Not used.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self : SelfOrganizingMap

        Raises
        ------
        ValueError
            As for ``fit``, and if the grid is no longer that of the fitted map.
        """
        return self._fitted(X, sample_weight, one_epoch=True)

    def _fitted(self, X, sample_weight, *, one_epoch):
        with unchanged_on_failure(self):
            found, callbacks = fitted_attributes(self, X, sample_weight, one_epoch=one_epoch)
            self.__dict__.update(found)
            callbacks.end()
        return self

    def _rows(self, X, sample_weight=None):
        check_is_fitted(self, "codebook_")
        checked = checked_rows(self, X, reset=False)
        return Rows(checked, checked_weights(sample_weight, checked), self.metric)

    def _codebook(self):
        return np.require(self.codebook_, requirements=["C", "A"])

    def predict(self, X: MatrixLike) -> np.ndarray:
        """Number of the nearest unit of each row; of those equally near, the first.

        Unit ``u`` is in row ``u // n_columns`` and column ``u % n_columns`` of the grid.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        rows = self._rows(X)
        search = Search(self._codebook(), rows.missing, effective_n_threads(self.n_jobs))
        return search.nearest(rows.factors)

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Distances of rows to all units.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray or data frame of shape (n_samples, n_units)
        """
        return distances(self._rows(X), self._codebook(), effective_n_threads(self.n_jobs))

    def score(self, X: MatrixLike, y: Any = None, sample_weight: ArrayLike | None = None) -> float:
        """Minus the quantization error: the mean distance of rows to their nearest units.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : None
            Not used.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        rows, codebook = self._rows(X, sample_weight), self._codebook()
        search = Search(codebook, rows.missing, effective_n_threads(self.n_jobs))
        apart = np.empty(len(rows))
        for chunk in rows.chunks(len(codebook)):
            apart[chunk] = rows.away_from(codebook, search.nearest(rows.factors[chunk]), chunk)
        return -float(np.average(apart, weights=rows.weight))

    @property
    def _n_features_out(self):
        return len(self.codebook_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self.metric == "euclidean"
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
