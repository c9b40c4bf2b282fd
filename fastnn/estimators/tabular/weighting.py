"""What is done with the members' outputs: one temperature for all, and the members' weights."""

import numpy as np

from fastnn.estimators.mlp.temperature import best_temperature

__all__ = ["divide_by_temperature", "temperature_of", "weights_of"]

#: How much worse, relatively, a member's loss must be for its weight to be 1 / e.
_SOFTNESS = 0.08


def temperature_of(raw, y, weight):
    """The temperature of the lowest log loss of outputs of rows that were not trained on."""
    return best_temperature(raw, y, weight)


def divide_by_temperature(member, temperature):
    """Fold a temperature into the last layer of a member."""
    for array in (member.coefs_[-1], member.intercepts_[-1]):
        array /= array.dtype.type(temperature)


def weights_of(losses):
    """Weights of groups of members by their validation losses: the best has the most."""
    losses = np.asarray(losses, np.float64)
    best = losses.min()
    found = np.exp(-(losses / max(best, 1e-300) - 1) / _SOFTNESS)
    return found / found.sum()
