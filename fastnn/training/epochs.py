"""Epochs: shuffling, learning rates, early stopping, curves and the check for Ctrl-C.

The arithmetic happens in stretches of batches that never return to Python; all else is here."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fastnn.training.extent import Extent
from fastnn.training.history import History, divergence
from fastnn.training.shuffling import shuffle_rows
from fastnn.training.stretches import Stretch, run_alone

__all__ = ["EpochLoop", "History"]

# Longest stretch, in seconds, that training aims to stay out of Python and of the reach of Ctrl-C.
_STRETCH = 0.03


@dataclass
class EpochLoop:
    """The epochs of one fit.

    Parameters
    ----------
    trainer : Trainer
    X, y, sample_weight
        As ``Trainer.data`` takes them.
    rows : ndarray of intp
        The rows of X to train on.
    schedule : fastnn.schedules.Schedule
        One that has begun.
    history : History
        Continued in place.
    rng : numpy.random.RandomState
        Shuffles the rows, once an epoch.
    batch_size, max_iter, shuffle, tol, n_iter_no_change, verbose
        As in the estimators; ``name`` begins what is printed. Training stops after more than
        ``n_iter_no_change`` epochs in a row that improve on the best loss (or validation score) by
        less than ``tol``.
    validation : object or None
        With ``measure(trainer) -> (score, loss)``, called after every epoch. If given, its score
        decides when to stop, and the weights of the best epoch are restored at the end.
    averaging : fastnn.training.averaging.WeightMean or None
        Its average is what ``validation`` sees, and what is left in the trainer.
    observer : object or None
        With ``epoch_begin()`` and ``epoch_end()``; a true answer of the latter stops training.
    one_epoch : bool
        Train a single epoch, as ``partial_fit`` does: nothing can stop early, but a plateau over
        several calls still lowers an adaptive learning rate.
    first_step : int
        Number, for the schedule, of the first step: that of the steps before it which it continues.
    rows_before : float
        Rows that the running statistics of batch norms are of, beside those of the history.
    extent : fastnn.training.extent.Extent or None
        Of an epoch, where other processes train as well; None: that of ``rows``.
    """

    trainer: Any
    X: Any
    y: np.ndarray
    rows: np.ndarray
    schedule: Any
    history: History
    rng: np.random.RandomState
    batch_size: int
    max_iter: int
    tol: float
    n_iter_no_change: float
    sample_weight: np.ndarray | None = None
    shuffle: bool = True
    verbose: bool = False
    validation: Any = None
    averaging: Any = None
    observer: Any = None
    one_epoch: bool = False
    first_step: int = 0
    rows_before: float = 0
    extent: Extent | None = None
    name: str = ""
    _stretch: int = field(default=1, init=False)
    _best_weights: Any = field(default=None, init=False)

    def run(self):
        """Train until converged, stopped or out of epochs.

        Returns
        -------
        str
            ``"converged"``, ``"max_iter"``, ``"stopped"`` (by the observer), ``"diverged"`` (where
            ``validation`` has best weights to keep).

        Raises
        ------
        DivergenceError
            If the loss or a weight is not finite at the end of an epoch, without ``validation``.
        """
        return run_alone(self.stretches())

    def stretches(self):
        """`run` as a generator, see ``fastnn.training.stretches``."""
        self._begin()
        self._data = self.trainer.data(self.X, self.y, self.sample_weight, self.rows)
        history, order, outcome = self.history, self.rows.copy(), "max_iter"
        for epoch in range(1 if self.one_epoch else self.max_iter):
            if self.shuffle:
                shuffle_rows(self.rng, order)  # further, from the order of the last epoch
            finite, asked_to_stop = True, False
            if epoch >= self.extent.done:
                finite, asked_to_stop = yield from self._epoch(order)
            elif epoch + 1 < self.extent.done:
                continue
            if not finite:
                outcome = "diverged"
                break
            if history.stale > self._patience() and self._plateau():
                outcome = "converged"
                break
            if asked_to_stop:
                outcome = "stopped"
                break
        if self.validation is not None:
            self.trainer.restore(self._best_weights)
        elif self.averaging is not None:
            self.averaging.install(self.trainer)
        return outcome

    def _begin(self):
        history = self.history
        self.extent = self.extent or Extent.of(len(self.rows), self.batch_size)
        history.n_iter = self.extent.done
        self._step = self.first_step
        if not self.one_epoch and not self.extent.done:
            history.stale = 0
        if self.validation is None:
            return
        # A continued fit must not end worse than it began: its first weights compete with the rest.
        self._best_weights = self.trainer.snapshot()
        history.best_score = -math.inf
        if history.loss_curve:
            score, _ = self.validation.measure(self.trainer)
            if not math.isnan(score):
                history.best_score = score

    def _epoch(self, order):
        """An epoch, with what goes before and after: whether all is finite, and shall end."""
        if self.observer is not None:
            self.observer.epoch_begin()
        finite = self._record((yield from self._batches(order)))
        if finite:
            self._average_and_judge()
        else:
            self._give_up()
        self.schedule.epoch_ended(self.history.rows_seen)
        return finite, self.observer is not None and self.observer.epoch_end()

    def _batches(self, order):
        """The stretches of training on every row once, in this order; returns the mean loss."""
        trainer, n_batches = self.trainer, self.extent.n_batches
        trainer.loss_sum, begin = 0.0, 0
        while begin < n_batches:
            end = min(begin + self._stretch, n_batches)
            rates = self._rates(end - begin)
            before = self.rows_before + self.history.rows_seen + begin * self.batch_size
            seconds = yield Stretch(trainer, self._data, order, begin, end, rates, before)
            self._adapt_stretch(end - begin, seconds)
            self._step += end - begin
            begin = end
        return trainer.loss_sum / self.extent.n_rows

    def _rates(self, n):
        """Learning rates of the next n steps: one number if they are all the same."""
        if self.schedule.steady:
            self._rate = rate = float(self.schedule.learning_rate)
            return rate
        rates = self.schedule.rates(self._step, n)
        self._rate = float(rates[-1])
        return rates

    def _adapt_stretch(self, n_batches, seconds):
        affordable = int(n_batches * _STRETCH / max(seconds, 1e-6))
        self._stretch = max(1, min(affordable, 8 * self._stretch))

    def _record(self, loss):
        """Enter an epoch into the history; whether its loss and the weights are finite."""
        history = self.history
        history.n_iter += 1
        finite = math.isfinite(loss) and self.trainer.all_finite()
        if not finite and self.validation is None:
            raise divergence(history.n_iter, self._rate)
        history.rows_seen += self.extent.n_rows
        history.loss_curve.append(loss)
        history.learning_rates.append(self._rate)
        if self.verbose:
            print(f"{self.name}Iteration {history.n_iter}, loss = {loss:.8f}")
        return finite

    def _give_up(self):
        """After an epoch that diverged: the best weights are back, and no score is one."""
        self.trainer.restore(self._best_weights)
        self.history.validation_scores.append(math.nan)
        self.history.validation_losses.append(math.nan)

    def _average_and_judge(self):
        if self.averaging is None:
            self._judge()
            return
        self.averaging.epoch_ended(self.trainer)
        with self.averaging.installed(self.trainer):
            self._judge()

    def _judge(self):
        """Count the epochs without improvement, of the validation score if there is one."""
        history = self.history
        if self.validation is None:
            loss = history.loss_curve[-1]
            improved = loss <= history.best_loss - self.tol
            history.best_loss = min(history.best_loss, loss)
        else:
            score, loss = self.validation.measure(self.trainer)
            history.validation_scores.append(score)
            history.validation_losses.append(loss)
            if self.verbose:
                print(f"{self.name}Validation score: {score:f}")
            improved = score >= history.best_score + self.tol
            if score > history.best_score:
                history.best_score = score
                self._best_weights = self.trainer.snapshot()
        history.stale = 0 if improved else history.stale + 1

    def _patience(self):
        own = self.schedule.patience
        return self.n_iter_no_change if own is None else own

    def _plateau(self):
        """Ask the schedule what a plateau means; true if it means the end."""
        stop, action = self.schedule.plateau()
        if self.one_epoch and stop:
            return False
        if not stop:
            self.history.stale = 0
        if self.verbose:
            watched = "Training loss" if self.validation is None else "Validation score"
            print(
                f"{self.name}{watched} did not improve more than tol={self.tol:f} for "
                f"{self._patience()} consecutive epochs. {action}"
            )
        return stop
