"""One call of ``fit`` or ``partial_fit``: from the user's data to a dict of fitted attributes."""

import copy
import math
from contextlib import nullcontext
from functools import partial

import numpy as np
from sklearn.utils import check_random_state

from fastnn.estimators.mlp import solvers
from fastnn.estimators.mlp.among import ALONE
from fastnn.estimators.mlp.blocks import Parts, build_network
from fastnn.estimators.mlp.checks import check_data, check_parameters
from fastnn.estimators.mlp.hidden_layers import first_weights
from fastnn.estimators.mlp.history import (
    badness,
    history_attributes,
    past_history,
    warn_of_end,
    warn_of_lbfgs,
)
from fastnn.estimators.mlp.scaling import advice_on_scale
from fastnn.estimators.mlp.starts import Outcome, best_outcome, seeds_after_first
from fastnn.estimators.mlp.temperature import scale_by_temperature
from fastnn.estimators.shared import data
from fastnn.estimators.shared.callbacks import FitCallbacks
from fastnn.estimators.shared.early_stopping import given_rows, rows_apart, split_off, watch
from fastnn.layers.activations import one_per_layer
from fastnn.threads import effective_n_threads
from fastnn.training.averaging import WeightMean
from fastnn.training.epochs import EpochLoop, History
from fastnn.training.lbfgs import minimize_lbfgs
from fastnn.training.statistics import settle_statistics
from fastnn.training.stretches import run_alone
from fastnn.training.trainer import make_trainer

__all__ = ["Fit"]


