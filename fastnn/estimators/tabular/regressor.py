"""TabularRegressor."""

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.metrics import d2_pinball_score, r2_score
from sklearn.utils._param_validation import Interval, StrOptions

from fastnn._types import MatrixLike
from fastnn._warnings import warn
from fastnn.estimators.mlp.parameters import POSITIVE
from fastnn.estimators.mlp.regressor import MLPRegressor
from fastnn.estimators.mlp.toolbox import REGRESSION_LOSSES
from fastnn.estimators.shared.availability import UnavailableMethodError, available_unless
from fastnn.estimators.shared.declare import parameter, parameters
from fastnn.estimators.shared.docs import documented
from fastnn.estimators.tabular import sizes
from fastnn.estimators.tabular.base import BaseTabular
from fastnn.tables.targets import Targets, scale_of
from fastnn.training.validation import mean_loss

__all__ = ["TabularRegressor"]

#: Skewness of positive targets from which on they are worth a word.
_SKEWED = 8.0

#: Losses whose predictions are exp of the raw outputs.
_POSITIVE = ("poisson", "gamma", "tweedie")


def _no_quantiles(estimator):
    if estimator.loss != "quantile":
        raise UnavailableMethodError(
            "predict_quantiles is for loss='quantile', one level or several "
            f"(quantile=[0.05, 0.5, 0.95]); this is loss={estimator.loss!r}."
        )


