"""One call of ``fit`` or ``partial_fit``: from the user's data to a dict of fitted attributes."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.optimize import _check_optimize_result

from fastnn.estimators import _data, _solvers
from fastnn.estimators._callbacks import FitCallbacks
from fastnn.estimators._early_stopping import Rows, given_rows, watch
from fastnn.estimators._layers import build_network, check_hidden_layer_sizes, take_weights
from fastnn.initializers import glorot_uniform
from fastnn.lbfgs import minimize_lbfgs
from fastnn.losses import LOSSES
from fastnn.threads import effective_n_threads
from fastnn.training import EpochLoop, History

__all__ = ["Fit"]


class Fit:
    """The data, the network and the course of one fit.

    The estimator is read, and written to by scikit-learn's ``validate_data`` and by its own
    ``_learn_targets``; the rest of what was learned is returned by ``run``.

    Parameters
    ----------
    estimator : BaseMLP
    X, y, sample_weight
        As given by the user.
    held_out : (X_val, y_val, sample_weight_val)
        As given by the user.
    one_epoch : bool
        True for ``partial_fit``.
    """

    def __init__(self, estimator, X, y, sample_weight, held_out=(None, None, None), *, one_epoch):
        self.estimator = estimator
        self.one_epoch = one_epoch
        self.continuing = hasattr(estimator, "coefs_") and (one_epoch or estimator.warm_start)
        self._given = X, y, sample_weight
        self._callbacks = self._observer = None
        hidden = check_hidden_layer_sizes(estimator.hidden_layer_sizes)
        self.n_threads = effective_n_threads(estimator.n_jobs)
        self._take_data(X, y, sample_weight, held_out)
        self.rng = check_random_state(estimator.random_state)
        self._make_network(hidden)

    def _take_data(self, X, y, sample_weight, held_out):
        est = self.estimator
        self.X, self.labels = _data.training_data(
            est, X, y, reset=not self.continuing, y_numeric=est._y_numeric
        )
        self.loss = est._learn_targets(self.labels, self.continuing, self.one_epoch)
        self.dtype = self.X.dtype
        if self.continuing:
            self.dtype = np.result_type(np.asarray(est.coefs_[0]), np.float32)
        # L-BFGS computes in float64, and its solution is rounded to the dtype of the model.
        self.work_dtype = np.dtype(np.float64) if est.solver == "lbfgs" else self.dtype
        self.y = est._encode(self.labels, self.work_dtype)
        self.weight, self.rows = _data.training_weights(sample_weight, self.X, self.work_dtype)
        self._held_out = given_rows(est, *held_out, y=self.y, dtype=self.work_dtype)

    def _make_network(self, hidden):
        est = self.estimator
        n_outputs = self.y.shape[1] if self.y.ndim == 2 else len(est.classes_)
        layers = self.X.shape[1], hidden, est.activation, n_outputs, self.loss
        self.network = self._model_network = build_network(*layers, self.dtype)
        if self.continuing:
            take_weights(self.network, est.coefs_, est.intercepts_)
        else:
            glorot_uniform(self.network, self.rng, 2.0 if est.activation == "logistic" else 6.0)
        if self.work_dtype != self.dtype:
            self.network = build_network(*layers, self.work_dtype)
            self.network.params[...] = self._model_network.params

    def run(self):
        """Train; return the attributes of the fitted estimator."""
        return self._lbfgs() if self.estimator.solver == "lbfgs" else self._stochastic()

    def _lbfgs(self):
        est = self.estimator
        # The last iteration may be one that the line search had to abandon.
        self._report_begin(est.max_iter + 1, self._snapshot)
        result = minimize_lbfgs(
            self.network,
            self.X,
            self.y,
            sample_weight=self.weight,
            alpha=est.alpha,
            n_threads=self.n_threads,
            max_iter=est.max_iter,
            max_fun=est.max_fun,
            tol=est.tol,
            verbose=est.verbose,
            observer=self._observer,
        )
        if result.stopped_by_observer:
            n_iter = result.nit
        else:
            n_iter = _check_optimize_result("lbfgs", result, est.max_iter)
        return {
            **self._model(),
            "n_iter_": n_iter,
            "t_": est.t_ if self.continuing else 0,
            "loss_": self._shown_loss(result.fun),
        }

    def _stochastic(self):
        est = self.estimator
        rows, held_out = self.rows, self._held_out
        if est.early_stopping and held_out is None:
            rows, held_out = self._split()
        batch_size = self._batch_size(len(rows))
        history = self._history()
        optimizer, schedule = _solvers.make_optimizer(est), _solvers.make_schedule(est)
        if self.one_epoch and self.continuing:
            _solvers.resume(est, self.network.n_params, optimizer, schedule, history)
        trainer = self.network.trainer(
            optimizer, alpha=est.alpha, batch_size=batch_size, n_threads=self.n_threads
        )

        def snapshot():
            trainer.pull()
            return self._snapshot()

        if not self.one_epoch:
            self._report_begin(est.max_iter, snapshot)
        outcome = EpochLoop(
            trainer,
            self.X,
            self.y,
            rows,
            schedule,
            history,
            self.rng,
            batch_size=batch_size,
            max_iter=est.max_iter,
            tol=est.tol,
            n_iter_no_change=est.n_iter_no_change,
            sample_weight=self.weight,
            shuffle=est.shuffle,
            verbose=est.verbose,
            validation=held_out and watch(est, held_out, self.loss, snapshot),
            observer=self._observer,
            one_epoch=self.one_epoch,
        ).run()
        trainer.finish()
        if outcome == "max_iter" and not self.one_epoch:
            warnings.warn(
                f"Stochastic Optimizer: Maximum iterations ({est.max_iter}) reached and the "
                "optimization hasn't converged yet.",
                ConvergenceWarning,
                stacklevel=2,
            )
        validated = bool(history.validation_scores)
        return {
            **self._model(),
            "n_iter_": history.n_iter,
            "t_": history.rows_seen,
            "loss_": history.loss_curve[-1],
            "loss_curve_": history.loss_curve,
            "best_loss_": None if est.early_stopping else history.best_loss,
            "validation_scores_": history.validation_scores if validated else None,
            "validation_loss_curve_": history.validation_losses if validated else None,
            "best_validation_score_": history.best_score if validated else None,
            "_solver_state": _solvers.solver_state(
                est, optimizer, schedule, history.stale, resumable=self.one_epoch
            ),
        }

    def _model(self):
        """What the network is, as attributes; the weights in the dtype of the data."""
        network = self._model_network
        if network is not self.network:
            network.params[...] = self.network.params
        return {
            "coefs_": list(network.coefs),
            "intercepts_": list(network.intercepts),
            "n_layers_": len(network.coefs) + 1,
            "n_outputs_": network.intercepts[-1].shape[0],
            "out_activation_": LOSSES[self.loss].output_activation,
        }

    def _snapshot(self):
        """Attributes for a copy of the estimator as if it had been fitted up to now."""
        model = self._model()
        for name in ("coefs_", "intercepts_"):
            model[name] = [array.copy() for array in model[name]]
        return model

    def _history(self):
        est = self.estimator
        if not self.continuing:
            return History()
        loss_curve = list(getattr(est, "loss_curve_", []))
        scores = list(getattr(est, "validation_scores_", None) or [])
        return History(
            loss_curve=loss_curve,
            best_loss=min(loss_curve, default=np.inf),
            validation_scores=scores,
            validation_losses=list(getattr(est, "validation_loss_curve_", None) or []),
            best_score=est.best_validation_score_ if scores else -np.inf,
            rows_seen=est.t_,
        )

    def _batch_size(self, n_rows):
        batch_size = self.estimator.batch_size
        if batch_size == "auto":
            return min(200, n_rows)
        if batch_size > n_rows:
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be "
                "clipped",
                stacklevel=2,
            )
        return int(min(batch_size, n_rows))

    def _shown_loss(self, objective):
        """The loss that scikit-learn reports, which averages squared errors over the outputs."""
        n_outputs = self.network.intercepts[-1].shape[0]
        if not LOSSES[self.loss].averaged or n_outputs == 1:
            return objective
        total = self.X.shape[0] if self.weight is None else self.weight.sum()
        penalty = sum(np.vdot(coef, coef) for coef in self.network.coefs)
        penalty *= 0.5 * self.estimator.alpha / total
        return (objective - penalty) / n_outputs + penalty

    def _split(self):
        """Set a part of the training rows apart, for early stopping."""
        est, rows = self.estimator, self.rows
        strata = None
        if est._stratified and (self.y.ndim == 1 or self.y.shape[1] == 1):
            strata = self.y[rows].ravel().astype(np.intp)
        rows, apart = _data.split_off_validation_rows(
            rows, strata, est.validation_fraction, self.rng
        )
        weight = None if self.weight is None else self.weight[apart]
        return rows, Rows(self.X[apart], self.y[apart], self.labels[apart], weight)

    def _report_begin(self, max_epochs, snapshot):
        X, y, sample_weight = self._given
        self._callbacks = FitCallbacks(self.estimator, X, y, sample_weight, max_epochs, snapshot)
        self._observer = self._callbacks.observer

    def report_end(self):
        """Tell the callbacks that the fit is done, and let go of them.

        They refer to this object: the workspace would otherwise wait for the garbage collector.
        """
        callbacks, self._callbacks, self._observer = self._callbacks, None, None
        if callbacks is not None:
            callbacks.end()
