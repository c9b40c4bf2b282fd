"""Optimizers: hyper-parameters, and the coefficients of each step's update."""

from fastnn._public import publish
from fastnn.optimizers.optimizers import (
    OPTIMIZERS,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    AMSGrad,
    NAdam,
    Optimizer,
    RMSProp,
    Rprop,
)

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

publish(globals(), __all__)