@documented
@parameters
class TabularRegressor(RegressorMixin, BaseTabular):
    """Regressor of tables as they are: text, gaps, dates and numbers.

    Several networks, each trained on all folds of the rows but one; see the page on tables. What
    they predict stays within the values of y that were seen.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    estimators_ : list of MLPRegressor
        The networks, on columns as they see them and targets in standard units.
    folds_ : ndarray of shape (n_samples,)
        Fold of each row, -1 for rows without weight; not for fewer than 50 rows.
    oof_predictions_ : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Predictions by the networks that were not trained on the row, NaN where there are none; not
        for fewer than 50 rows, nor with X_val.
    oof_score_ : float
        R squared of these; with loss='quantile' the share of the pinball loss explained.
    feature_importances_ : ndarray of shape (n_features,)
        How much R squared falls, by the networks that were not trained on the rows, when the column
        is shuffled among them; of some thousand rows. With another loss, how much that grows, in
        standard units. Not for fewer than 50 rows.
    n_features_in_, feature_names_in_
        Number and, if X had them, names of the columns of X.

    References
    ----------
    .. [1] Gorishniy, Rubachev & Babenko, "On embeddings for numerical features in tabular deep
       learning", NeurIPS 2022.

    Examples
    --------
    >>> from fastnn import TabularRegressor
    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> model = TabularRegressor(preset="fast", random_state=0).fit(X, y)
    >>> bool(model.oof_score_ > 0.4)
    True
    """

    loss: str = parameter(
        "{'squared_error', 'absolute_error', 'huber', 'log_cosh', 'quantile', 'poisson', "
        "'gamma', 'tweedie'}",
        "As of the perceptrons, of targets in standard units; the last three are of targets "
        "divided by their mean.",
        default="squared_error",
        valid=[StrOptions(REGRESSION_LOSSES)],
    )
    huber_delta: float = parameter(
        "float",
        "Residual, in standard deviations of y, from which on 'huber' is linear.",
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

    def _learn_targets(self, y, weight):
        self._check_further_targets(y)
        self.n_outputs_ = 1 if y.ndim == 1 else y.shape[1]
        self._scale = scale_of(self._columns(y), weight, positive=self.loss in _POSITIVE)
        if self.loss == "squared_error":
            self._warn_of_skew(y)

    def _warn_of_skew(self, y):
        if len(y) < sizes.FEWEST_FOR_FOLDS or not (y > 0).all():
            return
        skewness = (self._scale.scaled(self._columns(y)) ** 3).mean(axis=0)
        if skewness.max() > _SKEWED:
            warn(
                f"The targets are very skewed ({skewness.max():.0f}): a few large ones decide what "
                "is learned. If errors in proportion matter, use loss='gamma', or fit to their "
                "logarithm: TransformedTargetRegressor(func=np.log, inverse_func=np.exp)."
            )

    def _columns(self, y):
        return y.astype(np.float64).reshape(len(y), -1)

    def _check_further_targets(self, y):
        self._alike()._check_further_targets(y)

    def _alike(self):
        """A perceptron of this loss."""
        return MLPRegressor(**self._loss_options())

    def _loss_options(self):
        names = "loss", "huber_delta", "quantile", "tweedie_power"
        return {name: getattr(self, name) for name in names}

    def _targets(self, y):
        values = self._scale.scaled(self._columns(y))
        y = values.astype(np.float32)
        return Targets(y[:, 0] if y.shape[1] == 1 else y, values, None)

    def _member_options(self, preset, n_rows):
        scoring = self.scoring
        if scoring is None and self.loss != "squared_error":
            scoring = "loss"
        return {
            **super()._member_options(preset, n_rows),
            **self._loss_options(),
            "scoring": scoring,
        }

    def _settle(self, fit, found):
        return 1.0

    def _combined(self, outputs):
        if len(outputs) == 1:
            return outputs[0]
        mean = np.mean([self._activated(raw) for raw in outputs], axis=0)
        return np.log(np.maximum(mean, 1e-300)) if self.loss in _POSITIVE else mean

    def _loss_of(self, fit, raw, at):
        y = fit.y[at].reshape(len(at), -1)
        weight = None if fit.weight is None else fit.weight[at]
        loss = self._alike()._made_loss()
        mean = mean_loss(loss, raw, loss.encode(y), weight)
        if self.loss != "squared_error":
            return mean
        return 2 * mean / max(np.average((y - y.mean(axis=0)) ** 2), 1e-300)

    def _in_units(self, parts):
        if self.loss in _POSITIVE:
            return parts
        return (
            parts * np.repeat(self._scale.width, parts.shape[1] // len(self._scale.width))[:, None]
        )

    def _base(self, raw):
        if self.loss in _POSITIVE:
            return raw
        levels = len(raw) // len(self._scale.width)
        return raw * np.repeat(self._scale.width, levels) + np.repeat(self._scale.centre, levels)

    def _activated(self, raw):
        return np.exp(raw) if self.loss in _POSITIVE else raw

    def _shaped(self, found):
        values = self._scale.values(found)
        return values[:, 0] if values.shape[1] == 1 else values

    def _score_of(self, y, predictions, weight, known):
        return self._score(y, predictions, None if weight is None else weight[known])

    def _score(self, y, predictions, weight):
        if self.loss != "quantile":
            return float(r2_score(y, predictions, sample_weight=weight))
        levels = np.atleast_1d(self.quantile)
        y = np.asarray(y).reshape(len(y), -1)
        p = predictions.reshape(*y.shape, len(levels))
        scores = [
            d2_pinball_score(y, p[..., i], alpha=level, sample_weight=weight)
            for i, level in enumerate(levels)
        ]
        return float(np.mean(scores))

    def predict(self, X: MatrixLike, return_std: bool = False) -> Any:
        """Predict the targets of each row: the mean over the networks, in their order.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
        return_std : bool, default=False
            Return the standard deviation of the networks' predictions as well: how much they
            disagree. The noise of the targets is not in it.

        Returns
        -------
        mean : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            With several levels of loss='quantile', all levels of the first target, then those of
            the next.
        std : ndarray of the same shape
            Only with return_std.
        """
        if not return_std:
            return self._shaped(self._mean(X))
        blocks = [np.stack([self._shaped(p) for p in found]) for found in self._of_members(X)]
        each = np.concatenate(blocks, axis=1)
        return self._shaped(self._mean(X)), each.std(axis=0)

    @available_unless(_no_quantiles)
    def predict_quantiles(self, X: MatrixLike) -> np.ndarray:
        """Predict the levels of loss='quantile' in ascending order, which never cross.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_levels) or (n_samples, n_outputs, n_levels)
        """
        found = self._scale.values(self._mean(X))
        found = np.sort(found.reshape(len(found), self.n_outputs_, -1), axis=-1)
        return found[:, 0] if self.n_outputs_ == 1 else found

    def score(self, X: MatrixLike, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """Return R squared; with loss='quantile' the share of the pinball loss that is explained.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        return self._score(y, self.predict(X), sample_weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self.loss in _POSITIVE
        tags.target_tags.multi_output = True
        return tags
