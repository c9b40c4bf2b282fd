"""Learning-rate schedules: the learning rate of every optimizer step, and what a plateau means.

A schedule says how the rate moves, relative to a first rate that it is told by ``begin``: ``t``
counts the steps of training from 0, ``T`` is the number planned, and a rate is asked for ``t``
beyond ``T`` only by training that goes on for longer (``partial_fit``): it then stays at its end.
Where training has stopped improving, the schedule decides whether that is the end.
"""

from fastnn._public import publish
from fastnn.schedules._base import Schedule
from fastnn.schedules._composed import Multiplier, Warmup
from fastnn.schedules._cosine import Cosine, CosineRestarts, OneCycle
from fastnn.schedules._decay import (
    Constant,
    Exponential,
    InverseScaling,
    Polynomial,
    ReduceOnPlateau,
    StepDecay,
)

__all__ = [
    "SCHEDULES",
    "Constant",
    "Cosine",
    "CosineRestarts",
    "Exponential",
    "InverseScaling",
    "Multiplier",
    "OneCycle",
    "Polynomial",
    "ReduceOnPlateau",
    "Schedule",
    "StepDecay",
    "Warmup",
]

#: Names for the schedules, with their defaults.
SCHEDULES = {
    "constant": Constant,
    "invscaling": InverseScaling,
    "plateau": ReduceOnPlateau,
    "step": StepDecay,
    "exponential": Exponential,
    "polynomial": Polynomial,
    "cosine": Cosine,
    "cosine_restarts": CosineRestarts,
    "one_cycle": OneCycle,
}

publish(globals(), __all__)
