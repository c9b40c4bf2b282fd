"""What TabularClassifier and TabularRegressor share."""

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import _check_sample_weight, _check_y, check_is_fitted

from fastnn._numbers import check_numbers
from fastnn._types import MatrixLike
from fastnn.estimators.mlp.base import unchanged_on_failure
from fastnn.estimators.mlp.outputs import outputs
from fastnn.estimators.shared.callbacks import CallbackSupportMixin, callback_management_context
from fastnn.estimators.shared.data import without_column
from fastnn.estimators.shared.missing import located
from fastnn.estimators.shared.pickles import VersionedPickles
from fastnn.estimators.tabular import sizes
from fastnn.estimators.tabular.columns import read_table
from fastnn.estimators.tabular.fitting import TableFit
from fastnn.estimators.tabular.parameters import TabularParameters
from fastnn.estimators.tabular.progress import Progress
from fastnn.estimators.tabular.understanding import Explanation, describe, integrated_gradients
from fastnn.model.of_table import tabular_model
from fastnn.scoring.scorer import make_scorer
from fastnn.tables.described import Table
from fastnn.threads import effective_n_threads

__all__ = ["BaseTabular"]

#: Attributes that some fits set and others must remove.
_NOT_OF_EVERY_FIT = ("feature_importances_", "folds_", "oof_predictions_", "oof_score_")

#: The networks' inputs are in memory for so many rows at a time.
_BLOCK_ROWS = 1 << 14


