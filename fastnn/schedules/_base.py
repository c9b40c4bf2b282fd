"""What every schedule is, and what several compute with."""

import numpy as np


class Schedule:
    """Base of the schedules; a subclass overrides ``factors`` or the two events.

    Attributes
    ----------
    learning_rate : float
        What the factors multiply. An event may change it, and training that is resumed sets it.
    steps_per_epoch, n_steps : int
        Of an epoch and, as far as is known beforehand, of the whole training.
    patience : int or None
        Training has reached a plateau after more than so many epochs in a row without improvement;
        None leaves that to the training.
    acts_on_plateaus : bool
        Whether a plateau changes the rate, rather than being the end at once.
    """

    patience = None
    acts_on_plateaus = False

    def begin(self, learning_rate, steps_per_epoch, n_steps):
        """Take the first learning rate and the numbers of steps in; forget an earlier training."""
        self.learning_rate_init = self.learning_rate = float(learning_rate)
        self.steps_per_epoch, self.n_steps = int(steps_per_epoch), int(n_steps)

    def rates(self, step, n):
        """Learning rates of the steps step, ..., step + n - 1: an array of shape (n,)."""
        return self.learning_rate * self.factors(np.arange(step, step + n))

    @property
    def steady(self):
        """Whether the learning rate stays the same between events."""
        own = type(self)
        return own.rates is Schedule.rates and own.factors is Schedule.factors

    def factors(self, steps):
        """Multipliers of the learning rate for an array of step numbers."""
        return np.ones(len(steps))

    def epoch_ended(self, n_rows_seen):
        """Hear of the end of an epoch, and of the rows trained on so far, in all fits."""

    def plateau(self):
        """Return (whether to stop, what to print)."""
        return True, "Stopping."

    def _progress(self, steps):
        """t / T, at most 1."""
        return np.minimum(steps / self.n_steps, 1.0)


def length(value, per_unit, total):
    """Steps that an int (times per_unit) or a float (a share of the total) stands for."""
    if isinstance(value, (int, np.integer)):
        return int(value) * per_unit
    return max(1, round(value * total))


def check(name, value, holds, wanted):
    if not holds:
        raise ValueError(f"{name} must be {wanted}, got {value!r}.")
