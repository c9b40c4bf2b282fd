"""What a training has recorded, and what to do where it diverged."""

import math
from dataclasses import dataclass, field

from fastnn.exceptions import DivergenceError

__all__ = ["History", "divergence", "message_of_divergence", "remedy_of_divergence"]


@dataclass
class History:
    """What training has recorded; a warm start or another ``partial_fit`` goes on with it.

    ``learning_rates`` has that of the last step of each epoch. ``validation_scores`` and
    ``validation_losses`` are empty where nothing is validated. ``stale`` counts the epochs since
    the last improvement, ``rows_seen`` the rows trained on, over all fits.
    """

    loss_curve: list = field(default_factory=list)
    learning_rates: list = field(default_factory=list)
    best_loss: float = math.inf
    validation_scores: list = field(default_factory=list)
    validation_losses: list = field(default_factory=list)
    best_score: float = -math.inf
    n_iter: int = 0
    rows_seen: int = 0
    stale: int = 0


def message_of_divergence(history):
    """Say what became of a training that diverged, and had best weights to keep."""
    kept = "of the epoch with the best validation score"
    if all(math.isnan(score) for score in history.validation_scores):
        kept = "that training began with"
    return (
        f"Training diverged in epoch {history.n_iter}; the weights {kept} are kept. "
        + remedy_of_divergence(history.learning_rates[-1])
    )


def divergence(epoch, rate):
    """Return the error of a training that diverged in an epoch, at a learning rate."""
    return DivergenceError(
        "Solver produced non-finite parameter weights. The input data may contain large values and "
        f"need to be preprocessed. Training diverged in epoch {epoch}: "
        f"{remedy_of_divergence(rate)}",
        epoch=epoch,
    )


def remedy_of_divergence(rate):
    """Say what to do about a training that diverged at a learning rate."""
    return (
        f"lower learning_rate_init (the learning rate was {rate:g}), scale the inputs (and a "
        "regression's targets), for example with StandardScaler, or clip extreme values."
    )
