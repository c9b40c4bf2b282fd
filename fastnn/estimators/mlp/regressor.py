"""MLPRegressor."""

from collections.abc import Sequence
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import d2_pinball_score
from sklearn.utils._param_validation import Interval

from fastnn._types import MatrixLike
from fastnn.estimators.mlp.base import BaseMLP, unchanged_on_failure
from fastnn.estimators.mlp.parameters import POSITIVE
from fastnn.estimators.mlp.toolbox import LossFirst, PretrainingParameters
from fastnn.estimators.shared.availability import (
    available_unless,
    no_partial_fit,
)
from fastnn.estimators.shared.declare import parameter, parameters
from fastnn.estimators.shared.docs import documented
from fastnn.losses import make_loss
from fastnn.training.validation import r2

__all__ = ["MLPRegressor"]

# Loss of the regressor -> (its parameter, that of the estimator).
_OF_LOSS = {
    "huber": [("delta", "huber_delta")],
    "quantile": [("level", "quantile")],
    "tweedie": [("power", "tweedie_power")],
}


@documented
@parameters
class MLPRegressor(RegressorMixin, PretrainingParameters, BaseMLP, LossFirst):
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
    _default_score = staticmethod(r2)

    def _hint_at_positions(self):
        if isinstance(self.loss, str):
            return ""
        meant = f"MLPRegressor(hidden_layer_sizes={self.loss!r})"
        return f"The first parameter of MLPRegressor is loss, as in scikit-learn: write {meant}."

    def _made_loss(self):
        parameters = {name: getattr(self, of) for name, of in _OF_LOSS.get(self.loss, ())}
        return make_loss(self.loss, **parameters)

    def _levels(self):
        """The levels of a quantile regression, if there are several."""
        several = self.loss == "quantile" and np.ndim(self.quantile) > 0
        return list(self.quantile) if several else []

    def _learn_targets(self, y, continuing, one_epoch):
        self._check_further_targets(y)
        return self._made_loss()

    def _check_further_targets(self, y):
        self._made_loss().check_targets(y)

    def _strata(self, y):
        """There are no classes to have the same shares of."""

    def _encode(self, y, dtype):
        with np.errstate(over="ignore"):
            targets = np.ascontiguousarray(y, dtype=dtype).reshape(len(y), -1)
        if not np.isfinite(targets).all():
            raise ValueError(
                f"Input y contains a value too large for {np.dtype(dtype)}, the dtype of X: scale "
                "y, or pass X as float64."
            )
        return self._made_loss().encode(targets)

    @available_unless(no_partial_fit)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: MatrixLike, y: Any, sample_weight: ArrayLike | None = None) -> Self:
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

    def predict(self, X: MatrixLike) -> np.ndarray:
        """Predict the targets of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            With several levels of loss='quantile', all levels of the first target, then those of
            the next.
        """
        p = self._outputs(X)
        return p.reshape(-1) if p.shape[1] == 1 else p

    def score(self, X: MatrixLike, y: Any, sample_weight: ArrayLike | None = None) -> float:
        """Return R squared; with several levels of loss='quantile', the mean over them of the share
        of the pinball loss that is explained (``sklearn.metrics.d2_pinball_score``).

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float
        """
        if not self._levels():
            return super().score(X, y, sample_weight)
        return self._pinball_score(self._outputs(X), y, sample_weight)

    def _pinball_score(self, outputs, y, sample_weight):
        levels = self._levels()
        y = np.asarray(y).reshape(len(y), -1)
        p = outputs.reshape(*y.shape, len(levels))
        scores = [
            d2_pinball_score(y, p[:, :, i], alpha=level, sample_weight=sample_weight)
            for i, level in enumerate(levels)
        ]
        return float(np.mean(scores))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self.loss in ("poisson", "gamma", "tweedie")
        return tags
