"""Gradient descent with momentum."""

from dataclasses import dataclass

from fastnn._ranges import between, positive
from fastnn.optimizers._base import Columns, Floats, Optimizer

__all__ = ["SGD"]


@dataclass
class SGD(Optimizer):
    """Stochastic gradient descent with classical or Nesterov momentum.

    ``m = momentum * m - lr * g``; then ``w += m``, or with Nesterov ``w += momentum * m - lr * g``.

    References
    ----------
    Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep
    learning", ICML 2013.
    """

    learning_rate_init: float = positive(1e-3)
    momentum: float = between(0.9, 0.0, 1.0, "[]")
    nesterov: bool = True

    @property
    def rule(self) -> str:
        return "nesterov" if self.nesterov else "sgd"

    def _formula(self, steps: Floats, rates: Floats) -> Columns:
        steady = rates / (1 - self.momentum) if self.momentum < 1 else rates
        return self.momentum, rates, steady
