"""What MLPClassifier and MLPRegressor share: parameters, fitting, scoring, persistence."""

import warnings
from abc import ABC, abstractmethod
from contextlib import contextmanager
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.validation import check_is_fitted

from fastnn._version import __version__
from fastnn.arrays import forward_arrays
from fastnn.estimators import _data
from fastnn.estimators._availability import UnavailableMethodError
from fastnn.estimators._callbacks import CALLBACK_ATTRIBUTES, CallbackSupportMixin
from fastnn.estimators._fitting import Fit
from fastnn.exceptions import VersionMismatchWarning
from fastnn.losses import LOSSES
from fastnn.threads import effective_n_threads

# The output activation tells the loss, and is what a fitted estimator remembers.
_LOSS_OF_OUTPUT = {loss.output_activation: name for name, loss in LOSSES.items()}

# Attributes that some fits set and others must remove.
_STOCHASTIC_ATTRIBUTES = (
    "loss_curve_",
    "best_loss_",
    "validation_scores_",
    "validation_loss_curve_",
    "best_validation_score_",
    "_solver_state",
)


class BaseMLP(CallbackSupportMixin, BaseEstimator, ABC):
    """Base of the multi-layer perceptrons; not for direct use."""

    _parameter_constraints: ClassVar[dict] = {
        "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions({"identity", "logistic", "tanh", "relu"})],
        "solver": [StrOptions({"lbfgs", "sgd", "adam"})],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
        "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
        "power_t": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "shuffle": ["boolean"],
        "random_state": ["random_state"],
        "tol": [Interval(Real, 0, None, closed="left")],
        "verbose": ["verbose"],
        "warm_start": ["boolean"],
        "momentum": [Interval(Real, 0, 1, closed="both")],
        "nesterovs_momentum": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="left")],
        "beta_1": [Interval(Real, 0, 1, closed="left")],
        "beta_2": [Interval(Real, 0, 1, closed="left")],
        "epsilon": [Interval(Real, 0, None, closed="neither")],
        "n_iter_no_change": [
            Interval(Integral, 1, None, closed="left"),
            Options(Real, {np.inf}),
        ],
        "max_fun": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
        "scoring": [str, callable, None],
    }

    def __init__(
        self,
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
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.n_jobs = n_jobs
        self.scoring = scoring

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None, sample_weight_val=None):
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
            A ValueError: if the loss or a weight became infinite or NaN.
        """
        with unchanged_on_failure(self):
            return self._fit(X, y, sample_weight, (X_val, y_val, sample_weight_val))

    def _fit(self, X, y, sample_weight, held_out=(None, None, None), *, one_epoch=False):
        fit = Fit(self, X, y, sample_weight, held_out, one_epoch=one_epoch)
        fitted = fit.run()
        for name in _STOCHASTIC_ATTRIBUTES:
            self.__dict__.pop(name, None)
        self.__dict__.update(fitted)
        fit.report_end()
        return self

    @abstractmethod
    def _learn_targets(self, y, continuing, one_epoch):
        """Learn from validated y what the targets are, and return the name of the loss."""

    @abstractmethod
    def _check_further_targets(self, y):
        """Check validated y of a validation set against what was learned."""

    @abstractmethod
    def _encode(self, y, dtype):
        """Turn validated y into what the loss takes."""

    def _outputs(self, X):
        """Outputs of the network, (n_samples, n_outputs), from coefs_ and intercepts_ as they are.

        Reads the estimator and never writes to it: any number of threads may call this.
        """
        if "coefs_" not in self.__dict__:
            check_is_fitted(self)
        if "feature_names_in_" not in self.__dict__ and _data.goes_straight_to_the_kernel(
            X, self.n_features_in_
        ):
            try:
                return self._forward(X, check_finite=True)
            except ValueError:
                # Of X or of coefs_: the long way round finds out and has scikit-learn's words.
                pass
        check_finite = not get_config()["assume_finite"]
        return self._forward(_data.scoring_data(self, X), check_finite)

    def _forward(self, X, check_finite):
        n_threads = 0 if self.n_jobs is None else effective_n_threads(self.n_jobs)
        return forward_arrays(
            self.coefs_,
            self.intercepts_,
            self.activation,
            _LOSS_OF_OUTPUT[self.out_activation_],
            X,
            False,
            n_threads,
            check_finite,
        )

    def __getstate__(self):
        state = {**super().__getstate__(), "_fastnn_version": __version__}
        # Moments are two thirds of the bytes with Adam. After a fit they are left out, and a
        # partial_fit of the copy starts with new ones; after a partial_fit they are kept, so that
        # a stream can be resumed from where it was saved.
        if not state.get("_solver_state", {}).get("resumable", False):
            state.pop("_solver_state", None)
        return state

    def __setstate__(self, state):
        state = dict(state)
        version = state.pop("_fastnn_version", "an unknown version")
        if version != __version__:
            warnings.warn(
                f"This {type(self).__name__} was pickled by fastnn {version} and is read by "
                f"{__version__}: it may not work, or differently. Fit it anew, or use the version "
                "that wrote it.",
                VersionMismatchWarning,
                stacklevel=2,
            )
        super().__setstate__(state)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def no_partial_fit(estimator):
    """Raise an AttributeError if the parameters leave ``partial_fit`` no meaning."""
    if estimator.solver == "lbfgs":
        reason = "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
        name = type(estimator).__name__
        raise AttributeError(f"This {name!r} has no attribute 'partial_fit'") from AttributeError(
            reason
        )
    if estimator.early_stopping:
        raise UnavailableMethodError("partial_fit does not support early_stopping=True")


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
