"""Optimizers: hyper-parameters, and the coefficients of each step's update.

An optimizer is one formula over the parameter vector (csrc/updates.def) and one class here, which
knows the formula's
name and computes its coefficients for a range of steps.
"""

from dataclasses import dataclass, field

import numpy as np


class Optimizer:
    """Base of the optimizers.

    Attributes
    ----------
    state : dict
        ``t``, the number of steps taken, and the moment vectors ``m`` and ``v`` in the order of the
        parameters, as far as the rule has them; filled by ``Trainer.pull``.
    rule : str
        Name of the update in csrc/updates.def.
    """

    def coefficients(self, t, n, learning_rate):
        """Coefficients c[0], c[1], ... of the steps after step t: an array (n, any)."""
        raise NotImplementedError


@dataclass
class SGD(Optimizer):
    """Stochastic gradient descent with classical or Nesterov momentum.

    ``v = momentum * v - lr * g``; then ``w += v``, or with Nesterov ``w += momentum * v - lr * g``.

    References
    ----------
    Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep
    learning", ICML 2013.
    """

    learning_rate_init: float = 1e-3
    momentum: float = 0.9
    nesterov: bool = True
    state: dict = field(default_factory=dict, repr=False)

    @property
    def rule(self):
        return "nesterov" if self.nesterov else "sgd"

    def coefficients(self, t, n, learning_rate):
        return np.tile([self.momentum, learning_rate], (n, 1))


@dataclass
class Adam(Optimizer):
    """Adam, with the bias correction taken into the step length.

    ``m = b1 m + (1 - b1) g``, ``v = b2 v + (1 - b2) g^2``,
    ``w -= lr sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + epsilon)``.

    References
    ----------
    Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, the efficient order of
    computation at the end of section 2.
    """

    learning_rate_init: float = 1e-3
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    state: dict = field(default_factory=dict, repr=False)
    rule = "adam"

    def coefficients(self, t, n, learning_rate):
        steps = np.arange(t + 1, t + n + 1, dtype=np.float64)
        c = np.empty((n, 6))
        c[:, 0] = learning_rate * np.sqrt(1 - self.beta_2**steps) / (1 - self.beta_1**steps)
        c[:, 1:] = self.beta_1, 1 - self.beta_1, self.beta_2, 1 - self.beta_2, self.epsilon
        return c
