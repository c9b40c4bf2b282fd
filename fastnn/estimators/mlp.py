"""Multi-layer perceptrons: MLPClassifier and MLPRegressor."""

from collections.abc import Sequence
from numbers import Real

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin, _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target

from fastnn.estimators import _labels
from fastnn.estimators._availability import (
    available_unless,
    no_margins,
    no_partial_fit,
    no_probabilities,
)
from fastnn.estimators._base import BaseMLP, unchanged_on_failure
from fastnn.estimators._declare import parameter, parameters
from fastnn.estimators._docs import documented
from fastnn.estimators._parameters import AT_LEAST_0, BELOW_1, POSITIVE
from fastnn.estimators._toolbox import LossFirst
from fastnn.validation import accuracy, r2

__all__ = ["MLPClassifier", "MLPRegressor"]


@documented
@parameters
class MLPClassifier(ClassifierMixin, BaseMLP):
    """Multi-layer perceptron for binary, multiclass and multilabel classification.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    {attributes}

    References
    ----------
    .. [1] Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.

    Examples
    --------
    >>> from fastnn import MLPClassifier
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> model = MLPClassifier(random_state=0, max_iter=30, tol=0.01).fit(X[:1000] / 16, y[:1000])
    >>> bool(model.score(X[1000:] / 16, y[1000:]) > 0.85)
    True
    """

    loss: str = parameter(
        "{'log_loss'}",
        "The cross-entropy, of a softmax for several classes.",
        default="log_loss",
        valid=[StrOptions({"log_loss", "hinge", "perceptron", "focal"})],
    )
    focal_gamma: float = parameter(
        "float",
        "Exponent of 'focal'; 0 is the log loss.",
        default=2.0,
        valid=[AT_LEAST_0],
    )
    label_smoothing: float = parameter(
        "float",
        "Share of every target that is spread evenly over the classes.",
        default=0.0,
        valid=[BELOW_1],
    )
    class_weight: dict | str | None = parameter(
        "dict, 'balanced' or None",
        "Factor of the weight of each row by its class, 1 for classes that a dict does not have; "
        "'balanced' gives every class the same total weight. For one label a row.",
        default=None,
        valid=[dict, StrOptions({"balanced"}), None],
    )
    _y_numeric = False
    _stratified = True
    _default_score = staticmethod(accuracy)

    def _learn_targets(self, y, continuing, one_epoch):
        known = hasattr(self, "classes_") and (self.warm_start or one_epoch)
        if known:
            _labels.check_same_classes(y, self.classes_, all_present=self.warm_start)
        else:
            self._label_binarizer = _labels.learn_classes(y)
            self.classes_ = self._label_binarizer.classes_
        return _labels.loss_of_labels(self._label_binarizer)

    def _check_further_targets(self, y):
        _labels.check_same_classes(y, self.classes_, all_present=False, name="y_val")

    def _encode(self, y, dtype):
        return _labels.encode(self._label_binarizer, y, dtype)

    def _class_factors(self, y, weight):
        if self.class_weight is None:
            return None
        return _labels.class_factors(self.class_weight, self._label_binarizer, y, weight)

    @available_unless(no_partial_fit)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None, classes=None):
        """Train one epoch on these rows, going on from the present weights and moments.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
        sample_weight : array-like of shape (n_samples,), default=None
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever come; needed in the first call.

        Returns
        -------
        self : MLPClassifier
        """
        with unchanged_on_failure(self):
            if _check_partial_fit_first_call(self, classes):
                multilabel = type_of_target(y).startswith("multilabel")
                self._label_binarizer = _labels.learn_classes(y if multilabel else classes)
            return self._fit(X, y, sample_weight, one_epoch=True)

    def predict(self, X):
        """Predict the class (or labels) of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
        """
        p = self._outputs(X)
        classes = self.classes_
        threshold = 0.0 if self.out_activation_ == "identity" else 0.5
        if p.shape[1] > 1:
            if self._label_binarizer.y_type_ == "multiclass":
                return classes.take(p.argmax(axis=1))
            return self._label_binarizer.inverse_transform(p, threshold)
        if len(classes) == 1:
            return classes.repeat(len(p))
        return classes.take(p.reshape(-1) > threshold)

    @available_unless(no_margins)
    def decision_function(self, X):
        """Return the outputs themselves: the class of the greatest one is predicted.

        With two classes there is one, positive for the second class; with several labels, a label
        is predicted where its output is positive. For the losses 'hinge' and 'perceptron'.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
        """
        z = self._outputs(X)
        return z.reshape(-1) if z.shape[1] == 1 else z

    @available_unless(no_probabilities)
    def predict_proba(self, X):
        """Predict the probability of each class, in the order of ``classes_``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Rows sum to one, except with several labels, each of which has a probability of its own.
        """
        p = self._outputs(X)
        if p.shape[1] > 1:
            return p
        if len(self.classes_) == 1:
            return np.ones_like(p)
        both = np.empty((len(p), 2), dtype=p.dtype)
        both[:, 1:] = p
        np.subtract(1, p, out=both[:, :1])
        return both

    @available_unless(no_probabilities)
    def predict_log_proba(self, X):
        """Predict the logarithm of ``predict_proba``, which may be -inf.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        p = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(p, out=p)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = self.class_weight is None
        return tags


@documented
@parameters
class MLPRegressor(RegressorMixin, BaseMLP, LossFirst):
    """Multi-layer perceptron for regression.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    {attributes}

    References
    ----------
    .. [1] Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.

    Examples
    --------
    >>> from fastnn import MLPRegressor
    >>> from sklearn.datasets import make_regression
    >>> X, y = make_regression(n_samples=200, n_features=10, random_state=1)
    >>> model = MLPRegressor(solver="lbfgs", random_state=1, max_iter=500).fit(X[:150], y[:150])
    >>> bool(model.score(X[150:], y[150:]) > 0.9)
    True
    """

    huber_delta: float = parameter(
        "float",
        "Residual from which on 'huber' is linear.",
        default=1.0,
        valid=[POSITIVE],
    )
    quantile: float | Sequence[float] = parameter(
        "float or list of float",
        "Level of 'quantile', or levels, each of which makes an output of its own.",
        default=0.5,
        valid=[Interval(Real, 0, 1, closed="neither"), "array-like"],
    )
    tweedie_power: float = parameter(
        "float",
        "Power of the mean to which the variance of 'tweedie' is proportional.",
        default=1.5,
        valid=[Interval(Real, 1, 2, closed="neither")],
    )
    _y_numeric = True
    _stratified = False
    _default_score = staticmethod(r2)

    def _learn_targets(self, y, continuing, one_epoch):
        if self.loss == "poisson":
            self._check_further_targets(y)
        return self.loss

    def _check_further_targets(self, y):
        if self.loss == "poisson" and y.min() < 0:
            raise ValueError(
                f"loss='poisson' needs targets that are not negative; the least of y is {y.min()}."
            )

    def _encode(self, y, dtype):
        with np.errstate(over="ignore"):
            targets = np.ascontiguousarray(y, dtype=dtype).reshape(len(y), -1)
        if not np.isfinite(targets).all():
            raise ValueError(
                f"Input y contains a value too large for {np.dtype(dtype)}, the dtype of X: scale "
                "y, or pass X as float64."
            )
        return targets

    @available_unless(no_partial_fit)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """Train one epoch on these rows, going on from the present weights and moments.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self : MLPRegressor
        """
        with unchanged_on_failure(self):
            return self._fit(X, y, sample_weight, one_epoch=True)

    def predict(self, X):
        """Predict the targets of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
        """
        p = self._outputs(X)
        return p.reshape(-1) if p.shape[1] == 1 else p

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self.loss == "poisson"
        return tags
