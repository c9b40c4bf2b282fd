"""Rates that follow half cosines."""

from dataclasses import dataclass

import numpy as np

from fastnn.schedules._base import Floats, Schedule, check, length


@dataclass
class Cosine(Schedule):
    """``final + (1 - final) * (1 + cos(pi t / T)) / 2``.

    Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017,
    equation 5, without restarts.
    """

    final: float = 0.0

    def __post_init__(self) -> None:
        check("final", self.final, self.final >= 0, "at least 0")

    def factors(self, steps: np.ndarray) -> Floats:
        """Multipliers of the learning rate."""
        return half_cosine(1.0, self.final, self._progress(steps))


@dataclass
class CosineRestarts(Cosine):
    """Half cosines, each ``growth`` times as long as the one before, each from the full rate.

    Loshchilov & Hutter, ICLR 2017, equation 5.

    Parameters
    ----------
    final : float, default=0.0
        Where each of them ends.
    first : int or float, default=10
        Length of the first one: epochs if int, share of the training if float.
    growth : float, default=2.0
    """

    first: float = 10
    growth: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check("first", self.first, self.first > 0, "positive")
        check("growth", self.growth, self.growth >= 1, "at least 1")

    def factors(self, steps: np.ndarray) -> Floats:
        """Multipliers of the learning rate."""
        lengths = [length(self.first, self.steps_per_epoch, self.n_steps)]
        starts = [0]
        while len(steps) and starts[-1] + lengths[-1] <= steps[-1]:
            starts.append(starts[-1] + lengths[-1])
            lengths.append(round(lengths[-1] * self.growth))
        cycle = np.searchsorted(starts, steps, side="right") - 1
        progress = (steps - np.array(starts)[cycle]) / np.array(lengths)[cycle]
        return half_cosine(1.0, self.final, progress)


@dataclass
class OneCycle(Schedule):
    """Up from ``start`` to the full rate, then down to ``start * final``, both as half cosines.

    Smith & Topin, "Super-convergence: very fast training of neural networks using large learning
    rates", 2019, with the shape and the defaults that PyTorch gives it. The momentum stays as it
    is. ``learning_rate_init`` is the peak.

    Parameters
    ----------
    rise : float, default=0.3
        Share of the steps that go up.
    start, final : float, default=1/25, 1e-4
    """

    rise: float = 0.3
    start: float = 1 / 25
    final: float = 1e-4

    def __post_init__(self) -> None:
        check("rise", self.rise, 0 <= self.rise <= 1, "from 0 to 1")
        check("start", self.start, 0 <= self.start <= 1, "from 0 to 1")
        check("final", self.final, self.final >= 0, "at least 0")

    def factors(self, steps: np.ndarray) -> Floats:
        """Multipliers of the learning rate."""
        top, end = self.rise * self.n_steps - 1, self.n_steps - 1
        up = half_cosine(self.start, 1.0, steps / max(top, 1e-9))
        fallen = np.minimum((steps - top) / max(end - top, 1e-9), 1)
        down = half_cosine(1.0, self.start * self.final, fallen)
        return np.where(steps < top, up, down)


def half_cosine(begin: float, end: float, progress: Floats) -> Floats:
    return end + (begin - end) * (1 + np.cos(np.pi * progress)) / 2
