"""Optimizers: hyper-parameters, and the coefficients of each step's update, a file a family.

An optimizer is one formula over the parameter vector (csrc/formulas/updates.def) and one class
here, which knows the formula's name and computes its coefficients for a range of steps. In the
formulas of their docstrings g is the gradient, lr the learning rate of the step and t its number,
from 1.
"""

from fastnn._public import publish
from fastnn.optimizers._adam import Adam, AdamW, AMSGrad, NAdam
from fastnn.optimizers._adaptive import Adadelta, Adagrad, RMSProp
from fastnn.optimizers._base import Optimizer
from fastnn.optimizers._momentum import SGD
from fastnn.optimizers._rprop import Rprop

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

publish(globals(), __all__)
