"""Losses: what is minimised, the output activation that belongs to it, and what targets it takes.

Where the output activation is the canonical link of the loss, the gradient by the raw output is
output - target.
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
        # Last of its output activation: that which an activation alone stands for.
        SoftmaxLogLoss,
        LogisticLogLoss,
        SquaredError,
        Poisson,
    )
}


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
