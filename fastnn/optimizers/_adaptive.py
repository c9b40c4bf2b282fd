"""A step length for each weight, from the squares of its gradients."""

from dataclasses import dataclass

from fastnn._ranges import positive, share
from fastnn.optimizers._base import Columns, Floats, Optimizer

__all__ = ["Adadelta", "Adagrad", "RMSProp"]


@dataclass
class Adagrad(Optimizer):
    """Adagrad: ``m += g^2``, ``w -= lr * g / (sqrt(m) + epsilon)``.

    References
    ----------
    Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization", JMLR 12, 2011.
    """

    learning_rate_init: float = positive(1e-2)
    epsilon: float = positive(1e-10)
    rule = "adagrad"

    def _formula(self, steps: Floats, rates: Floats) -> Columns:
        return rates, self.epsilon


@dataclass
class RMSProp(Optimizer):
    """RMSProp: ``m = rho m + (1 - rho) g^2``, ``w -= lr * g / (sqrt(m) + epsilon)``.

    References
    ----------
    Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning", Coursera 2012.
    """

    learning_rate_init: float = positive(1e-3)
    rho: float = share(0.9)
    epsilon: float = positive(1e-8)
    rule = "rmsprop"

    def _formula(self, steps: Floats, rates: Floats) -> Columns:
        return rates, self.rho, 1 - self.rho, self.epsilon


@dataclass
class Adadelta(Optimizer):
    """Adadelta, which has its own unit of length: the learning rate is a factor, usually 1.

    ``m = rho m + (1 - rho) g^2``, ``s = sqrt(v + epsilon) / sqrt(m + epsilon) * g``,
    ``v = rho v + (1 - rho) s^2``, ``w -= lr * s``.

    References
    ----------
    Zeiler, "ADADELTA: an adaptive learning rate method", arXiv:1212.5701, 2012.
    """

    learning_rate_init: float = positive(1.0)
    rho: float = share(0.9)
    epsilon: float = positive(1e-6)
    rule = "adadelta"

    def _formula(self, steps: Floats, rates: Floats) -> Columns:
        return rates, self.rho, 1 - self.rho, self.epsilon
