"""Adam and its kin: momentum, and a step length for each weight."""

from dataclasses import dataclass

import numpy as np

from fastnn._ranges import between, positive, share
from fastnn.optimizers._base import Columns, Floats, Optimizer

__all__ = ["AMSGrad", "Adam", "AdamW", "NAdam"]


@dataclass
class Adam(Optimizer):
    """Adam, with the bias correction taken into the step length.

    ``m = b1 m + (1 - b1) g``, ``v = b2 v + (1 - b2) g^2``,
    ``w -= lr sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + epsilon)``.

    As in scikit-learn, epsilon is added to the uncorrected ``sqrt(v)``; PyTorch, and the other
    classes of this family here, add it to ``sqrt(v / (1 - b2^t))``.

    References
    ----------
    Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, the efficient order of
    computation at the end of section 2.
    """

    learning_rate_init: float = positive(1e-3)
    beta_1: float = share(0.9)
    beta_2: float = share(0.999)
    epsilon: float = positive(1e-8)
    rule = "adam"

    def _formula(self, steps: Floats, rates: Floats) -> Columns:
        length = rates * np.sqrt(1 - self.beta_2**steps) / (1 - self.beta_1**steps)
        return length, self.beta_1, 1 - self.beta_1, self.beta_2, 1 - self.beta_2, self.epsilon


@dataclass(kw_only=True)
class AdamW(Adam):
    """Adam with decoupled weight decay, as PyTorch's: epsilon is added to ``sqrt(v / (1 - b2^t))``.

    References
    ----------
    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.
    """

    weight_decay: float = between(1e-2, 0.0, np.inf, "[)")

    def _formula(self, steps: Floats, rates: Floats) -> Columns:
        *columns, epsilon = super()._formula(steps, rates)
        return *columns, epsilon * np.sqrt(1 - self.beta_2**steps)


@dataclass(kw_only=True)
class AMSGrad(AdamW):
    """AMSGrad: Adam whose ``v`` is replaced by its largest value so far, ``u = max(u, v)``.

    As in PyTorch the bias correction is that of Adam. No weight decay unless asked for.

    References
    ----------
    Reddi, Kale and Kumar, "On the convergence of Adam and beyond", ICLR 2018.
    """

    weight_decay: float = between(0.0, 0.0, np.inf, "[)")
    rule = "amsgrad"


@dataclass
class NAdam(Optimizer):
    """Adam with Nesterov momentum, as PyTorch's.

    With ``mu_t = b1 (1 - 0.96^(t * momentum_decay) / 2)`` and ``M_t = mu_1 mu_2 ... mu_t``, the
    moments those of Adam: ``w -= lr s / (sqrt(v / (1 - b2^t)) + epsilon)`` where
    ``s = (1 - mu_t) / (1 - M_t) * g + mu_(t+1) / (1 - M_(t+1)) * m``.

    References
    ----------
    Dozat, "Incorporating Nesterov momentum into Adam", ICLR workshop 2016.
    """

    learning_rate_init: float = positive(2e-3)
    beta_1: float = share(0.9)
    beta_2: float = share(0.999)
    epsilon: float = positive(1e-8)
    momentum_decay: float = between(4e-3, 0.0, np.inf, "[)")
    rule = "nadam"

    def _formula(self, steps: Floats, rates: Floats) -> Columns:
        momentum, following = self._momentum(steps), self._momentum(steps + 1)
        so_far = self._products(steps[0] - 1, momentum)
        root = np.sqrt(1 - self.beta_2**steps)
        of_gradient = rates * root * (1 - momentum) / (1 - so_far)
        of_moment = rates * root * following / (1 - so_far * following)
        return of_gradient, of_moment, 1 - self.beta_1, 1 - self.beta_2, self.epsilon * root

    def _momentum(self, steps: Floats) -> Floats:
        return self.beta_1 * (1 - 0.5 * 0.96 ** (steps * self.momentum_decay))

    def _products(self, t: int, momentum: Floats) -> np.ndarray:
        """M_(t+1), M_(t+2), ... with the factors of mu_1 ... mu_t that count, always in order."""
        most = 0.0 if self.beta_1 == 0 else np.ceil(-40 / np.log(self.beta_1))
        before = self._momentum(np.arange(1.0, 1 + min(t, most + 1)))
        return np.cumprod(np.append(before, momentum))[len(before) :]