class Fit:
    """The data, the network and the course of one fit.

    The estimator is read, and written to by ``validate_data`` and its own ``_learn_targets``; the
    rest of what was learned is returned by ``run``.

    Parameters
    ----------
    estimator : BaseMLP
    X, y, sample_weight
        As given by the user.
    held_out : (X_val, y_val, sample_weight_val)
        As given by the user.
    one_epoch : bool
        True for ``partial_fit``.
    among : Among
        What it is to others that are trained with it.
    """

    def __init__(
        self,
        estimator,
        X,
        y,
        sample_weight,
        held_out=(None, None, None),
        *,
        one_epoch,
        among=ALONE,
        unlabelled=(),
    ):
        self.estimator, self.one_epoch = estimator, one_epoch
        self._among, self._sample, self._unlabelled = among, among.sample, unlabelled
        self._told = one_epoch or among.ranks.told  # what classes there are, and where to go on
        self.continuing = hasattr(estimator, "coefs_") and (self._told or estimator.warm_start)
        self._given, self._ranks = (X, y, sample_weight), among.ranks
        self._callbacks = self._observer = self._training_rows = None
        self._hidden = estimator._hidden_widths()
        check_parameters(estimator, len(self._hidden))
        self.n_threads = among.n_threads or effective_n_threads(estimator.n_jobs)
        self._take_data(X, y, sample_weight, held_out)
        self.rows = among.ranks.rows(self.rows)
        self.rng = check_random_state(estimator.random_state)
        self._n_starts = 1 if self.continuing else estimator.n_init
        self._seeds = seeds_after_first(self._n_starts, self.rng)
        self._make_network()

    def _take_data(self, X, y, sample_weight, held_out):
        est = self.estimator
        self.X, self.labels = est._checked_data(X, y, reset=not self.continuing)
        check_data(est, self.X, self._hidden)
        labels, weight_of_all = self.labels, sample_weight
        if self._sample is not None:
            labels, sample_weight = data.sampled(self._sample, labels, sample_weight)
            if est.solver == "lbfgs":
                self.X, self.labels, self._sample = self.X[self._sample], labels, None
        known = labels if (apart := self._among.watched) is None else self.labels
        self.loss = est._learn_targets(known, self.continuing, self._told)
        self.dtype = self.X.dtype
        if self.continuing:
            self.dtype = np.result_type(np.asarray(est.coefs_[0]), np.float32)
        # L-BFGS computes in float64, and its solution is rounded to the dtype of the model.
        self.work_dtype = np.dtype(np.float64) if est.solver == "lbfgs" else self.dtype
        self.y = est._encode(labels, self.work_dtype)
        weighing = sample_weight, labels, self.work_dtype, partial(est._class_factors, labels)
        self.weight, self.rows, unit = data.training_weights(*weighing)
        self.alpha = est.alpha / unit  # in which the penalty is to be measured as well
        if self._sample is not None:
            self.y = data.at_rows(self._sample, self.y, self.X.shape[0])
            self.weight = data.at_rows(self._sample, self.weight, self.X.shape[0])
            self.rows = self._sample[self.rows]
        self.y, self.weight = self._among.share(self.y), self._among.share(self.weight)
        self._held_out = given_rows(est, *held_out, y=self.y, dtype=self.work_dtype)
        if apart is not None:
            rows = data.sampled(apart, self.X, known, weight_of_all)
            self._held_out = rows_apart(est, *rows, dtype=self.work_dtype)

    def _make_network(self):
        est = self.estimator
        n_outputs = est._n_outputs(self.y)
        activations = one_per_layer(est.activation, len(self._hidden))
        self._blocks = est._hidden_blocks(self._hidden, activations)
        layers = self.X.shape[1], self._blocks, n_outputs, self.loss
        self.network = self._model_network = build_network(*layers, self.dtype, estimator=est)
        # What dropout and noise draw from, aside: with an int as random_state it is the same in
        # every partial_fit, whose steps go on, and weights and order of rows are as without them.
        random = self.network.has("random")
        self._seed = int(copy.deepcopy(self.rng).randint(2**31)) if random else 0
        if not self.continuing or self._ranks.told:  # whose orders are those after the draws
            first_weights(self.network, est, self.rng, self.X, self._unlabelled)
        if self.continuing:
            Parts.of(self.network, self._blocks).take(Parts.fitted(est))
        if self.work_dtype != self.dtype:
            self.network = build_network(*layers, self.work_dtype, estimator=est)
            self.network.copy_from(self._model_network)

    def run(self):
        """Train, several times if asked to; return the attributes of the fitted estimator."""
        return run_alone(self.stretches())

    def stretches(self):
        """`run` as a generator of stretches of training, see ``fastnn.training.stretches``."""
        est = self.estimator
        train = self._lbfgs if est.solver == "lbfgs" else self._stochastic
        n_starts = self._n_starts
        if not self.one_epoch:
            # The last iteration of L-BFGS may be one that the line search had to abandon.
            self._report_begin(n_starts * (est.max_iter + (est.solver == "lbfgs")))
        best = yield from best_outcome(
            lambda start: self._train_from(start, train), n_starts, est.verbose
        )
        self._ranks.tell(best.report)
        return best.attributes

    def _train_from(self, start, train):
        if start:
            self.rng = np.random.RandomState(self._seeds[start - 1])
            self._make_network()
        return (yield from train())

    def _lbfgs(self):
        est = self.estimator
        X, y, weight = self.X, self.y, self.weight

        def snapshot():
            settle_statistics(self.network, X, weight)
            return self._snapshot()

        self._fitted_up_to_now = snapshot
        result = minimize_lbfgs(
            self.network,
            X,
            y,
            sample_weight=weight,
            alpha=self.alpha,
            n_threads=self.n_threads,
            epsilon=np.finfo(self.work_dtype).eps,
            max_iter=est.max_iter,
            max_fun=est.max_fun,
            tol=est.tol,
            verbose=est.verbose,
            observer=self._observer,
            keep_zeros=est.keep_zeros,
        )
        settle_statistics(self.network, X, weight)
        attributes = {
            **self._model(),
            "n_iter_": min(result.nit, est.max_iter),
            "t_": est.t_ if self.continuing else 0,
            "loss_": self._shown_loss(result.fun),
        }
        stopped = result.stopped_by_observer

        def report():
            if not stopped:
                warn_of_lbfgs(est, result, self._advice(attributes["loss_"]))

        yield from ()  # it has no stretches
        return Outcome(attributes, attributes["loss_"], report, stopped)

    def _stochastic(self):
        est = self.estimator
        if self._training_rows is None:
            self._training_rows = self.rows, self._held_out
            if est.early_stopping and self._held_out is None:
                split = self.rows, self.X, self.y, self.labels, self.weight
                self._training_rows = split_off(est, *split, self.rng)
        rows, held_out = self._training_rows
        batch_size = solvers.batch_size(est, self._ranks.most(len(rows)))
        history = past_history(est) if self.continuing else History()
        optimizer = solvers.make_optimizer(est, self.alpha)
        extent = self._ranks.extent(len(rows), batch_size, history)
        schedule = solvers.make_schedule(est, extent.n_batches, self.one_epoch)
        if self._told and self.continuing:
            solvers.resume(est, self.network.n_params, optimizer, schedule, history)
        rng, seed = self._ranks.own(self.rng, self._seed)
        trainer = make_trainer(
            self.network,
            optimizer,
            alpha=self.alpha * (1 - est.l1_ratio),
            batch_size=batch_size,
            n_threads=self.n_threads,
            epsilon=np.finfo(self.work_dtype).eps,  # as scikit-learn reports its losses
            seed=seed,
            whole_batch=solvers.whole_batch(est, batch_size, one_epoch=self.one_epoch),
            exchange=self._ranks.exchange,
            traces=est.__dict__.get("_traces") if self.continuing else None,
            **solvers.step_options(est),
        )

        mean = est.averaging == "swa"
        averaging = WeightMean(math.floor(est.averaging_start * est.max_iter)) if mean else None

        def snapshot():
            with averaging.installed(trainer) if averaging else nullcontext():
                trainer.pull()
            return self._snapshot()

        def state(resumable):
            return solvers.solver_state(est, optimizer, schedule, history.stale, resumable)

        def going_on():
            more = history_attributes(est, history)
            return {**snapshot(), **more, "_solver_state": state(True)}

        self._ranks.watch(going_on)
        self._fitted_up_to_now = snapshot
        end = yield from EpochLoop(
            trainer,
            self.X,
            self.y,
            rows,
            schedule,
            history,
            rng,
            batch_size=batch_size,
            max_iter=est.max_iter,
            tol=est.tol,
            n_iter_no_change=est.n_iter_no_change,
            sample_weight=self.weight,
            shuffle=est.shuffle,
            verbose=est.verbose,
            validation=held_out and watch(est, held_out, self.loss, snapshot),
            averaging=averaging,
            observer=self._observer,
            one_epoch=self.one_epoch,
            first_step=optimizer.state.get("t", 0),
            # Those of L-BFGS are of all its rows, and it counts none.
            rows_before=math.inf if self.continuing and not history.rows_seen else 0,
            extent=extent,
            name=self._among.name,
        ).stretches()
        trainer.finish()
        attributes = {
            **scale_by_temperature(est, self.network, held_out),
            **self._model(),
            **history_attributes(est, history),
        }
        if trainer.traces is not None:
            attributes["_traces"] = trainer.traces
        if end != "diverged":  # else the moments are not finite, or soon would not be
            attributes["_solver_state"] = state(self.one_epoch)

        report = partial(
            self._warn_of_end,
            history,
            "one epoch" if self.one_epoch else end,
            averaged=averaging is None or averaging.count > 0,
        )
        return Outcome(attributes, badness(history), report, end == "stopped")

    def _warn_of_end(self, history, end, averaged):
        least = min(history.loss_curve, key=lambda loss: (math.isnan(loss), loss))
        advice = "" if end in ("one epoch", "diverged") else self._advice(least)
        warn_of_end(self.estimator, history, end, averaged=averaged, advice=advice)

    def _advice(self, loss):
        rows = self.rows if self._training_rows is None else self._training_rows[0]
        data = self.X, self.y, self.weight
        return advice_on_scale(self.estimator, *data, rows, self.loss, loss)

    def _model(self, *, copy=False):
        """What the network is, as attributes; the weights in the dtype of the data."""
        network = self._model_network
        if network is not self.network:
            network.copy_from(self.network)
        parts = Parts.of(network, self._blocks)
        if copy:
            parts = parts.copy()
        return {
            **parts.attributes(),
            "n_layers_": len(parts.coefs) + 1,
            "n_outputs_": parts.coefs[-1].shape[1],
            "out_activation_": self.loss.output_activation,
        }

    def _snapshot(self):
        """Attributes for a copy of the estimator as if it had been fitted up to now."""
        return {"norms_": None, "projections_": None, "gains_": None, **self._model(copy=True)}

    def _shown_loss(self, objective):
        """The loss that scikit-learn reports, which averages squared errors over the outputs."""
        n_outputs = self.network.intercepts[-1].shape[0]
        if not self.loss.averaged or n_outputs == 1:
            return objective
        total = self.X.shape[0] if self.weight is None else self.weight.sum()
        coefs = self.network.params[: self.network.n_coefs]
        penalty = 0.5 * self.alpha / total * np.vdot(coefs, coefs)
        return (objective - penalty) / n_outputs + penalty

    def _report_begin(self, max_epochs):
        X, y, sample_weight = self._given
        self._fitted_up_to_now = self._snapshot
        if self._sample is not None and hasattr(self.estimator, "_skl_callbacks"):
            X, y, sample_weight = data.sampled(self._sample, self.X, self.labels, sample_weight)
        self._callbacks = FitCallbacks(
            self.estimator, X, y, sample_weight, max_epochs, lambda: self._fitted_up_to_now()
        )
        self._observer = self._callbacks.observer or self._among.observer

    def report_end(self):
        """Tell the callbacks that the fit is done, and let go of them.

        They refer to this object: the workspace would otherwise wait for the garbage collector.
        """
        callbacks, self._callbacks, self._observer = self._callbacks, None, None
        self._fitted_up_to_now = None
        if callbacks is not None:
            callbacks.end()
