"""What MLPClassifier and MLPRegressor share: parameters, fitting, scoring, persistence."""

from abc import ABC, abstractmethod
from contextlib import contextmanager
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import issparse
from sklearn import get_config
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils._param_validation import validate_parameter_constraints
from sklearn.utils.validation import check_is_fitted

from fastnn._types import MatrixLike
from fastnn.estimators.mlp.blocks import hidden_blocks
from fastnn.estimators.mlp.fitting import Fit
from fastnn.estimators.mlp.hidden_layers import hidden_widths
from fastnn.estimators.mlp.outputs import input_gradients, outputs
from fastnn.estimators.mlp.pretraining import apart_from_unlabelled
from fastnn.estimators.mlp.toolbox import ToolboxParameters
from fastnn.estimators.shared import data
from fastnn.estimators.shared.availability import available_unless, no_hidden_layers
from fastnn.estimators.shared.callbacks import CALLBACK_ATTRIBUTES, CallbackSupportMixin
from fastnn.estimators.shared.early_stopping import HeldOut
from fastnn.estimators.shared.hidden_features import HiddenFeaturesMixin, as_asked
from fastnn.estimators.shared.pickles import VersionedPickles
from fastnn.layers.activations import one_per_layer
from fastnn.losses import loss_of_output
from fastnn.training.stretches import run_alone

_NO_DEFAULT = object()

# Attributes that some fits set and others must remove.
_NOT_OF_EVERY_FIT = (
    *("loss_curve_", "learning_rate_curve_", "best_loss_", "validation_scores_"),
    *("validation_loss_curve_", "best_validation_score_", "_solver_state", "norms_"),
    *("projections_", "gains_", "temperature_", "_traces"),
)


