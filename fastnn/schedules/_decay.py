"""Rates that only fall."""

from dataclasses import dataclass

import numpy as np

from fastnn.schedules._base import Floats, Schedule, check, length


@dataclass
class Constant(Schedule):
    """One rate throughout."""


@dataclass
class InverseScaling(Schedule):
    """``1 / (rows seen + 1) ** power_t``, anew after every epoch: scikit-learn's 'invscaling'."""

    power_t: float = 0.5

    def epoch_ended(self, n_rows_seen: int) -> None:
        """Take the next learning rate from the number of rows trained on so far."""
        self.learning_rate = self.learning_rate_init / (n_rows_seen + 1) ** self.power_t


@dataclass
class ReduceOnPlateau(Schedule):
    """``factor`` times the rate at every plateau; the end at the first one at ``min_rate``.

    Parameters
    ----------
    factor : float, default=0.1
        In (0, 1). scikit-learn's 'adaptive' is 0.2.
    patience : int or None, default=None
        See `Schedule`.
    min_rate : float, default=1e-6
        A plateau at this learning rate or a lower one ends training.
    """

    factor: float = 0.1
    patience: int | None = None
    min_rate: float = 1e-6
    acts_on_plateaus = True

    def __post_init__(self) -> None:
        check("factor", self.factor, 0 < self.factor < 1, "between 0 and 1")
        check("min_rate", self.min_rate, self.min_rate >= 0, "at least 0")

    def plateau(self) -> tuple[bool, str]:
        """Return (stop, what to print)."""
        if self.learning_rate <= self.min_rate:
            return True, "Learning rate too small. Stopping."
        self.learning_rate /= 1 / self.factor  # scikit-learn divides by 5, and 1 / 0.2 is 5 exactly
        return False, f"Setting learning rate to {self.learning_rate:f}"


@dataclass
class StepDecay(Schedule):
    """``factor ** floor(t / every)``.

    Parameters
    ----------
    every : int or float, default=1/3
        Between two drops: epochs if int, share of the training if float.
    factor : float, default=0.1
    """

    every: float = 1 / 3
    factor: float = 0.1

    def __post_init__(self) -> None:
        check("every", self.every, self.every > 0, "positive")
        check("factor", self.factor, self.factor > 0, "positive")

    def factors(self, steps: np.ndarray) -> Floats:
        """Multipliers of the learning rate."""
        return self.factor ** (steps // length(self.every, self.steps_per_epoch, self.n_steps))


@dataclass
class Exponential(Schedule):
    """``decay ** (t / steps_per_epoch)``: a factor per epoch, spread over its steps."""

    decay: float = 0.95

    def __post_init__(self) -> None:
        check("decay", self.decay, self.decay > 0, "positive")

    def factors(self, steps: np.ndarray) -> Floats:
        """Multipliers of the learning rate."""
        return self.decay ** (steps / self.steps_per_epoch)


@dataclass
class Polynomial(Schedule):
    """``final + (1 - final) * (1 - t / T) ** power``; power 1 is a straight line to the end."""

    power: float = 1.0
    final: float = 0.0

    def __post_init__(self) -> None:
        check("power", self.power, self.power > 0, "positive")
        check("final", self.final, self.final >= 0, "at least 0")

    def factors(self, steps: np.ndarray) -> Floats:
        """Multipliers of the learning rate."""
        return self.final + (1 - self.final) * (1 - self._progress(steps)) ** self.power
