"""Learning-rate schedules: when the learning rate changes, and whether a plateau ends training.

A schedule has ``learning_rate``, the rate of the coming epoch, and two methods: ``epoch_ended``
is told how many rows have been trained on so far, ``plateau`` is asked what to do when training has
stopped improving and answers with the words for the log and whether to stop.
"""

__all__ = ["Adaptive", "Constant", "InverseScaling"]


class Constant:
    """One learning rate throughout; a plateau ends training."""

    def __init__(self, learning_rate_init):
        self.learning_rate = float(learning_rate_init)

    def epoch_ended(self, n_rows_seen):
        """Do nothing."""

    def plateau(self):
        """Return (stop, what to print)."""
        return True, "Stopping."


class InverseScaling(Constant):
    """learning_rate_init / (rows seen + 1) ** power_t, updated after every epoch."""

    def __init__(self, learning_rate_init, power_t):
        super().__init__(learning_rate_init)
        self._learning_rate_init = float(learning_rate_init)
        self._power_t = power_t

    def epoch_ended(self, n_rows_seen):
        """Take the next learning rate from the number of rows trained on so far."""
        self.learning_rate = self._learning_rate_init / (n_rows_seen + 1) ** self._power_t


class Adaptive(Constant):
    """A fifth of the learning rate at every plateau, and the end at the first one below 1e-6."""

    SMALLEST = 1e-6

    def plateau(self):
        """Return (stop, what to print)."""
        if self.learning_rate <= self.SMALLEST:
            return True, "Learning rate too small. Stopping."
        self.learning_rate /= 5.0
        return False, f"Setting learning rate to {self.learning_rate:f}"
