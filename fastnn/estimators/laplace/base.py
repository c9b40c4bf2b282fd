"""What LaplaceClassifier and LaplaceRegressor share: the network, its features, variances."""

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils._param_validation import HasMethods, StrOptions
from sklearn.utils.validation import check_is_fitted

from fastnn._types import MatrixLike
from fastnn.estimators.laplace.diagonal import (
    diagonal_curvature,
    diagonal_variances,
    linear,
    weights_with_variance,
)
from fastnn.estimators.laplace.posterior import Posterior, tuned
from fastnn.estimators.mlp.base import unchanged_on_failure
from fastnn.estimators.mlp.parameters import POSITIVE
from fastnn.estimators.mlp.within import (
    checked_network,
    fitted_network,
    network_within,
    tags_of_network,
)
from fastnn.estimators.shared import data
from fastnn.estimators.shared.declare import parameter, parameters

__all__ = ["BaseLaplace", "LaplaceParameters"]


@parameters
class LaplaceParameters:
    """What both have."""

    estimator: Any = parameter(
        "MLPClassifier, MLPRegressor or None",
        "The network, of which a clone is fitted; in scikit-learn's FrozenEstimator, one that has "
        "been fitted and stays as it is. None is the perceptron with its defaults.",
        default=None,
        valid=[HasMethods(["fit", "predict"]), None],
        kw_only=False,
    )
    subset: str = parameter(
        "{'last_layer', 'all_diagonal'}",
        "Which weights have a distribution: those of the last layer, a matrix of covariances for "
        "each output (or a softmax), or those of all layers, each independent of the others, by "
        "the diagonal of the Gauss-Newton matrix. The latter scores at the price of a backward "
        "pass an output.",
        default="last_layer",
        valid=[StrOptions({"last_layer", "all_diagonal"})],
    )
    prior_precision: float | None = parameter(
        "float or None",
        "One over the variance of the weights before any data; None is the one that makes the data "
        "most probable: each output's (or softmax's) own, or of all weights one.",
        default=None,
        valid=[POSITIVE, None],
    )


class BaseLaplace(LaplaceParameters, BaseEstimator, ABC):
    """Base of both; not for direct use."""

    estimator_: Any
    prior_precision_: np.ndarray
    n_features_in_: int
    feature_names_in_: np.ndarray

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: MatrixLike, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the network, and the distribution of its last layer's weights around the fitted ones.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self : estimator
        """
        with unchanged_on_failure(self):
            network = self._checked_network()
            X, y = data.training_data(self, X, y, reset=True, y_numeric=network._y_numeric)
            self.estimator_ = fitted_network(self.estimator, network, X, y, sample_weight)
            weight, _, unit = data.training_weights(sample_weight, X, np.float64)
            weight = None if weight is None else weight * unit
            weight = np.ones(X.shape[0]) if weight is None else weight
            for name in ("_center", "_factors", "_covariances"):
                self.__dict__.pop(name, None)
            self._learn(X, y, weight)
            return self

    def _checked_network(self):
        network = checked_network(self.estimator, self._of_type, self)
        if network.loss != self._loss:
            raise ValueError(
                f"{type(self).__name__} is for loss={self._loss!r}, and the estimator has "
                f"loss={network.loss!r}."
            )
        return network

    @abstractmethod
    def _learn(self, X, y, weight):
        """Learn the posterior."""

    def _centred_features(self, X, weight):
        """Learn the mean of the last layer's inputs; return them less that."""
        features = self._features(X).astype(np.float64, copy=False)
        self._center = np.average(features, axis=0, weights=weight)
        return features - self._center

    def _learn_diagonal(self, X, weight, slopes, noise=1.0, **errors):
        """Learn the variance of every weight, and return the precisions of prior and noise.

        ``slopes`` are those of `diagonal_curvature`, the rest is what `tuned` takes.
        """
        net = self.estimator_
        found = diagonal_curvature(net, X, weight, slopes, coupled=self._coupled())
        values = np.concatenate([part.ravel() for part in found])
        squares = sum(np.square(w.astype(np.float64)).sum() for w in weights_with_variance(net))
        prior, noise = tuned(values, squares, self.prior_precision, noise, **errors)
        self._covariances = [1 / (noise * part + prior) for part in found]
        return prior, noise

    def _coupled(self):
        return self.estimator_.out_activation_ == "softmax"

    def _remember(self, curvatures, prior, noise):
        """Keep the posterior: curvatures of one output each, or one of all outputs."""
        vectors = np.concatenate([curvature.vectors for curvature in curvatures])
        values = np.stack([curvature.values for curvature in curvatures])
        values = np.broadcast_to(values, (len(vectors), values.shape[1]))
        prior, noise = (np.broadcast_to(p, len(vectors)).astype(float) for p in (prior, noise))
        self._set_factors(Posterior(vectors, values, prior, noise))

    def _set_factors(self, posterior):
        self._factors = posterior.factors()

    def _features(self, X):
        """The inputs of the last layer for validated rows."""
        if len(self.estimator_.coefs_) > 1:
            return self.estimator_.transform(X)
        return X.toarray() if issparse(X) else X

    def _checked(self, X):
        check_is_fitted(self)
        return data.scoring_data(self, X)

    def _variances(self, X):
        """Variance of each raw output for validated rows, (n, n_outputs); of a softmax's, less what
        all have in common, which changes no probability."""
        if "_covariances" in self.__dict__:
            coupled = self._coupled()
            return diagonal_variances(self.estimator_, X, self._covariances, coupled=coupled)
        features = self._features(X).astype(np.float64, copy=False)
        found = [
            np.square(linear(factor, -(self._center @ factor), features)).sum(axis=1)
            for factor in self._factors
        ]
        return np.stack(found, axis=1)

    def __sklearn_tags__(self):
        network = network_within(self.estimator, self._of_type)
        return tags_of_network(super().__sklearn_tags__(), network)
