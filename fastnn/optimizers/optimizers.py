"""Optimizers: hyper-parameters, and the coefficients of each step's update.

An optimizer is one formula over the parameter vector (csrc/formulas/updates.def) and one class
here, which knows the formula's name and computes its coefficients for a range of steps. In the
formulas below g is the gradient, lr the learning rate of the step and t its number, from 1.
"""

from dataclasses import dataclass

import numpy as np

from fastnn._ranges import between, positive, share
from fastnn.optimizers._base import Columns, Floats, Optimizer

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "AMSGrad",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "NAdam",
    "Optimizer",
    "RMSProp",
    "Rprop",
]


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


#: Name of a solver -> its class.
OPTIMIZERS = {
    "sgd": SGD,
    "adagrad": Adagrad,
    "rmsprop": RMSProp,
    "adadelta": Adadelta,
    "adam": Adam,
    "adamw": AdamW,
    "nadam": NAdam,
    "amsgrad": AMSGrad,
    "rprop": Rprop,
}
