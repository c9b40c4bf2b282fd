"""Losses: what is minimised, the output activation that belongs to it, and what targets it takes.

Where a loss is canonical, its output activation being the inverse of its canonical link, the
gradient by the raw output is output - target.
"""

from fastnn.losses._base import Loss
from fastnn.losses._classification import (
    Hinge,
    LogisticFocalLoss,
    LogisticLogLoss,
    Perceptron,
    SoftmaxFocalLoss,
    SoftmaxLogLoss,
)
from fastnn.losses._regression import (
    AbsoluteError,
    Gamma,
    Huber,
    LogCosh,
    Poisson,
    Quantile,
    SquaredError,
    Tweedie,
)

__all__ = [
    "LOSSES",
    "AbsoluteError",
    "Gamma",
    "Hinge",
    "Huber",
    "LogCosh",
    "LogisticFocalLoss",
    "LogisticLogLoss",
    "Loss",
    "Perceptron",
    "Poisson",
    "Quantile",
    "SoftmaxFocalLoss",
    "SoftmaxLogLoss",
    "SquaredError",
    "Tweedie",
    "loss_of_output",
    "make_loss",
]

#: Name -> the loss with its default parameters.
LOSSES = {
    cls.name: cls()
    for cls in (
        AbsoluteError,
        Huber,
        LogCosh,
        Quantile,
        Gamma,
        Tweedie,
        Hinge,
        Perceptron,
        SoftmaxFocalLoss,
        LogisticFocalLoss,
        SoftmaxLogLoss,
        LogisticLogLoss,
        SquaredError,
        Poisson,
    )
}

_CANONICAL = {loss.output_activation: name for name, loss in LOSSES.items() if loss.canonical}


def loss_of_output(activation):
    """The loss that an output activation stands for where nothing else is known: its canonical
    one.

    Parameters
    ----------
    activation : str

    Returns
    -------
    str
        A name in `LOSSES`.
    """
    return _CANONICAL[activation]


def make_loss(loss, **parameters):
    """A loss by name, or the object itself.

    Parameters
    ----------
    loss : str or Loss
        One of `LOSSES`, or an object of a class of this module.
    **parameters
        Those of the class; none for an object, which has its own.

    Returns
    -------
    Loss

    Raises
    ------
    ValueError
        For an unknown name, or a parameter that is unknown or out of range.
    """
    if isinstance(loss, Loss):
        if parameters:
            raise ValueError(f"{loss!r} has its parameters already; got {', '.join(parameters)}")
        return loss
    if not isinstance(loss, str) or loss not in LOSSES:
        known = ", ".join(LOSSES)
        raise ValueError(
            f"loss must be one of {known}, or an object of fastnn.losses; got {loss!r}"
        )
    cls = type(LOSSES[loss])
    unknown = set(parameters) - set(cls.__dataclass_fields__)
    if unknown:
        raise ValueError(f"loss={loss!r} has no parameter {', '.join(sorted(unknown))}")
    return cls(**parameters)
