"""DeepEnsembleRegressor."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import r2_score

from fastnn._types import MatrixLike
from fastnn.estimators.ensembles.averaging import AveragedTargets
from fastnn.estimators.ensembles.base import BaseDeepEnsemble, no_partial_fit_of_members
from fastnn.estimators.mlp.base import unchanged_on_failure
from fastnn.estimators.mlp.regressor import MLPRegressor
from fastnn.estimators.shared.availability import UnavailableMethodError, available_unless
from fastnn.estimators.shared.declare import parameters
from fastnn.estimators.shared.docs import documented

__all__ = ["DeepEnsembleRegressor"]


def _no_quantiles(ensemble):
    loss = getattr(ensemble._template(), "loss", None)
    if loss != "quantile":
        raise UnavailableMethodError(
            "predict_quantiles is for members with loss='quantile', one level or several "
            f"(quantile=[0.05, 0.5, 0.95]); with loss={loss!r} they predict none. For intervals "
            "around any other regressor use conformal prediction, for example MAPIE's."
        )


@documented
@parameters
class DeepEnsembleRegressor(RegressorMixin, AveragedTargets, BaseDeepEnsemble):
    """Mean of several regressing perceptrons that are trained side by side.

    Every member is bit for bit the network that its seed trains alone: see ``estimators_``.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    estimators_ : list of MLPRegressor
        The members; with ``rows = estimators_samples_[i]``, ``clone(estimators_[i]).fit(X[rows],
        y[rows])`` gives the same network to the bit.
    estimators_samples_ : list of ndarray
        Row numbers that each was fitted on.
    folds_ : ndarray of shape (n_samples,)
        With sample_by='fold', the number of the member that was not trained on the row: as the
        test_fold of scikit-learn's PredefinedSplit, the folds themselves.
    oof_predictions_ : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Predictions by the members that were not trained on the row, NaN if there are none; with
        sample_by='fold', or 'bootstrap' and oob_score.
    oob_score_ : float
        Score of these, with oob_score.
    n_features_in_, feature_names_in_
        Number and, if X had them, names of the columns of X.

    References
    ----------
    .. [1] Lakshminarayanan, Pritzel & Blundell, "Simple and scalable predictive uncertainty
       estimation using deep ensembles", NIPS 2017.

    Examples
    --------
    >>> from fastnn import DeepEnsembleRegressor, MLPRegressor
    >>> from sklearn.datasets import make_regression
    >>> X, y = make_regression(n_samples=200, n_features=10, random_state=1)
    >>> net = MLPRegressor(solver="lbfgs", max_iter=500)
    >>> model = DeepEnsembleRegressor(net, 4, random_state=1).fit(X[:150], y[:150])
    >>> mean, std = model.predict(X[150:], return_std=True)
    >>> mean.shape == std.shape == (50,)
    True
    """

    _of_type = MLPRegressor

    def _network(self):
        return self.estimators_[0] if "estimators_" in self.__dict__ else self._template()

    def _learn_targets(self, y):
        self.n_outputs_ = 1 if y.ndim == 1 else y.shape[1]

    @available_unless(no_partial_fit_of_members)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: MatrixLike, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Train every member for one epoch on these rows, going on from where it is.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self : DeepEnsembleRegressor
        """
        with unchanged_on_failure(self):
            return self._partial_fit(X, y, sample_weight)

    @available_unless(_no_quantiles)
    def predict_quantiles(self, X: MatrixLike) -> np.ndarray:
        """Predict the levels of loss='quantile' in ascending order, which never cross.

        They are the means of the members' quantiles (Vincentization), and sorted: to rearrange
        crossing quantiles never takes them further from the true ones [1]_.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_levels) or (n_samples, n_outputs, n_levels)

        References
        ----------
        .. [1] Chernozhukov, Fernandez-Val & Galichon, "Quantile and probability curves without
           crossing", Econometrica 2010.
        """
        found = self._mean(X)
        found = np.sort(found.reshape(len(found), self.n_outputs_, -1), axis=-1)
        return found[:, 0] if self.n_outputs_ == 1 else found

    def score(self, X: MatrixLike, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """Return R squared; with several levels of loss='quantile', the mean over them of the share
        of the pinball loss that is explained, as ``MLPRegressor.score`` does.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        if not self.estimators_[0]._levels():
            return super().score(X, y, sample_weight)
        return self.estimators_[0]._pinball_score(self.predict(X), y, sample_weight)

    @staticmethod
    def _default_metric(y, prediction, sample_weight=None):
        return r2_score(y, prediction, sample_weight=sample_weight)
