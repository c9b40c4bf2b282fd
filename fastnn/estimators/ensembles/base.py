"""What DeepEnsembleClassifier and DeepEnsembleRegressor share: members, fitting, scoring."""

import copy
import warnings
from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, _fit_context, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from fastnn._types import MatrixLike
from fastnn.estimators.ensembles.averaging import Averaged
from fastnn.estimators.ensembles.parameters import EnsembleParameters
from fastnn.estimators.ensembles.samples import Draw, bootstrap, folds
from fastnn.estimators.mlp.base import unchanged_on_failure
from fastnn.estimators.mlp.together import fit_together
from fastnn.estimators.mlp.within import tags_of_network
from fastnn.estimators.shared import data
from fastnn.estimators.shared.availability import UnavailableMethodError, no_partial_fit
from fastnn.exceptions import DivergenceError
from fastnn.threads import effective_n_threads

__all__ = ["BaseDeepEnsemble", "no_partial_fit_of_members"]

# Attributes that some fits set and others must remove.
_NOT_OF_EVERY_FIT = ("folds_", "oof_predictions_", "oob_score_")


class BaseDeepEnsemble(EnsembleParameters, Averaged, BaseEstimator, ABC):
    """Base of the deep ensembles; not for direct use."""

    estimators_: list[Any]
    estimators_samples_: list[np.ndarray]
    folds_: np.ndarray
    oof_predictions_: np.ndarray
    oob_score_: float
    n_features_in_: int
    feature_names_in_: np.ndarray

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: MatrixLike,
        y: Any,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: MatrixLike | None = None,
        y_val: Any = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Train all members anew, side by side.

        If this fails or is interrupted, the ensemble is as it was before.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows to train on. float32 is trained in float32, everything else in float64. They are in
            memory once, whatever the number of members.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, or real numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row; one of zero is as good as absent.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Rows for the early stopping of all members to watch, in place of a part of X.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Their targets.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.

        Returns
        -------
        self : estimator

        Raises
        ------
        ValueError
            If a parameter or the data are not valid.
        DivergenceError
            A ValueError: if the loss or a weight of every member became infinite or NaN. Where some
            do, the others are the ensemble, and a ConvergenceWarning names those left out.
        """
        with unchanged_on_failure(self):
            for name in _NOT_OF_EVERY_FIT:
                self.__dict__.pop(name, None)
            template = self._checked_template()
            X, y, weight = self._training_data(X, y, sample_weight, reset=True)
            self._learn_targets(y)
            self._draw = Draw(self.random_state, self.n_estimators)
            members = self._new_members(template)
            samples = self._samples(y, weight)
            held_out = data.without_names(self, X_val), y_val, sample_weight_val
            numbers = self._train(members, X, y, weight, held_out, samples=samples)
            if self.sample_by != "seed":
                self._judge_left_out(X, y, weight, numbers)
            return self

    def _partial_fit(self, X, y, sample_weight):
        template = self._checked_template()
        first = not hasattr(self, "estimators_")
        X, y, weight = self._training_data(X, y, sample_weight, reset=first)
        if first:
            self._draw = Draw(self.random_state, self.n_estimators)
            self._n_rows = 0
            members = self._new_members(template)
        else:  # fitted attributes are replaced, never written into
            members = [copy.copy(member) for member in self.estimators_]
        for member in members:
            self._tell_classes(member)
        self._train(members, X, y, weight, (None, None, None), one_epoch=True)
        return self

    def _checked_template(self):
        """The estimator that members are clones of, with its parameters checked."""
        template = self._template()
        if not isinstance(template, self._of_type):
            name = self._of_type.__name__
            raise ValueError(
                f"estimator must be a fastnn.{name}, got {template!r}: the members of a "
                f"{type(self).__name__} are networks that are trained side by side. Steps ahead of "
                "the network go in a pipeline around the ensemble; for other estimators use "
                "scikit-learn's bagging."
            )
        if self.sample_by == "seed" and self.oob_score:
            raise ValueError(
                "oob_score needs rows that a member is not trained on, and with sample_by='seed' "
                "there are none: set sample_by='bootstrap' or 'fold', or oob_score=False."
            )
        template._validate_params()
        self._check_loss(template)
        return template

    def _members(self):
        return self.estimators_

    def _template(self):
        return self._of_type() if self.estimator is None else self.estimator

    def _check_loss(self, template):
        """Raise a ValueError for a loss whose predictions have no mean."""

    def _training_data(self, X, y, sample_weight, *, reset):
        X, y = data.training_data(self, X, y, reset=reset, y_numeric=self._of_type._y_numeric)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X)
        if weight is not None and not weight.any():
            raise ValueError("Sample weights must contain at least one non-zero number.")
        return X, y, weight

    @abstractmethod
    def _learn_targets(self, y):
        """Learn from validated y what the targets are."""

    def _outputs_agree(self):
        """Whether the outputs of all members stand for the same."""
        return True

    def _tell_classes(self, member):
        """Before a first partial_fit, tell a member what only some rows would not."""

    def _strata(self, y):
        """Class number of each row, or None."""

    def _new_members(self, template):
        return [
            clone(template).set_params(random_state=seed, n_jobs=self.n_jobs)
            for seed in self._draw.seeds
        ]

    def _samples(self, y, weight):
        """The row numbers of each member, or None."""
        self._n_rows = y.shape[0]
        self._weightless = np.empty(0, np.intp) if weight is None else np.flatnonzero(weight == 0)
        if self.sample_by == "fold":
            seed = self._draw.of_samples[0]
            self.folds_ = folds(self.n_estimators, self._n_rows, self._strata(y), seed)
        if self.sample_by == "seed":
            return None
        return [self._sample(number) for number in range(self.n_estimators)]

    def _sample(self, number):
        if self.sample_by == "fold":
            return np.flatnonzero(self.folds_ != number)
        rows = np.arange(self._n_rows)
        if self.sample_by == "bootstrap":
            rows = bootstrap(np.delete(rows, self._weightless), self._draw.of_samples[number])
        return rows

    @property
    def estimators_samples_(self):
        """Row numbers that each of ``estimators_`` was fitted on; drawn anew at every access."""
        check_is_fitted(self)
        return [self._sample(number) for number in self._numbers]

    def _train(self, members, X, y, weight, held_out, **options):
        """Train them; what is left are the estimators. Returns their numbers."""
        n_threads = effective_n_threads(self.n_jobs)
        outcomes = fit_together(members, X, y, weight, held_out, n_threads=n_threads, **options)
        failures = {i: o for i, o in enumerate(outcomes) if isinstance(o, DivergenceError)}
        if failures:
            self._report(failures, len(members))
        numbers = [i for i in range(len(members)) if i not in failures]
        self.estimators_ = [members[i] for i in numbers]
        self._numbers = numbers
        self._alike = self._outputs_agree()
        for member in self.estimators_:
            if hasattr(self, "feature_names_in_"):
                member.feature_names_in_ = self.feature_names_in_
        return numbers

    def _report(self, failures, n_members):
        first = next(iter(failures.values()))
        if len(failures) == n_members:
            raise DivergenceError(f"All {n_members} members diverged. {first}", epoch=first.epoch)
        warnings.warn(
            f"{type(self).__name__}: members {', '.join(map(str, failures))} of {n_members} "
            f"diverged and are left out. {first}",
            ConvergenceWarning,
            stacklevel=4,
        )

    def _judge_left_out(self, X, y, weight, numbers):
        """Predict every row by the members that were not trained on it."""
        if self.sample_by == "bootstrap" and not self.oob_score:
            return
        total, count = None, np.zeros(self._n_rows, np.intp)
        for number, member in zip(numbers, self.estimators_, strict=True):
            unseen = np.ones(self._n_rows, bool)
            unseen[self._sample(number)] = False
            rows = np.flatnonzero(unseen)
            if not len(rows):
                continue
            found = self._of_member(member, X[rows], False)
            if total is None:
                total = np.zeros((self._n_rows, found.shape[1]), found.dtype)
            total[rows] += found
            count[rows] += 1
        known = np.flatnonzero(count)
        if len(known) < self._n_rows:
            warnings.warn(
                f"{self._n_rows - len(known)} rows have been in the samples of all members: they "
                "have no out-of-bag prediction. More members would leave them out sometimes.",
                stacklevel=4,
            )
        if total is None:
            total = np.zeros((self._n_rows, 1), X.dtype)
        with np.errstate(invalid="ignore"):
            total /= count[:, None].astype(total.dtype)
        self.oof_predictions_ = self._shaped(total)
        if self.oob_score:
            known = known[weight[known] != 0] if weight is not None else known
            args = y[known], self._decided(self.oof_predictions_[known])
            if callable(self.oob_score):
                self.oob_score_ = self.oob_score(*args)
            else:
                of = None if weight is None else weight[known]
                self.oob_score_ = float(self._default_metric(*args, sample_weight=of))

    def __sklearn_tags__(self):
        return tags_of_network(super().__sklearn_tags__(), self._template())


def no_partial_fit_of_members(ensemble):
    """Raise an AttributeError if the parameters leave ``partial_fit`` no meaning."""
    if ensemble.sample_by != "seed":
        raise UnavailableMethodError(
            f"partial_fit trains every member on all rows it is given: sample_by="
            f"{ensemble.sample_by!r} is for fit."
        )
    template = ensemble._template()
    if isinstance(template, ensemble._of_type):
        no_partial_fit(template)
