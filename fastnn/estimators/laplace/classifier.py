"""LaplaceClassifier."""

import numpy as np
from scipy.special import expit, softmax
from sklearn.base import ClassifierMixin

from fastnn._types import MatrixLike
from fastnn.estimators.laplace.base import BaseLaplace
from fastnn.estimators.laplace.diagonal import linear
from fastnn.estimators.laplace.posterior import curvatures, tuned
from fastnn.estimators.mlp.classifier import MLPClassifier
from fastnn.estimators.shared.declare import fitted, parameters
from fastnn.estimators.shared.docs import documented
from fastnn.estimators.shared.labels import columns_of_classes

__all__ = ["LaplaceClassifier"]


@documented
@parameters
class LaplaceClassifier(ClassifierMixin, BaseLaplace):
    """A classifying perceptron that is less sure far from the data, by Laplace's approximation.

    The weights of the last layer, or all, are normal around the fitted ones, with the curvature of
    the loss as precision; of the last layer, the layers before it make features. The intercepts
    count as known. A probability is the mean over that distribution.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    estimator_ : MLPClassifier
        The network.
    prior_precision_ : ndarray of shape (n_outputs,)
        Of the weights of each output.
    n_features_in_, feature_names_in_
        Number and, if X had them, names of the columns of X.

    References
    ----------
    .. [1] MacKay, "The evidence framework applied to classification networks", Neural Computation
       4, 1992.
    .. [2] Kristiadi, Hein & Hennig, "Being Bayesian, even just a bit, fixes overconfidence in ReLU
       networks", ICML 2020.

    Examples
    --------
    >>> from fastnn import LaplaceClassifier, MLPClassifier
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = LaplaceClassifier(MLPClassifier((10,), solver="lbfgs", random_state=0)).fit(X, y)
    >>> near, far = model.predict_proba(X).max(axis=1), model.predict_proba(-50 * X).max(axis=1)
    >>> bool(near.mean() > far.mean())
    True
    """

    classes_: np.ndarray = fitted()

    _of_type = MLPClassifier
    _loss = "log_loss"

    def _learn(self, X, y, weight):
        net = self.estimator_
        self.classes_ = net.classes_
        if net.class_weight is not None:
            weight = weight * net._class_factors(y, weight)
        p = net._outputs(X).astype(np.float64)
        coupled = self._coupled()
        slopes = p if coupled else p * (1 - p)
        if self.subset == "all_diagonal":
            prior, _ = self._learn_diagonal(X, weight, slopes)
            self.prior_precision_ = np.full(p.shape[1], prior)
            return
        features = self._centred_features(X, weight)
        found = curvatures(features, weight, slopes, coupled=coupled)
        squares = np.square(net.coefs_[-1].astype(np.float64)).sum(axis=0)
        squares = [squares.sum()] if coupled else squares
        prior = [
            tuned(curvature.values, square, self.prior_precision, 1.0)[0]
            for curvature, square in zip(found, squares, strict=True)
        ]
        self.prior_precision_ = np.broadcast_to(prior, p.shape[1]).copy()
        self._remember(found, self.prior_precision_, 1.0)

    def _set_factors(self, posterior):
        if self._coupled():
            # What all classes have in common changes no probability, and no data determine it.
            common = posterior.vectors.mean(axis=0)
            posterior = posterior._replace(vectors=posterior.vectors - common)
        super()._set_factors(posterior)

    def predict_proba(self, X: MatrixLike) -> np.ndarray:
        """Predict the probability of each class: about its mean over the weights.

        The raw outputs are divided by sqrt(1 + pi / 8 * variance).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Rows sum to one, except with several labels, each of which has a probability of its own.
        """
        X = self._checked(X)
        net, features = self.estimator_, self._features(X)
        z = linear(net.coefs_[-1], net.intercepts_[-1], features.astype(X.dtype, copy=False))
        shrunk = 1 / np.sqrt(1 + np.pi / 8 * self._variances(X))
        if net.out_activation_ == "softmax":
            p = softmax(shrunk * (z - z.mean(axis=1, keepdims=True)), axis=1)
        else:
            p = expit(shrunk * z)
        return columns_of_classes(p.astype(z.dtype, copy=False), len(self.classes_))

    def predict_log_proba(self, X: MatrixLike) -> np.ndarray:
        """Predict the logarithm of ``predict_proba``, which may be -inf.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X: MatrixLike) -> np.ndarray:
        """Predict the class of each row, the most probable one, or its labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
        """
        p = self.predict_proba(X)
        binarizer = self.estimator_._label_binarizer
        if binarizer.y_type_.startswith("multilabel"):
            return binarizer.inverse_transform(p, 0.5)
        return self.classes_.take(p.argmax(axis=1))
