"""Averages of the weights along a training, to be kept in place of the last ones."""

from contextlib import contextmanager

__all__ = ["WeightMean"]


class WeightMean:
    """The mean of the weights at the end of every epoch from some epoch on.

    Izmailov, Podoprikhin, Garipov, Vetrov & Wilson, "Averaging weights leads to wider optima and
    better generalization", UAI 2018: stochastic weight averaging.

    Parameters
    ----------
    n_skipped : int
        Epochs before the first one that counts.

    Attributes
    ----------
    count : int
        Epochs averaged so far.
    """

    def __init__(self, n_skipped):
        self.count = 0
        self._to_skip = n_skipped
        self._mean = None

    def epoch_ended(self, trainer):
        """Take the trainer's weights in."""
        if self._to_skip > 0:
            self._to_skip -= 1
            return
        self.count += 1
        if self.count == 1:
            self._mean = trainer.snapshot()
        else:
            self._mean += (trainer.snapshot() - self._mean) / self.count

    def install(self, trainer):
        """Replace the trainer's weights by the mean, once it has begun."""
        if self.count:
            trainer.restore(self._mean)
            trainer.settle()

    @contextmanager
    def installed(self, trainer):
        """Within the block, the trainer has the mean in place of its weights."""
        if not self.count:
            yield
            return
        weights = trainer.snapshot()
        self.install(trainer)
        try:
            yield
        finally:
            trainer.restore(weights)
