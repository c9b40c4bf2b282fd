"""How `Network.fit` is told to train: names and numbers, checked before any work."""

import copy
import inspect
from dataclasses import fields

from fastnn._names import meant
from fastnn.network.given import count, quantity
from fastnn.optimizers import OPTIMIZERS, Optimizer, Rprop
from fastnn.schedules import SCHEDULES, Multiplier, Schedule
from fastnn.training.options import StepOptions

__all__ = ["rows_of_a_batch", "step_options", "the_optimizer", "the_schedule"]

#: Parameters of the estimators that have another place here.
_ELSEWHERE = {
    "solver": "optimizer",
    "max_iter": "epochs",
    "learning_rate_init": "learning_rate",
    "lr": "learning_rate",
    "validation_data": "X_val and y_val",
    "validation_fraction": "X_val and y_val",
    "l1_ratio": "optimizer=SGD(l1=...), or another of fastnn.optimizers",
    "weight_decay": "optimizer=AdamW(weight_decay=...), or another of fastnn.optimizers",
    "momentum": "optimizer=SGD(momentum=...)",
    "averaging_decay": "average_decay",
    "random_state": "Network(..., random_state=...)",
    "dropout": "a Dropout among the layers",
}


def the_optimizer(optimizer, learning_rate):
    """An Optimizer by name, with this learning rate unless that is None, or the object itself."""
    if isinstance(optimizer, Optimizer):
        if learning_rate is not None:
            raise ValueError(
                "learning_rate goes with an optimizer by name; that of an object is its own: "
                f"{type(optimizer).__name__}(learning_rate_init={learning_rate!r})"
            )
        return optimizer
    name = "adam" if optimizer is None else optimizer
    if not isinstance(name, str) or name not in OPTIMIZERS:
        hint = meant(name, OPTIMIZERS)
        if name == "lbfgs":
            hint = " (L-BFGS takes no steps on batches: only the estimators have it)"
        elif inspect.isclass(name):
            hint = f" (a class: write {name.__name__}())"
        raise ValueError(
            f"optimizer must be one of {', '.join(OPTIMIZERS)}, or an object of "
            f"fastnn.optimizers; got {name!r}{hint}"
        )
    if learning_rate is None:
        return OPTIMIZERS[name]()
    if isinstance(learning_rate, str):
        raise ValueError(
            f"learning_rate must be a number, got {learning_rate!r}: its course is what schedule "
            "says"
        )
    rate = quantity("learning_rate", learning_rate, itself=False)
    return OPTIMIZERS[name](learning_rate_init=rate)


def the_schedule(schedule):
    """A Schedule of this fit's own: by name, a copy of an object, or made of a function."""
    if isinstance(schedule, Schedule):
        return copy.deepcopy(schedule)
    if schedule is None:
        schedule = "constant"
    if isinstance(schedule, str) and schedule in SCHEDULES:
        return SCHEDULES[schedule]()
    if callable(schedule) and not inspect.isclass(schedule):
        return Multiplier(schedule)
    hint = f" (a class: write {schedule.__name__}())" if inspect.isclass(schedule) else ""
    raise ValueError(
        f"schedule must be one of {', '.join(SCHEDULES)}, an object of fastnn.schedules, or a "
        f"function (step, n_steps) -> factor; got {schedule!r}{hint or meant(schedule, SCHEDULES)}"
    )


def rows_of_a_batch(batch_size, n_rows, optimizer):
    """The rows of a batch; Rprop compares the signs of gradients of the same rows, so takes all."""
    whole = isinstance(optimizer, Rprop)
    if isinstance(batch_size, str) and batch_size == "auto":
        return n_rows if whole else min(200, n_rows)
    if isinstance(batch_size, str):
        raise ValueError(f"batch_size must be 'auto' or an int of at least 1, got {batch_size!r}")
    batch_size = count("batch_size", batch_size)
    if whole and batch_size < n_rows:
        raise ValueError(
            "optimizer 'rprop' compares the signs of successive gradients, which must be of the "
            f"same rows: leave batch_size at 'auto', which makes it all {n_rows} of them; got "
            f"{batch_size}"
        )
    return min(batch_size, n_rows)


def step_options(options, known):
    """The `StepOptions` that keyword arguments ask for.

    Parameters
    ----------
    options : dict
    known : iterable of str
        Names of what the call takes besides, for the message about an unknown one.
    """
    own = [f.name for f in fields(StepOptions)]
    for name in options:
        if name not in own:
            known = [*known, *own]
            hint = f": here it is {_ELSEWHERE[name]}" if name in _ELSEWHERE else meant(name, known)
            raise ValueError(
                f"fit has no parameter {name!r}{hint}. Its parameters are {', '.join(known)}"
            )
    return StepOptions(**options)