class BaseTabular(TabularParameters, CallbackSupportMixin, VersionedPickles, BaseEstimator, ABC):
    """Base of both; not for direct use."""

    estimators_: list[Any]
    folds_: np.ndarray
    oof_predictions_: np.ndarray
    oof_score_: float
    feature_importances_: np.ndarray
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
        """Learn the columns and train the networks.

        If this fails or is interrupted, the estimator is as it was before.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Of pandas, polars or pyarrow: numbers, booleans, text, categories and dates, with gaps;
            or an array.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, an indicator of labels, or real numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row; one of zero is as good as absent.
        X_val : as X, default=None
            Rows for all networks to watch, in place of a fold each.
        y_val : as y, default=None
            Their targets.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.

        Returns
        -------
        self : estimator

        Raises
        ------
        ValueError, TypeError
            If a parameter or the data are not valid.
        DivergenceError
            A ValueError: if the loss or a weight of every network became infinite or NaN.
        """
        with callback_management_context(self), unchanged_on_failure(self):
            for name in _NOT_OF_EVERY_FIT:
                self.__dict__.pop(name, None)
            if self.monotonic_cst is not None:
                raise NotImplementedError(
                    "monotonic_cst cannot be held exactly by these networks: leave it at None, or "
                    "take scikit-learn's HistGradientBoosting, which can."
                )
            given = X, y, sample_weight
            table, y, weight = self._checked(*given, reset=True)
            rows = None
            if weight is not None:
                self._learn_targets(y[weight > 0], weight[weight > 0])
                weight = self._weighed(y, weight)
            else:
                self._learn_targets(y, None)
                weight = self._weighed(y, None)
            if weight is not None and not weight.all():
                rows = np.flatnonzero(weight)
                table, weight = [column.take(rows) for column in table], weight[rows]
            held_out = self._checked_held_out(X_val, y_val, sample_weight_val)
            kept = y if rows is None else y[rows]
            progress = Progress(self, *given)
            fit = TableFit(self, table, self._targets(kept), weight, held_out, progress).run()
            self._take(fit, len(y), rows, kept, weight)
            progress.ends()
            return self

    def _checked(self, X, y, sample_weight, *, reset, suffix=""):
        """The columns, targets and weights of validated data."""
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target y "
                "is None."
            )
        table = read_table(self, X, reset=reset)
        if self._y_numeric:
            check_numbers(y, f"y{suffix}", "MmV")
        with located(suffix, y=y):
            y = _check_y(y, multi_output=True, y_numeric=self._y_numeric, estimator=self)
        y = without_column(y)
        check_consistent_length(table[0], y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, np.empty((len(y), 0)), dtype=np.float64, ensure_non_negative=True
            )
            if not sample_weight.any():
                raise ValueError("Sample weights must contain at least one non-zero number.")
        return table, y, sample_weight

    def _checked_held_out(self, X_val, y_val, sample_weight_val):
        if X_val is None and y_val is None and sample_weight_val is None:
            return None
        for name, other, value in (("X_val", "y_val", X_val), ("y_val", "X_val", y_val)):
            if value is None:
                raise ValueError(f"{other} is provided, but {name} was not provided.")
        table, y, weight = self._checked(
            X_val, y_val, sample_weight_val, reset=False, suffix="_val"
        )
        self._check_further_targets(y)
        return table, self._targets(y), self._weighed(y, weight)

    def _weighed(self, y, weight):
        """Weights of rows, by their class too."""
        return weight

    @abstractmethod
    def _learn_targets(self, y, weight):
        """Learn from validated y what the targets are."""

    @abstractmethod
    def _check_further_targets(self, y):
        """Check those of a validation set against what was learned."""

    @abstractmethod
    def _targets(self, y):
        """Validated y as Targets."""

    @abstractmethod
    def _shaped(self, found):
        """The mean outputs of the networks as predictions."""

    @abstractmethod
    def _settle(self, fit, found):
        """Divide the networks of a kind, and what they said out of fold, by their temperature, and
        return it."""

    @abstractmethod
    def _combined(self, outputs):
        """Raw outputs that stand for the mean of the predictions of several kinds."""

    def _preset(self, n_rows):
        return sizes.PRESETS[self.preset]

    def _member_options(self, preset, n_rows):
        """Parameters of the networks."""
        widths = self.hidden_layer_sizes if self._has_widths() else (preset.width,) * 2
        return {"hidden_layer_sizes": widths}

    def _has_widths(self):
        """Whether the user says what the hidden layers are."""
        hidden = self.hidden_layer_sizes
        return not (isinstance(hidden, str) and hidden == "auto")

    def _take(self, fit, n_rows, rows, y, weight):
        """Set the fitted attributes."""
        vars(self).update(self._attributes_of(fit.encoder, fit.widening, fit.members))
        fit.warn()
        if fit.oof is not None:
            self.feature_importances_ = fit.importances(lambda raw, at: self._loss_of(fit, raw, at))
        if fit.folds is not None:
            self.folds_ = self._at_rows(fit.folds, n_rows, rows, -1)
        if fit.oof is None or len(fit.oof) > len(y):
            return
        predictions = self._shaped(self._activated(fit.oof))
        known = ~np.isnan(fit.oof[:, 0])
        self.oof_score_ = self._score_of(y[known], predictions[known], weight, known)
        self.oof_predictions_ = self._at_rows(predictions, n_rows, rows, np.nan)

    @staticmethod
    def _attributes_of(encoder, widening, members):
        """What predictions follow from; ``_packed`` is of `_mean_scorer`."""
        return {
            "_encoder": encoder,
            "_widening": widening,
            "estimators_": members,
            "_packed": [],
        }

    @staticmethod
    def _at_rows(values, n_rows, rows, filler):
        if rows is None:
            return values
        found = np.full((n_rows, *values.shape[1:]), filler, values.dtype)
        found[rows] = values
        return found

    @abstractmethod
    def _loss_of(self, fit, raw, at):
        """The mean loss of raw outputs of rows of the fit, for importances."""

    @abstractmethod
    def _activated(self, raw):
        """Raw outputs of rows not trained on, as the networks would predict."""

    @abstractmethod
    def _score_of(self, y, predictions, weight, known):
        """Score of predictions of rows not trained on."""

    def _table(self):
        """All that is between the user's columns and the networks, and back to values."""
        return Table(self._encoder, self._widening, getattr(self, "_scale", None))

    def describe_columns(self) -> list[dict[str, Any]]:
        """What each column was taken as, and what became of it.

        Returns
        -------
        list of dict
            For each column ``name``, ``kind`` ('number', 'category' or 'date'), ``dtype``,
            ``n_levels`` of a category, ``gaps`` (whether the fit met any), ``n_bins`` of its code,
            and ``becomes`` in words. ``pandas.DataFrame`` makes a table of it.
        """
        check_is_fitted(self)
        return describe(self._encoder)

    def explain(self, X: MatrixLike) -> Explanation:
        """Divide each prediction among the columns: integrated gradients from the mean row.

        Of the mean raw outputs of the networks: logits of classes, values of a regression, or the
        logarithm of what 'poisson', 'gamma' and 'tweedie' predict. The parts of the columns add up
        to the output less that of the baseline.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        Explanation
            Named tuple of ``values`` of shape (n_samples, n_features), or (n_samples, n_outputs,
            n_features) where the networks have several outputs, and ``baseline`` of shape
            (n_outputs,): the outputs for the mean of all encoded rows.

        References
        ----------
        Sundararajan, Taly & Yan, "Axiomatic attribution for deep networks", ICML 2017.
        """
        check_is_fitted(self)
        table = read_table(self, X, reset=False)
        parts_of = [self._encoder.parts_of(f.column) for f in self._encoder.features]
        owners = np.repeat(np.arange(len(parts_of)), self._widening.widths)
        blocks = []
        for start in range(0, len(table[0]), _BLOCK_ROWS // 64):
            end = min(start + _BLOCK_ROWS // 64, len(table[0]))
            block = [column.take(np.arange(start, end)) for column in table]
            wide = self._widening(self._encoder.encode(block))
            parts, baseline = integrated_gradients(self.estimators_, wide, self._widening.mean)
            of_columns = np.zeros((*parts.shape[:2], len(table)))
            for entry, owner in enumerate(owners):
                for column in parts_of[owner]:
                    of_columns[:, :, column] += parts[:, :, entry] / len(parts_of[owner])
            blocks.append(of_columns)
        values = self._in_units(np.concatenate(blocks))
        return Explanation(values[:, 0] if values.shape[1] == 1 else values, self._base(baseline))

    def _in_units(self, parts):
        """Parts of raw outputs (n, n_outputs, n_features) in the units that ``explain`` has."""
        return parts

    def _base(self, raw):
        return raw

    def _mean(self, X):
        """The mean over the networks, added up in their order: (n, n_outputs)."""
        check_is_fitted(self)
        n_threads = 0 if self.n_jobs is None else effective_n_threads(self.n_jobs)
        score = self._mean_scorer().proba
        return np.concatenate([score(block, None, n_threads) for block in self._blocks(X)])

    def _mean_scorer(self):
        """All networks packed as one, at the first prediction."""
        if not self._packed:
            model = tabular_model(self)
            self._packed.append(make_scorer(replace(model, front=None)))
        return self._packed[0]

    def _of_members(self, X):
        """Outputs of all networks for block after block of rows."""
        check_is_fitted(self)
        for block in self._blocks(X):
            yield [outputs(member, block, False) for member in self.estimators_]

    def _blocks(self, X):
        """The narrow matrix, some rows at a time."""
        table = read_table(self, X, reset=False)
        n_rows = len(table[0])
        for start in range(0, n_rows, _BLOCK_ROWS):
            block = table
            if n_rows > _BLOCK_ROWS:
                end = min(start + _BLOCK_ROWS, n_rows)
                block = [column.take(np.arange(start, end)) for column in table]
            yield self._encoder.encode(block)

    def __getstate__(self):
        state = super().__getstate__()
        if "_packed" in state:
            state["_packed"] = []
        return state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags
