"""A loss at every step of a sequence."""

from dataclasses import dataclass

import numpy as np

from fastnn.losses._base import Loss

__all__ = ["EachStep"]


@dataclass(frozen=True)
class EachStep(Loss):
    """Another loss at every step: that of a row is the mean over its steps that have a target.

    Raw outputs are (n, n_steps * n_outputs), step by step. So are targets, NaN where a step has
    none; or class numbers (n, n_steps), negative where it has none.

    Parameters
    ----------
    of : Loss
        What each step has.
    n_steps : int
        Steps of a row.
    """

    of: Loss
    n_steps: int

    name = property(lambda self: self.of.name)
    output_activation = property(lambda self: self.of.output_activation)
    integer_targets = property(lambda self: self.of.integer_targets)
    paired = property(lambda self: self.of.paired)
    averaged = property(lambda self: self.of.averaged)

    @property
    def steps(self) -> int:
        return self.n_steps

    def averaged_over(self, n_out: int) -> int:
        return self.of.averaged_over(n_out // self.n_steps)

    @property
    def kernel(self) -> str:
        return self.of.kernel

    def parameter(self, n_out: int) -> np.ndarray | None:
        return self.of.parameter(n_out // self.n_steps)

    def predictions(self, z: np.ndarray) -> np.ndarray:
        return self.of.predictions(z.reshape(len(z) * self.n_steps, -1)).reshape(z.shape)

    def present(self, y: np.ndarray) -> np.ndarray:
        """Which steps have targets, (n, n_steps) of bool."""
        if self.integer_targets:
            return y >= 0
        return ~np.isnan(y.reshape(len(y), self.n_steps, -1)[:, :, 0])

    def at_present(self, outputs: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Outputs and targets of the steps that have targets, a row each."""
        found = self.present(y)
        outputs = outputs.reshape(*found.shape, -1)[found]
        return outputs, y[found] if self.integer_targets else y.reshape(*found.shape, -1)[found]

    def rows(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        found = self.present(y)
        losses = np.zeros(found.shape)
        losses[found] = self.of.rows(*self.at_present(z, y))
        return losses.sum(axis=1) / np.maximum(found.sum(axis=1), 1)
