"""Autoencoder."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from sklearn.base import _fit_context
from sklearn.utils.validation import _generate_get_feature_names_out, check_is_fitted

from fastnn._types import MatrixLike
from fastnn.estimators.autoencoder.halves import decoded, encoder_of
from fastnn.estimators.autoencoder.novelty import NoveltyMixin
from fastnn.estimators.autoencoder.parameters import AutoencoderParameters
from fastnn.estimators.autoencoder.rows import HeldOutRows
from fastnn.estimators.autoencoder.targets import targets
from fastnn.estimators.mlp.base import BaseMLP, unchanged_on_failure
from fastnn.estimators.mlp.hidden_layers import hidden_widths
from fastnn.estimators.mlp.regressor import MLPRegressor
from fastnn.estimators.shared.availability import available_unless, no_partial_fit
from fastnn.estimators.shared.declare import fitted, parameters
from fastnn.estimators.shared.docs import documented
from fastnn.losses import make_loss
from fastnn.training.validation import r2

__all__ = ["Autoencoder"]

# What ``noise`` is among the parameters of the perceptrons.
_NOISE = {"gaussian": "input_noise", "mask": "input_dropout"}


@documented
@parameters
class Autoencoder(NoveltyMixin, BaseMLP, AutoencoderParameters):
    """Network that learns to give its rows back through a narrow layer, whose outputs are a code.

    It minimises the mean over rows of loss(x, decoder(encoder(x))) [1]_ [2]_. A transformer:
    ``transform`` encodes, ``inverse_transform`` decodes. Rows that it reconstructs badly are unlike
    those of training: ``score_samples``, ``decision_function`` and ``predict`` say so.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    offset_ : float
        Score below which ``predict`` calls a row an outlier.
    {attributes}

    References
    ----------
    .. [1] Kingma & Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015: the default solver.
    .. [2] Hinton & Salakhutdinov, "Reducing the dimensionality of data with neural networks",
       Science 313, 2006.
    .. [3] Vincent, Larochelle, Bengio & Manzagol, "Extracting and composing robust features with
       denoising autoencoders", ICML 2008.

    Examples
    --------
    >>> from fastnn import Autoencoder
    >>> from sklearn.datasets import load_digits
    >>> X = load_digits().data / 16
    >>> model = Autoencoder((32, 8), max_iter=5, random_state=0).fit(X)
    >>> model.transform(X).shape, model.reconstruct(X).shape
    ((1797, 8), (1797, 64))
    """

    offset_: float = fitted()

    _y_numeric = True
    _targets_are_rows = True
    _default_score = staticmethod(r2)

    @property
    def _widths(self):
        """Widths of the encoder's layers; an error if there is none."""
        widths = hidden_widths(self.hidden_layer_sizes)
        if not widths:
            raise ValueError(
                "hidden_layer_sizes of an Autoencoder must name the width of the code at least, "
                f"such as (32,); got {self.hidden_layer_sizes!r}."
            )
        return widths

    def _hidden_widths(self):
        if self.tied and self.max_norm is not None:
            raise ValueError(
                "max_norm bounds the weights that lead into a unit, and with tied=True each leads "
                "into two: leave max_norm at None, or set tied=False."
            )
        return [*self._widths, *self._widths[-2::-1]]

    def _activity_prices(self, n_hidden):
        prices = [0.0] * n_hidden
        prices[len(self._widths) - 1] = float(self.activity_l1)
        return prices

    def _input_changes(self):
        levels = dict(zip(("input_dropout", "input_noise"), super()._input_changes(), strict=True))
        if self.noise is not None:
            name = _NOISE[self.noise]
            if self.solver == "lbfgs":
                raise ValueError(
                    "noise is for the stochastic solvers: leave it at None with solver='lbfgs', "
                    "or choose another solver, such as 'adam'."
                )
            if levels[name]:
                raise ValueError(f"noise={self.noise!r} is {name}: set one of the two.")
            if self.noise == "mask" and self.noise_level >= 1:
                raise ValueError(
                    "noise_level is the share of the features that noise='mask' sets to zero: it "
                    f"must be below 1, got {self.noise_level!r}."
                )
            levels[name] = self.noise_level
        return levels["input_dropout"], levels["input_noise"]

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: MatrixLike,
        y: Any = None,
        sample_weight: ArrayLike | None = None,
        *,
        X_val: MatrixLike | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self:
        """Learn to reconstruct rows, from new weights or with ``warm_start`` from the present ones.

        If this fails or is interrupted, the estimator is as it was before.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            float32 is learned in float32, everything else in float64. Of sparse rows those of a
            batch are made dense for the loss; the first layer reads them as they are.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row; one of zero is as good as absent.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Rows for early stopping to watch, in place of a part of X.
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
            A ValueError: if the loss or a weight became infinite or NaN.
        """
        with unchanged_on_failure(self):
            held_out = X_val, targets(X_val), sample_weight_val
            self._fit(X, targets(X), sample_weight, held_out)
            self._learn_offset(X, sample_weight)
        return self

    @available_unless(no_partial_fit)
    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self, X: MatrixLike, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Train one epoch on these rows, going on from the present weights and moments.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        self : Autoencoder
        """
        with unchanged_on_failure(self):
            self._fit(X, targets(X), sample_weight, one_epoch=True)
            self._learn_offset(X, sample_weight)
        return self

    def _made_loss(self):
        logistic = self.output_activation == "logistic"
        return make_loss("logistic_log_loss" if logistic else "squared_error")

    def _learn_targets(self, y, continuing, one_epoch):
        self._check_further_targets(y)
        return self._made_loss()

    def _check_further_targets(self, y):
        if self.output_activation == "logistic" and (y.min() < 0 or y.max() > 1):
            raise ValueError(
                "output_activation='logistic' reconstructs numbers from 0 to 1, and X has values "
                f"from {y.min():.3g} to {y.max():.3g}: scale X with MinMaxScaler, or set "
                "output_activation='identity'."
            )

    def _held_out(self, X, y, weight, loss, score):
        return HeldOutRows(X, y, weight, loss, score)

    def _strata(self, y):
        """There are no classes to have the same shares of."""

    def _encode(self, y, dtype):
        if issparse(y):
            return y
        return np.ascontiguousarray(y, dtype=dtype).reshape(len(y), -1)

    def transform(self, X: MatrixLike, layer: int | None = None) -> np.ndarray:
        """Encode rows: the outputs of the last layer of the encoder.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        layer : int or None, default=None
            Number of another hidden layer, from 0 or, if negative, from the decoder's last back.

        Returns
        -------
        ndarray or data frame of shape (n_samples, n_code)
            Of the dtype of the model; a frame if ``set_output`` has asked for one.
        """
        return super().transform(X, len(self._widths) - 1 if layer is None else layer)

    @property
    def encoder_(self) -> MLPRegressor:
        """The encoder as a fitted ``MLPRegressor`` that predicts the code: for a ``Predictor``, a
        file, ONNX or C. Its arrays are those of the autoencoder."""
        check_is_fitted(self)
        return encoder_of(self, len(self._widths))

    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
        """Decode: rows for codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_code)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        n_code = self._widths[-1]
        codes = np.require(X, self.coefs_[0].dtype, ["C", "A"])
        if codes.ndim != 2 or codes.shape[1] != n_code:
            raise ValueError(f"X must hold codes (n, {n_code}), got shape {codes.shape}")
        return decoded(self, codes, len(self._widths))

    def reconstruct(self, X: MatrixLike) -> np.ndarray:
        """Encode and decode rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Of the dtype of the model.
        """
        return self._outputs(X)

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> np.ndarray:
        """Names of the columns that ``transform`` returns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Not used, but checked against ``feature_names_in_``.

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self)
        return _generate_get_feature_names_out(
            self, self._widths[-1], input_features=input_features
        )
