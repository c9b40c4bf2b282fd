"""MLPClassifier."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.utils._param_validation import StrOptions

from fastnn._types import MatrixLike
from fastnn.estimators.mlp.base import BaseMLP, unchanged_on_failure
from fastnn.estimators.mlp.parameters import AT_LEAST_0, BELOW_1
from fastnn.estimators.mlp.plasticity import PlasticityParameters
from fastnn.estimators.mlp.toolbox import PretrainingParameters
from fastnn.estimators.shared import labels
from fastnn.estimators.shared.availability import (
    available_unless,
    no_margins,
    no_partial_fit,
    no_probabilities,
)
from fastnn.estimators.shared.declare import fitted, parameter, parameters
from fastnn.estimators.shared.docs import documented
from fastnn.training.validation import accuracy

__all__ = ["MLPClassifier"]


@documented
@parameters
class MLPClassifier(ClassifierMixin, PretrainingParameters, PlasticityParameters, BaseMLP):
    """Multi-layer perceptron for binary, multiclass and multilabel classification.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    temperature_ : float
        What the raw outputs were divided by; only with ``calibrate``.
    {attributes}

    References
    ----------
    .. [1] Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.
    .. [2] Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural networks", ICML 2017.

    Examples
    --------
    >>> from fastnn import MLPClassifier
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> model = MLPClassifier(random_state=0, max_iter=30, tol=0.01).fit(X[:1000] / 16, y[:1000])
    >>> bool(model.score(X[1000:] / 16, y[1000:]) > 0.85)
    True
    """

    classes_: np.ndarray = fitted()
    temperature_: float = fitted()
    loss: str = parameter(
        "{'log_loss', 'focal', 'hinge', 'perceptron'}",
        "The cross-entropy, of a softmax for several classes; the same with rows that are right "
        "already counting for less; or margins, one output against the rest, which make decision "
        "values and no probabilities.",
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
        "Share of every target of 'log_loss' that is spread evenly over the classes.",
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
    calibrate: str | None = parameter(
        "{'temperature'} or None",
        "Divide the raw outputs by the temperature that makes the rows of early stopping most "
        "probable [2]_: probabilities become as large as they are right, and the class predicted "
        "stays. The last layer has it within.",
        default=None,
        valid=[StrOptions({"temperature"}), None],
    )
    _y_numeric = False

    def _learn_targets(self, y, continuing, one_epoch):
        known = hasattr(self, "classes_") and (self.warm_start or one_epoch)
        if known:
            of_all = self.warm_start and not one_epoch
            labels.check_same_classes(y, self.classes_, all_present=of_all)
        else:
            self._label_binarizer = labels.learn_classes(y)
            self.classes_ = self._label_binarizer.classes_
        return labels.loss_of_labels(self, self._binarizer())

    def _binarizer(self):
        """What a fit has learned of the labels; without one, what fitted attributes say."""
        found = self.__dict__.get("_label_binarizer")
        if found is None:
            found = labels.known_classes(self.classes_, self.out_activation_, self.n_outputs_)
        return found

    def _check_further_targets(self, y):
        labels.check_same_classes(y, self.classes_, all_present=False, name="y_val")

    def _encode(self, y, dtype):
        numbers = labels.loss_of_labels(self, self._binarizer()).integer_targets
        return labels.encode(self._binarizer(), y, dtype, numbers=numbers)

    def _strata(self, y):
        if self._binarizer().y_type_ == "multiclass":
            return _class_numbers(y)
        return y.ravel().astype(np.intp) if y.shape[1] == 1 else None

    def _default_score(self, loss, p, y, weight):
        if self._binarizer().y_type_ == "multiclass":
            return float(np.average(p.argmax(axis=1) == _class_numbers(y), weights=weight))
        return accuracy(loss, p, y, weight)

    def _class_factors(self, y, weight):
        if self.class_weight is None:
            return None
        return labels.class_factors(self.class_weight, self._binarizer(), y, weight)

    @available_unless(no_partial_fit)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: MatrixLike,
        y: Any,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Self:
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
            labels.learn_first_classes(self, self._first_labels(y), classes)
            return self._fit(X, y, sample_weight, one_epoch=True)

    def predict(self, X: MatrixLike) -> np.ndarray:
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
            if self._binarizer().y_type_ == "multiclass":
                return classes.take(p.argmax(axis=1))
            return self._binarizer().inverse_transform(p, threshold)
        if len(classes) == 1:
            return classes.repeat(len(p))
        return classes.take(p.reshape(-1) > threshold)

    @available_unless(no_margins)
    def decision_function(self, X: MatrixLike) -> np.ndarray:
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
    def predict_proba(self, X: MatrixLike) -> np.ndarray:
        """Predict the probability of each class, in the order of ``classes_``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Rows sum to one, except with several labels, each of which has a probability of its own.
        """
        return labels.columns_of_classes(self._outputs(X), len(self.classes_))

    @available_unless(no_probabilities)
    def predict_log_proba(self, X: MatrixLike) -> np.ndarray:
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


def _class_numbers(y):
    """Of encoded targets of several classes: they are numbers, or have an output for each class."""
    return y if y.ndim == 1 else y.argmax(axis=1)
