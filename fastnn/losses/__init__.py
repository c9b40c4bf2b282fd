"""Losses: what is minimised, the output activation that belongs to it, and what targets it takes.

Where a loss is canonical, its output activation being the inverse of its canonical link, the
gradient by the raw output is output - target.
"""

from typing import Any

from fastnn._names import meant
from fastnn._public import publish
from fastnn.losses._base import Loss
from fastnn.losses._classification import (
    Hinge,
    LogisticFocalLoss,
    LogisticLogLoss,
    Perceptron,
    SoftmaxFocalLoss,
    SoftmaxLogLoss,
)
from fastnn.losses._each_step import EachStep
from fastnn.losses._regression import (
    AbsoluteError,
    Gamma,
    GaussianNLL,
    Huber,
    LogCosh,
    Poisson,
    Quantile,
    SquaredError,
    Tweedie,
)

__all__ = [
    "BY_OUTPUTS",
    "LOSSES",
    "AbsoluteError",
    "EachStep",
    "Gamma",
    "GaussianNLL",
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
    "loss_for_outputs",
    "loss_of_output",
    "make_loss",
]

#: Name -> the loss with its default parameters.
LOSSES: dict[str, Loss] = {
    cls.name: cls()
    for cls in (
        AbsoluteError,
        Huber,
        LogCosh,
        Quantile,
        Gamma,
        Tweedie,
        GaussianNLL,
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

#: What the estimators call log_loss and focal -> that of one output, that of one output a class.
BY_OUTPUTS = {
    "log_loss": ("logistic_log_loss", "softmax_log_loss"),
    "focal": ("logistic_focal_loss", "softmax_focal_loss"),
}

_CANONICAL = {loss.output_activation: name for name, loss in LOSSES.items() if loss.canonical}


def loss_of_output(activation: str) -> str:
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


def loss_for_outputs(loss: str | Loss, n_out: int) -> Loss:
    """`make_loss`, which for "log_loss" and "focal" depends on the number of outputs: those of one
    output, or of one output a class.

    Raises
    ------
    ValueError
        Beside what `make_loss` raises, for outputs that do not suit the loss.
    """
    if isinstance(loss, str) and loss in BY_OUTPUTS:
        loss = BY_OUTPUTS[loss][n_out > 1]
    loss = make_loss(loss)
    loss.parameter(n_out)
    return loss


def make_loss(loss: str | Loss, **parameters: Any) -> Loss:
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
        hint = meant(loss, LOSSES)
        if isinstance(loss, type):
            hint = f" (a class: write {loss.__name__}())"
        raise ValueError(
            f"loss must be one of {', '.join(LOSSES)}, or an object of fastnn.losses; "
            f"got {loss!r}{hint}"
        )
    cls = type(LOSSES[loss])
    unknown = set(parameters) - set(cls.__dataclass_fields__)
    if unknown:
        raise ValueError(f"loss={loss!r} has no parameter {', '.join(sorted(unknown))}")
    return cls(**parameters)


publish(globals(), __all__)
