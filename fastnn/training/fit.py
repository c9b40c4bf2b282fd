"""The training of a network composed by hand: so many epochs, whatever comes."""

import math

import numpy as np

from fastnn.training.epochs import EpochLoop, History
from fastnn.training.trainer import make_trainer

__all__ = ["run_epochs"]


def run_epochs(
    network,
    X,
    y,
    weight,
    rng,
    optimizer,
    schedule,
    *,
    epochs,
    batch_size,
    shuffle,
    verbose,
    n_threads,
    options,
):
    """Train a network for so many epochs, whatever comes; returns the mean loss of each."""
    rows, history = np.arange(X.shape[0], dtype=np.intp), History()
    steps = -(-len(rows) // batch_size)
    schedule.begin(optimizer.learning_rate_init, steps, steps * epochs)
    trainer = make_trainer(
        network, optimizer, batch_size=batch_size, n_threads=n_threads, **options
    )
    EpochLoop(
        trainer,
        X,
        y,
        rows,
        schedule,
        history,
        rng,
        batch_size=batch_size,
        max_iter=epochs,
        tol=0.0,
        n_iter_no_change=math.inf,
        sample_weight=weight,
        shuffle=shuffle,
        verbose=verbose,
    ).run()
    trainer.finish()
    return history.loss_curve
