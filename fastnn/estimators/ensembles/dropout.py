"""MonteCarloDropoutClassifier and MonteCarloDropoutRegressor."""

import copy
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods

from fastnn._types import MatrixLike
from fastnn.estimators.ensembles.averaging import Averaged, AveragedClasses, AveragedTargets
from fastnn.estimators.mlp.base import unchanged_on_failure
from fastnn.estimators.mlp.classifier import MLPClassifier
from fastnn.estimators.mlp.parameters import AT_LEAST_1
from fastnn.estimators.mlp.regressor import MLPRegressor
from fastnn.estimators.mlp.within import (
    checked_network,
    fitted_network,
    network_within,
    tags_of_network,
)
from fastnn.estimators.shared import data
from fastnn.estimators.shared.availability import check_probabilities
from fastnn.estimators.shared.declare import parameter, parameters
from fastnn.estimators.shared.docs import documented

__all__ = ["MonteCarloDropoutClassifier", "MonteCarloDropoutRegressor"]


@parameters
class DropoutParameters:
    """What both have."""

    estimator: Any = parameter(
        "MLPClassifier, MLPRegressor or None",
        "The network, which has dropout; a clone is fitted. In scikit-learn's FrozenEstimator, one "
        "that has been fitted and stays as it is. None is the perceptron with dropout=0.1.",
        default=None,
        valid=[HasMethods(["fit", "predict"]), None],
        kw_only=False,
    )
    n_samples: int = parameter(
        "int",
        "Thinned networks that are averaged. The first ones of more are those of fewer.",
        default=32,
        valid=[AT_LEAST_1],
        kw_only=False,
    )
    random_state: int | np.random.RandomState | None = parameter(
        "int, RandomState instance or None",
        "Source of what is left out. The network has its own.",
        default=None,
        valid=["random_state"],
    )


class BaseMonteCarloDropout(DropoutParameters, Averaged, BaseEstimator):
    """Base of both; not for direct use."""

    estimator_: Any
    n_features_in_: int
    feature_names_in_: np.ndarray

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: MatrixLike, y: Any, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the network, and draw which units each sample leaves out.

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
            network = checked_network(self._given(), self._of_type, self)
            self._check(network)
            X, y = data.training_data(self, X, y, reset=True, y_numeric=network._y_numeric)
            self.estimator_ = fitted_network(self.estimator, network, X, y, sample_weight)
            self._learn_targets()
            rng = check_random_state(self.random_state)
            self._seeds = rng.randint(np.iinfo(np.int32).max, size=self.n_samples).tolist()
            self._alike = True
            return self

    def _given(self):
        return self._of_type(dropout=0.1) if self.estimator is None else self.estimator

    def _check(self, network):
        if network.residual:
            raise ValueError(
                "the sum of a residual connection has no units that could be left out: set "
                "residual=False for Monte Carlo dropout."
            )
        if not (np.any(network.dropout) or network.input_dropout):
            raise ValueError(
                "the network has no dropout, and all samples of it would be the same: set dropout, "
                "for example to 0.1, or take a deep ensemble."
            )

    def _learn_targets(self):
        """Take from the fitted network what the targets are."""

    def _members(self):
        """The network with some units left out, a number of times: what dropout makes of it in a
        training step, with the same units for all rows."""
        return [self._thinned(seed) for seed in self._seeds]

    def _thinned(self, seed):
        rng, network = np.random.RandomState(seed), copy.copy(self.estimator_)
        n_hidden = len(network.coefs_) - 1
        rates = [network.input_dropout, *np.broadcast_to(network.dropout, n_hidden)]
        network.coefs_ = list(network.coefs_)
        for layer, rate in enumerate(rates):
            coef = network.coefs_[layer]
            stay = rng.random_sample(len(coef)) >= rate
            if rate:
                network.coefs_[layer] = coef * (stay / (1 - rate)).astype(coef.dtype)[:, None]
        return network

    def __sklearn_tags__(self):
        network = network_within(self._given(), self._of_type)
        return tags_of_network(super().__sklearn_tags__(), network)


@documented
@parameters
class MonteCarloDropoutClassifier(ClassifierMixin, AveragedClasses, BaseMonteCarloDropout):
    """Mean of one classifying perceptron's thinned networks: dropout at prediction.

    What differs between them tells how sure the network is, at the cost of one training.
    Predictions are repeatable, and those of a row are the same alone and among others.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    estimator_ : MLPClassifier
        The network.
    n_features_in_, feature_names_in_
        Number and, if X had them, names of the columns of X.

    References
    ----------
    .. [1] Gal & Ghahramani, "Dropout as a Bayesian approximation: representing model uncertainty in
       deep learning", ICML 2016.

    Examples
    --------
    >>> from fastnn import MLPClassifier, MonteCarloDropoutClassifier
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> net = MLPClassifier((30,), dropout=0.2, random_state=0, max_iter=100)
    >>> model = MonteCarloDropoutClassifier(net, random_state=0).fit(X, y)
    >>> bool((model.decompose(X).epistemic >= 0).all())
    True
    """

    _of_type = MLPClassifier

    def _check(self, network):
        super()._check(network)
        check_probabilities(network, "The samples' probabilities are averaged.")

    def _learn_targets(self):
        self.classes_ = self.estimator_.classes_
        self._label_binarizer = self.estimator_._label_binarizer


@documented
@parameters
class MonteCarloDropoutRegressor(RegressorMixin, AveragedTargets, BaseMonteCarloDropout):
    """Mean of one regressing perceptron's thinned networks: dropout at prediction.

    What differs between them tells how sure the network is, at the cost of one training.
    Predictions are repeatable, and those of a row are the same alone and among others.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    estimator_ : MLPRegressor
        The network.
    n_features_in_, feature_names_in_
        Number and, if X had them, names of the columns of X.

    References
    ----------
    .. [1] Gal & Ghahramani, "Dropout as a Bayesian approximation: representing model uncertainty in
       deep learning", ICML 2016.

    Examples
    --------
    >>> from fastnn import MLPRegressor, MonteCarloDropoutRegressor
    >>> from sklearn.datasets import make_regression
    >>> X, y = make_regression(n_samples=200, n_features=10, random_state=1)
    >>> net = MLPRegressor(hidden_layer_sizes=(30,), dropout=0.2, random_state=0, max_iter=100)
    >>> mean, std = MonteCarloDropoutRegressor(net).fit(X, y / 100).predict(X, return_std=True)
    >>> bool((std > 0).all())
    True
    """

    _of_type = MLPRegressor

    def _network(self):
        fitted = self.__dict__.get("estimator_")
        return network_within(self._given(), MLPRegressor) if fitted is None else fitted
