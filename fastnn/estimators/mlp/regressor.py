"""MLPRegressor."""

from collections.abc import Sequence
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import d2_pinball_score
from sklearn.utils._param_validation import Interval
from sklearn.utils.metadata_routing import UNUSED

from fastnn._types import MatrixLike
from fastnn.estimators.mlp.base import BaseMLP, unchanged_on_failure
from fastnn.estimators.mlp.parameters import POSITIVE
from fastnn.estimators.mlp.plasticity import PlasticityParameters
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
    "gaussian_nll": [("floor", "variance_floor")],
}


@documented
@parameters
class MLPRegressor(RegressorMixin, PretrainingParameters, PlasticityParameters, BaseMLP, LossFirst):
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
    .. [2] Chernozhukov, Fernandez-Val & Galichon, "Quantile and probability curves without
       crossing", Econometrica 2010.

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
    variance_floor: float = parameter(
        "float",
        "Least variance that 'gaussian_nll' predicts, in the square of the targets' unit.",
        default=1e-6,
        valid=[POSITIVE],
    )
    non_crossing: bool = parameter(
        "bool",
        "Whether predictions of several levels of 'quantile' are put in the order of the levels, "
        "which never takes them further from the true quantiles [2]_.",
        default=False,
        valid=["boolean"],
    )
    # As in scikit-learn's MLPRegressor, whose predict has nothing that a pipeline could hand on.
    __metadata_request__predict: ClassVar[dict[str, str]] = {"return_std": UNUSED}
    _y_numeric = True
    _default_score = staticmethod(r2)

    def _hint_at_positions(self):
        if isinstance(self.loss, str):
            return ""
        name = type(self).__name__
        meant = f"{name}(hidden_layer_sizes={self.loss!r})"
        return f"The sizes are not {name}'s first parameter, as in scikit-learn: write {meant}."

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

    def predict(self, X: MatrixLike, return_std: bool = False) -> Any:
        """Predict the targets of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        return_std : bool, default=False
            Return the standard deviation of each target around its mean as well, for
            loss='gaussian_nll': the noise, not what the network does not know.

        Returns
        -------
        mean : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            With several levels of loss='quantile', all levels of the first target, then those of
            the next.
        std : ndarray of the same shape
            Only with return_std.

        Raises
        ------
        ValueError
            If return_std is asked for with another loss.
        """
        if return_std and self.loss != "gaussian_nll":
            raise ValueError(
                f"return_std needs loss='gaussian_nll', which predicts a variance; with "
                f"loss={self.loss!r} take LaplaceRegressor or DeepEnsembleRegressor around it."
            )
        raw = self._outputs(X)
        if not return_std:
            return self._targets_of(raw)
        std = np.sqrt(self._made_loss().variances(raw))
        return self._targets_of(raw), std[:, 0] if std.shape[1] == 1 else std

    def _targets_of(self, raw):
        """What is predicted, from the outputs of the network (n, n_outputs_)."""
        if self.loss == "gaussian_nll":
            raw = np.ascontiguousarray(raw[:, ::2])
        elif self.non_crossing and self._levels():
            levels = self._levels()
            by_target = raw.reshape(len(raw), -1, len(levels))
            ordered = np.empty_like(by_target)
            ordered[:, :, np.argsort(levels, kind="stable")] = np.sort(by_target, axis=-1)
            raw = ordered.reshape(raw.shape)
        return raw.reshape(-1) if raw.shape[1] == 1 else raw

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
        return self._pinball_score(self.predict(X), y, sample_weight)

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