class BaseMLP(
    CallbackSupportMixin,
    HiddenFeaturesMixin,
    TransformerMixin,
    ToolboxParameters,
    VersionedPickles,
    BaseEstimator,
    ABC,
    auto_wrap_output_keys=None,  # type: ignore[call-arg]
):
    """Base of the multi-layer perceptrons; not for direct use."""

    coefs_: list[np.ndarray]
    intercepts_: list[np.ndarray]
    norms_: list[dict[str, Any] | None]
    projections_: list[Any]
    gains_: list[np.ndarray]
    n_layers_: int
    n_outputs_: int
    out_activation_: str
    n_iter_: int
    t_: int
    loss_: float
    loss_curve_: list[float]
    learning_rate_curve_: list[float]
    best_loss_: float | None
    validation_scores_: list[float] | None
    validation_loss_curve_: list[float] | None
    best_validation_score_: float | None
    n_features_in_: int
    feature_names_in_: np.ndarray

    _targets_are_rows = False  # of an autoencoder they are
    pretrain: str | None = None  # parameters of the perceptrons, like
    plasticity: str | None = None
    gain = False
    conduction_loss = gain_l1 = 0.0
    _auto_batch = 200  # rows of a batch of batch_size='auto'
    _auto_schedule = "constant"  # of schedule=None, where learning_rate does not say either
    _columns = None  # a fastnn.layers.Columns that goes first, of networks on tables

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
        X_unlabeled: MatrixLike | None = None,
    ) -> Self:
        """Train the network from new weights, or with ``warm_start`` from the present ones.

        If this fails or is interrupted, the estimator is as it was before.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows to train on. float32 is trained in float32, everything else in float64.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Class labels, or real numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row; one of zero is as good as absent.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Rows for early stopping to watch, in place of a part of X.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Their targets, in the units that y has here: what transforms y on the way, such as
            ``TransformedTargetRegressor``, leaves them as they are.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.
        X_unlabeled : {array-like, sparse matrix} of shape (n_unlabeled, n_features), default=None
            Rows without targets, for ``pretrain`` to learn from.

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
            X, y, sample_weight, more = apart_from_unlabelled(
                self, X, y, sample_weight, X_unlabeled
            )
            held_out = X_val, y_val, sample_weight_val
            return self._fit(X, y, sample_weight, held_out, unlabelled=more)

    def _fit(self, X, y, sample_weight, held_out=(None, None, None), **options):
        return run_alone(
            self._stretches(X, y, sample_weight, held_out, **{"one_epoch": False, **options})
        )

    def _as_rows(self, X, y):
        """X and y as Fit takes them: rows of numbers, and their targets."""
        return X, y

    def _stretches(self, X, y, sample_weight, held_out=(None, None, None), **options):
        """`_fit` as a generator of stretches of training, see ``fastnn.training.stretches``;
        the options are those of `Fit`."""
        fit = Fit(self, X, y, sample_weight, held_out, **options)
        fitted = yield from fit.stretches()
        for name in _NOT_OF_EVERY_FIT:
            self.__dict__.pop(name, None)
        self.__dict__.update(fitted)
        fit.report_end()
        return self

    def _validate_params(self):
        # What has its default is valid. Looking at every parameter anew would take a good part of
        # the time of a partial_fit on few rows.
        cls, constraints = type(self), self._parameter_constraints
        given = {
            name: getattr(self, name)
            for name in constraints
            if getattr(self, name) is not getattr(cls, name, _NO_DEFAULT)
        }
        try:
            validate_parameter_constraints(constraints, given, caller_name=cls.__name__)
        except ValueError as error:
            hint = self._hint_at_positions()
            if not hint:
                raise
            raise type(error)(f"{error} {hint}") from None

    def _hint_at_positions(self):
        """What to write instead, if the first positional parameter is not what was meant."""
        return ""

    @abstractmethod
    def _learn_targets(self, y, continuing, one_epoch):
        """Learn from validated y what the targets are, and return the Loss."""

    @abstractmethod
    def _check_further_targets(self, y):
        """Check validated y of a validation set against what was learned."""

    @abstractmethod
    def _encode(self, y, dtype):
        """Turn validated y into what the loss takes."""

    def _hidden_widths(self):
        """Widths of all hidden layers."""
        return hidden_widths(self.hidden_layer_sizes)

    def _activity_prices(self, n_hidden):
        """The strength of the L1 penalty on the outputs of each hidden layer."""
        return [0.0] * n_hidden

    def _hidden_blocks(self, widths, activations):
        """What the hidden layers of these widths are made of."""
        return hidden_blocks(self, widths, activations)

    def _input_changes(self):
        """What is done to the input in training: dropout, and noise."""
        return self.input_dropout, self.input_noise

    def _checked_data(self, X, y, *, reset, suffix=""):
        """X and y as `fastnn.estimators.shared.data.training_data` checks them."""
        numeric = self._y_numeric
        return data.training_data(self, X, y, reset=reset, y_numeric=numeric, suffix=suffix)

    def _first_labels(self, y):
        return y  # what the classes are learned from in a first partial_fit

    def _n_outputs(self, y):
        """Outputs of the last layer, for encoded targets."""
        return y.shape[1] if y.ndim == 2 else len(self.classes_)

    def _measurements(self, X):
        return X  # of checked rows the columns that have a size; None if there are none

    def _held_out(self, X, y, weight, loss, score):
        """Return the HeldOut of these rows, see ``fastnn.estimators.shared.early_stopping``."""
        return HeldOut(X, y, weight, loss, score)

    def _class_factors(self, y, weight):
        """Return factors of the rows' weights, (n_samples,), or None; only classes have any."""

    @available_unless(no_hidden_layers)
    def transform(self, X: MatrixLike, layer: int = -1) -> np.ndarray:
        """Return the outputs of a hidden layer, as features for another model.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        layer : int, default=-1
            Number of the hidden layer, from 0 or, if negative, from the last one back.

        Returns
        -------
        ndarray or data frame of shape (n_samples, n_units)
            Of the dtype of the model; a frame if ``set_output`` has asked for one.
        """
        check_is_fitted(self)
        number = self._hidden_layer(layer)
        check_finite = not get_config()["assume_finite"]
        rows = data.scoring_data(self, X)
        return as_asked(self, outputs(self, rows, check_finite, layer=number), X)

    def _hidden_layer(self, layer):
        """The number of a hidden layer from 0, from one that may count from the last one back."""
        n_hidden = len(self.coefs_) - 1
        if not (isinstance(layer, Integral) and -n_hidden <= layer < n_hidden):
            raise ValueError(
                f"layer must be an int from {-n_hidden} to {n_hidden - 1}, a hidden layer's "
                f"number; got {layer!r}."
            )
        return layer % n_hidden

    def input_gradients(self, X: MatrixLike) -> np.ndarray:
        """Return the gradient of each output of the network by each feature, row by row.

        The outputs are those before the output activation: decision values, or the logarithm of
        what 'poisson' predicts. By backpropagation at prediction: dropout and noise are off, batch
        normalisation uses its running averages, 'bernoulli' its probability, and 'step' counts as
        in training, with slope one between -1 and 1.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_features) or (n_samples, n_outputs, n_features)
            The former of a network with one output. Of the dtype of the model.

        Raises
        ------
        ValueError
            For sparse X: the gradient of a row is dense.

        References
        ----------
        .. [1] Simonyan, Vedaldi & Zisserman, "Deep inside convolutional networks: visualising image
           classification models and saliency maps", ICLR 2014.

        Examples
        --------
        >>> from fastnn import MLPRegressor
        >>> model = MLPRegressor(hidden_layer_sizes=()).fit([[0, 0], [1, 0], [0, 2]], [1, 2, 3])
        >>> bool((model.input_gradients([[5, 6]]) == model.coefs_[0].T).all())
        True
        """
        check_is_fitted(self)
        if issparse(X):
            raise ValueError(
                "input_gradients is for dense X, as its result is dense: pass X.toarray(), some "
                "rows at a time if that does not fit in memory."
            )
        X = data.scoring_data(self, X)
        activations = one_per_layer(self.activation, len(self.coefs_) - 1)
        return input_gradients(self, activations, self._loss(), X)

    def _outputs(self, X):
        """Outputs of the network, (n_samples, n_outputs), from coefs_ and intercepts_ as they are.

        Reads the estimator and never writes to it: any number of threads may call this.
        """
        if "coefs_" not in self.__dict__:
            check_is_fitted(self)
        if "feature_names_in_" not in self.__dict__ and data.goes_straight_to_the_kernel(
            X, len(self.coefs_[0])
        ):
            try:
                return outputs(self, X, check_finite=True)
            except ValueError:
                # Of X or of coefs_: the long way round finds out and has scikit-learn's words.
                pass
        check_finite = not get_config()["assume_finite"]
        return outputs(self, data.scoring_data(self, X), check_finite)

    def _loss(self):
        # The output activation is what a fitted estimator remembers of its loss.
        return loss_of_output(self.out_activation_)

    def __getstate__(self):
        state = super().__getstate__()
        # Moments, with Adam two thirds of the bytes, are kept of a stream, that may be resumed.
        if not state.get("_solver_state", {}).get("resumable", False):
            state.pop("_solver_state", None)
        return state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = not (any(self._input_changes()) or self.gain)
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


@contextmanager
def unchanged_on_failure(estimator):
    """If the block fails or is interrupted, give the estimator its attributes back."""
    before = dict(estimator.__dict__)
    try:
        yield
    except BaseException:
        now = estimator.__dict__
        # scikit-learn still needs its own in order to tear the callbacks down.
        for name in now.keys() - before.keys() - CALLBACK_ATTRIBUTES:
            del now[name]
        now.update(before)
        raise
