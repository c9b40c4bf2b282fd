"""DeepEnsembleClassifier."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.metrics import accuracy_score

from fastnn._types import MatrixLike
from fastnn.estimators.ensembles.averaging import AveragedClasses
from fastnn.estimators.ensembles.base import BaseDeepEnsemble, no_partial_fit_of_members
from fastnn.estimators.mlp.base import unchanged_on_failure
from fastnn.estimators.mlp.classifier import MLPClassifier
from fastnn.estimators.shared import labels
from fastnn.estimators.shared.availability import available_unless, check_probabilities
from fastnn.estimators.shared.declare import parameters
from fastnn.estimators.shared.docs import documented

__all__ = ["DeepEnsembleClassifier"]


@documented
@parameters
class DeepEnsembleClassifier(ClassifierMixin, AveragedClasses, BaseDeepEnsemble):
    """Mean of several classifying perceptrons that are trained side by side.

    Every member is bit for bit the network that its seed trains alone: see ``estimators_``.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    estimators_ : list of MLPClassifier
        The members; with ``rows = estimators_samples_[i]``, ``clone(estimators_[i]).fit(X[rows],
        y[rows])`` gives the same network to the bit. With X[rows] that lack a class, so does the
        member, whose probability of it is zero.
    estimators_samples_ : list of ndarray
        Row numbers that each was fitted on.
    folds_ : ndarray of shape (n_samples,)
        With sample_by='fold', the number of the member that was not trained on the row: as the
        test_fold of scikit-learn's PredefinedSplit, the folds themselves.
    oof_predictions_ : ndarray of shape (n_samples, n_classes)
        Probabilities by the members that were not trained on the row, NaN if there are none; with
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
    >>> from fastnn import DeepEnsembleClassifier, MLPClassifier
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> net = MLPClassifier(max_iter=30, tol=0.01)
    >>> model = DeepEnsembleClassifier(net, 4, random_state=0).fit(X[:1000] / 16, y[:1000])
    >>> bool(model.score(X[1000:] / 16, y[1000:]) > 0.9)
    True
    """

    _of_type = MLPClassifier

    def _check_loss(self, template):
        check_probabilities(template, "The ensemble is a mean of probabilities.")

    def _learn_targets(self, y):
        self._label_binarizer = labels.learn_classes(y)
        self.classes_ = self._label_binarizer.classes_

    def _tell_classes(self, member):
        if not hasattr(member, "classes_"):
            member._label_binarizer, member.classes_ = self._label_binarizer, self.classes_

    def _outputs_agree(self):
        return all(len(member.classes_) == len(self.classes_) for member in self.estimators_)

    def _strata(self, y):
        several = self._label_binarizer.y_type_.startswith("multilabel")
        return None if several else np.searchsorted(self.classes_, y)

    @available_unless(no_partial_fit_of_members)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: MatrixLike,
        y: Any,
        sample_weight: ArrayLike | None = None,
        classes: ArrayLike | None = None,
    ) -> Self:
        """Train every member for one epoch on these rows, going on from where it is.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
        sample_weight : array-like of shape (n_samples,), default=None
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever come; needed in the first call.

        Returns
        -------
        self : DeepEnsembleClassifier
        """
        with unchanged_on_failure(self):
            labels.learn_first_classes(self, y, classes)
            return self._partial_fit(X, y, sample_weight)

    @staticmethod
    def _default_metric(y, prediction, sample_weight=None):
        return accuracy_score(y, prediction, sample_weight=sample_weight)
