"""Multi-layer perceptrons: MLPClassifier and MLPRegressor."""

from typing import ClassVar

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin, _fit_context
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target

from fastnn.estimators import _labels
from fastnn.estimators._availability import available_unless
from fastnn.estimators._base import BaseMLP, no_partial_fit, unchanged_on_failure
from fastnn.estimators._docs import documented
from fastnn.validation import accuracy, r2

__all__ = ["MLPClassifier", "MLPRegressor"]


@documented(default_score="accuracy")
class MLPClassifier(ClassifierMixin, BaseMLP):
    """Multi-layer perceptron that minimizes the log loss; binary, multiclass or multilabel.

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

    loss = "log_loss"
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
        if self.out_activation_ == "softmax":
            return classes.take(p.argmax(axis=1))
        if p.shape[1] > 1:
            return self._label_binarizer.inverse_transform(p)
        if len(classes) == 1:
            return classes.repeat(len(p))
        return classes.take(p.reshape(-1) > 0.5)

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
        tags.classifier_tags.multi_label = True
        return tags


@documented(default_score="R squared")
class MLPRegressor(RegressorMixin, BaseMLP):
    """Multi-layer perceptron that minimizes the squared error or the Poisson deviance.

    Parameters
    ----------
    loss : {'squared_error', 'poisson'}, default='squared_error'
        Half the squared error, or half the Poisson deviance, which predicts exp(...) and needs
        y >= 0.
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

    _parameter_constraints: ClassVar[dict] = {
        "loss": [StrOptions({"squared_error", "poisson"})],
        **BaseMLP._parameter_constraints,
    }
    _y_numeric = True
    _stratified = False
    _default_score = staticmethod(r2)

    def __init__(
        self,
        loss="squared_error",
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        max_fun=15000,
        n_jobs=None,
        scoring=None,
    ):
        super().__init__(
            hidden_layer_sizes,
            activation,
            solver=solver,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_fun=max_fun,
            n_jobs=n_jobs,
            scoring=scoring,
        )
        self.loss = loss

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
