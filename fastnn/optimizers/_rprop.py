"""Resilient propagation."""

from dataclasses import dataclass

import numpy as np

from fastnn._ranges import between, positive
from fastnn.optimizers._base import Columns, Floats, Optimizer

__all__ = ["Rprop"]


@dataclass
class Rprop(Optimizer):
    """Resilient propagation: only the gradient's sign counts. For whole batches.

    Every weight has its own step v, at first ``learning_rate_init``: ``v *= eta_plus`` where the
    sign is that of the step before, ``v *= eta_minus`` where it has turned, from ``step_min`` to
    ``step_max``; ``w -= sign(g) * v``, but a weight whose sign has turned rests once. A schedule
    multiplies the steps by ``lr / learning_rate_init``.

    References
    ----------
    Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning: the RPROP
    algorithm", ICNN 1993, in the form without backtracking, as PyTorch's.
    """

    learning_rate_init: float = positive(1e-2)
    eta_minus: float = between(0.5, 0.0, 1.0, "()")
    eta_plus: float = between(1.2, 1.0, np.inf, "()")
    step_min: float = positive(1e-6)
    step_max: float = positive(50.0)
    rule = "rprop"

    @property
    def initial_moments(self) -> dict[str, float]:
        return {"v": self.learning_rate_init}

    def _formula(self, steps: Floats, rates: Floats) -> Columns:
        scale = rates / self.learning_rate_init
        return self.eta_plus, self.eta_minus, self.step_min, self.step_max, scale
