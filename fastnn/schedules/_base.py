"""What every schedule is, and what several compute with."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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

    patience: int | None = None
    learning_rate: float
    acts_on_plateaus = False

    def begin(self, learning_rate: float, steps_per_epoch: int, n_steps: int) -> None:
        """Take the first learning rate and the numbers of steps in; forget an earlier training."""
        self.learning_rate_init = self.learning_rate = float(learning_rate)
        self.steps_per_epoch, self.n_steps = int(steps_per_epoch), int(n_steps)

    def rates(self, step: int, n: int) -> Floats:
        """Learning rates of the steps step, ..., step + n - 1: an array of shape (n,)."""
        return self.learning_rate * self.factors(np.arange(step, step + n))

    @property
    def steady(self) -> bool:
        """Whether the learning rate stays the same between events."""
        own = type(self)
        return own.rates is Schedule.rates and own.factors is Schedule.factors

    def factors(self, steps: np.ndarray) -> Floats:
        """Multipliers of the learning rate for an array of step numbers."""
        return np.ones(len(steps))

    def epoch_ended(self, n_rows_seen: int) -> None:
        """Hear of the end of an epoch, and of the rows trained on so far, in all fits."""

    def plateau(self) -> tuple[bool, str]:
        """Return (whether to stop, what to print)."""
        return True, "Stopping."

    def _progress(self, steps: np.ndarray) -> Floats:
        """t / T, at most 1."""
        return np.minimum(steps / self.n_steps, 1.0)


def length(value: float, per_unit: int, total: int) -> int:
    """Steps that an int (times per_unit) or a float (a share of the total) stands for."""
    if isinstance(value, (int, np.integer)):
        return int(value) * per_unit
    return max(1, round(value * total))


def check(name: str, value: object, holds: bool, wanted: str) -> None:
    if not holds:
        raise ValueError(f"{name} must be {wanted}, got {value!r}.")
