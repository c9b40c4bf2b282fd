"""The training of a network composed by hand: so many epochs, or until held-out rows say stop."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from fastnn._warnings import warn
from fastnn.training.epochs import EpochLoop, History
from fastnn.training.history import message_of_divergence
from fastnn.training.trainer import Trainer
from fastnn.training.validation import mean_loss

__all__ = ["Watched", "run_epochs"]


class Watched:
    """Rows that are not trained on, and their loss after each epoch.

    Parameters
    ----------
    X, y, weight
        As a Trainer takes them.
    """

    def __init__(self, X, y, weight):
        self._data = X, y, weight
        self.losses = []

    def measure(self, trainer):
        """(score, loss) of the present weights: the lower the loss, the higher the score."""
        X, y, weight = self._data
        loss = mean_loss(trainer.network.loss, trainer.forward(X, raw=True), y, weight)
        self.losses.append(loss)
        return -loss, loss


@dataclass
class _Observer:
    """Measures after each epoch, and never stops the training."""

    watched: Watched
    trainer: Trainer

    def epoch_begin(self):
        """Nothing."""

    def epoch_end(self):
        """Measure."""
        self.watched.measure(self.trainer)
        return False


def run_epochs(
    trainer: Trainer,
    data: tuple,
    rows: np.ndarray,
    rng: np.random.RandomState,
    schedule: Any,
    *,
    epochs: int,
    shuffle: bool,
    verbose: bool,
    n_iter_no_change: float,
    tol: float,
    watched: Watched | None = None,
    early_stopping: bool = False,
) -> list:
    """Train for so many epochs; returns the mean loss of each.

    Parameters
    ----------
    trainer : Trainer
        Gives its weights back at the end, and only then.
    data : (X, y, sample_weight)
        As the trainer takes them.
    rows : ndarray of intp
        Those to train on.
    rng, schedule, epochs, shuffle, verbose
        As in `EpochLoop`; the schedule has not begun yet.
    n_iter_no_change, tol
        What a plateau is, see `EpochLoop`. It concerns early stopping, and schedules that lower
        the rate then; otherwise training goes on, whatever comes.
    watched : Watched, optional
        Measured after each epoch.
    early_stopping : bool, default=False
        Stop at a plateau of what is watched, and keep the weights of its best epoch.
    """
    X, y, weight = data
    history = History()
    steps = -(-len(rows) // trainer.batch_size)
    schedule.begin(trainer.optimizer.learning_rate_init, steps, steps * epochs)
    minds_plateaus = early_stopping or schedule.acts_on_plateaus
    observed = watched is not None and not early_stopping
    end = EpochLoop(
        trainer,
        X,
        y,
        rows,
        schedule,
        history,
        rng,
        batch_size=trainer.batch_size,
        max_iter=epochs,
        tol=tol,
        n_iter_no_change=n_iter_no_change if minds_plateaus else math.inf,
        sample_weight=weight,
        rows_before=trainer.network.rows_seen,
        shuffle=shuffle,
        verbose=verbose,
        validation=watched if early_stopping else None,
        observer=_Observer(watched, trainer) if observed else None,
    ).run()
    if end == "diverged":
        warn(message_of_divergence(history), ConvergenceWarning)
    trainer.finish()
    trainer.network.rows_seen += history.rows_seen
    return history.loss_curve
