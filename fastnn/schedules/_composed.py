"""Schedules made of a function, or of another schedule."""

from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Real

import numpy as np

from fastnn.schedules._base import Floats, Schedule, check, length
from fastnn.schedules._decay import Constant


@dataclass
class Multiplier(Schedule):
    """``function(t, T)``, a Python call for every step."""

    function: Callable[[int, int], float]

    def factors(self, steps: np.ndarray) -> Floats:
        """Multipliers of the learning rate."""
        factors = [self.function(int(step), self.n_steps) for step in steps]
        for step, factor in zip(steps, factors, strict=True):
            if not (isinstance(factor, Real) and 0 <= factor < np.inf):
                raise ValueError(
                    "schedule(step, n_steps) must return a number that is finite and at least 0; "
                    f"for step {step} of {self.n_steps} it returned {factor!r}."
                )
        return np.array(factors, dtype=np.float64)


@dataclass
class Warmup(Schedule):
    """``(t + 1) / W`` in the first W steps, and then another schedule from its own first step.

    Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017, section 2.2.

    Parameters
    ----------
    schedule : Schedule
    steps : int or float
        W: steps if int, share of the training if float.
    """

    schedule: Schedule = field(default_factory=Constant)
    steps: float = 0.05

    def __post_init__(self) -> None:
        check("steps", self.steps, self.steps >= 0, "at least 0")

    def begin(self, learning_rate: float, steps_per_epoch: int, n_steps: int) -> None:
        """Take the first learning rate and the numbers of steps in."""
        self.n_warmup = length(self.steps, 1, n_steps) if self.steps else 0
        self.schedule.begin(learning_rate, steps_per_epoch, max(n_steps - self.n_warmup, 1))

    def rates(self, step: int, n: int) -> Floats:
        """Learning rates of the steps step, ..., step + n - 1: an array of shape (n,)."""
        n_ramp = min(max(self.n_warmup - step, 0), n)
        rest = self.schedule.rates(step + n_ramp - self.n_warmup, n - n_ramp)
        if n_ramp == 0:
            return rest
        ramp = np.arange(step + 1, step + n_ramp + 1) / self.n_warmup
        return np.concatenate([ramp * self.schedule.rates(0, 1), rest])

    @property
    def learning_rate(self) -> float:
        """That of the schedule that follows."""
        return self.schedule.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self.schedule.learning_rate = value

    @property  # read here, and written by nobody
    def patience(self) -> int | None:  # type: ignore[override]
        """That of the schedule that follows."""
        return self.schedule.patience

    @property
    def acts_on_plateaus(self) -> bool:  # type: ignore[override]
        """Whether the schedule that follows does."""
        return self.schedule.acts_on_plateaus

    def epoch_ended(self, n_rows_seen: int) -> None:
        """Pass it on."""
        self.schedule.epoch_ended(n_rows_seen)

    def plateau(self) -> tuple[bool, str]:
        """Pass it on."""
        return self.schedule.plateau()
