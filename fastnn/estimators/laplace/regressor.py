"""LaplaceRegressor."""

from typing import Any

import numpy as np
from scipy.special import ndtri
from sklearn.base import RegressorMixin

from fastnn._types import MatrixLike
from fastnn.estimators.laplace.base import BaseLaplace
from fastnn.estimators.laplace.posterior import curvatures, tuned
from fastnn.estimators.mlp.parameters import POSITIVE
from fastnn.estimators.mlp.regressor import MLPRegressor
from fastnn.estimators.shared.declare import fitted, parameter, parameters
from fastnn.estimators.shared.docs import documented
from fastnn.estimators.shared.uncertainty import Variances

__all__ = ["LaplaceRegressor"]


@documented
@parameters
class LaplaceRegressor(RegressorMixin, BaseLaplace):
    """A regressing perceptron that knows how sure it is, by Laplace's approximation.

    The weights of the last layer, or all, are normal around the fitted ones, with the curvature of
    the loss as precision; of the last layer, the layers before it make features. The intercepts
    count as known. Without hidden layers this is the posterior of scikit-learn's BayesianRidge.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    estimator_ : MLPRegressor
        The network, whose predictions are the mean.
    prior_precision_, noise_precision_ : ndarray of shape (n_outputs,)
        Of the weights of each output, and of the target around it.
    n_features_in_, feature_names_in_
        Number and, if X had them, names of the columns of X.

    References
    ----------
    .. [1] MacKay, "A practical Bayesian framework for backpropagation networks", Neural Computation
       4, 1992.
    .. [2] Daxberger et al., "Laplace redux: effortless Bayesian deep learning", NeurIPS 2021.

    Examples
    --------
    >>> from fastnn import LaplaceRegressor, MLPRegressor
    >>> from sklearn.datasets import make_regression
    >>> X, y = make_regression(n_samples=200, n_features=10, random_state=1)
    >>> net = MLPRegressor(solver="lbfgs", random_state=1, max_iter=500)
    >>> mean, std = LaplaceRegressor(net).fit(X[:150], y[:150]).predict(X[150:], return_std=True)
    >>> mean.shape == std.shape == (50,)
    True
    """

    noise_precision_: np.ndarray = fitted()

    noise_precision: float | None = parameter(
        "float or None",
        "One over the variance of the target around the prediction; None is the most probable one.",
        default=None,
        valid=[POSITIVE, None],
    )
    _of_type = MLPRegressor
    _loss = "squared_error"

    def _learn(self, X, y, weight):
        y = np.asarray(y, np.float64).reshape(X.shape[0], -1)
        errors = weight @ np.square(y - self.estimator_._outputs(X))
        noise, n = self.noise_precision, weight.sum()
        if self.subset == "all_diagonal":  # its weights serve all targets, and have one noise
            of_all = {"errors": errors.sum(), "n": n * y.shape[1]}
            found = [self._learn_diagonal(X, weight, np.ones_like(y), noise, **of_all)] * y.shape[1]
            self.prior_precision_, self.noise_precision_ = np.array(found).T
            return
        features = self._centred_features(X, weight)
        squares = np.square(self.estimator_.coefs_[-1].astype(np.float64)).sum(axis=0)
        curvature = curvatures(features, weight, np.ones((len(features), 1)), coupled=False)[0]
        found = [
            tuned(curvature.values, square, self.prior_precision, noise, errors=error, n=n)
            for square, error in zip(squares, errors, strict=True)
        ]
        self.prior_precision_, self.noise_precision_ = np.array(found).T
        every = [curvature] * len(found)
        self._remember(every, self.prior_precision_, self.noise_precision_)

    def predict(self, X: MatrixLike, return_std: bool = False) -> Any:
        """Predict the targets of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        return_std : bool, default=False
            Return the standard deviation of the targets as well, noise included, as BayesianRidge
            does.

        Returns
        -------
        mean : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        std : ndarray of the same shape
            Only with return_std.
        """
        X = self._checked(X)
        mean = self.estimator_.predict(X)
        if not return_std:
            return mean
        return mean, np.sqrt(self._shaped(self._variances(X) + 1 / self.noise_precision_))

    def predict_quantiles(self, X: MatrixLike, levels: Any = (0.05, 0.5, 0.95)) -> np.ndarray:
        """Predict levels of the normal distribution of each target.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        levels : sequence of float, default=(0.05, 0.5, 0.95)
            Between 0 and 1.

        Returns
        -------
        ndarray of shape (n_samples, n_levels) or (n_samples, n_outputs, n_levels)
        """
        levels = np.asarray(levels, np.float64)
        if levels.ndim != 1 or not ((levels > 0) & (levels < 1)).all():
            raise ValueError(f"levels must be a list of numbers between 0 and 1, got {levels!r}")
        mean, std = self.predict(X, return_std=True)
        return mean[..., None] + std[..., None] * ndtri(levels)

    def decompose(self, X: MatrixLike) -> Any:
        """Divide the variance of each target into what more rows would and would not lessen.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        Variances
            Named tuple of ``total``, ``aleatoric`` (the noise) and ``epistemic`` (of the weights),
            each of shape (n_samples,) or (n_samples, n_outputs).
        """
        epistemic = self._variances(self._checked(X))
        aleatoric = np.broadcast_to(1 / self.noise_precision_, epistemic.shape).copy()
        return Variances(*map(self._shaped, (epistemic + aleatoric, aleatoric, epistemic)))

    def _shaped(self, variances):
        return variances[:, 0] if variances.shape[1] == 1 else variances
