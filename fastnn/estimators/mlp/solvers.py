"""From the parameters of an estimator to an optimizer and a schedule, and their state between fits.

The state is a plain dict of strings, numbers and arrays. It lives on the estimator after every fit,
so that ``partial_fit`` can go on where ``fit`` left off, and is pickled only if the last call was a
``partial_fit``: see ``BaseMLP.__getstate__``.
"""

import copy
from dataclasses import fields

import numpy as np

from fastnn import schedules
from fastnn._warnings import warn
from fastnn.estimators.mlp.plasticity import plasticity_of
from fastnn.optimizers import OPTIMIZERS

__all__ = [
    "batch_size",
    "make_optimizer",
    "make_schedule",
    "resume",
    "solver_state",
    "step_options",
    "whole_batch",
]

# Fields of optimizers that estimators call by another name than the optimizer does.
_OWN_NAMES = {"nesterov": "nesterovs_momentum"}


def make_optimizer(estimator, alpha=None):
    """Return the optimizer that the solver names; its fields are the parameters of their names.

    ``alpha`` stands for the parameter if it is to be another number.
    """
    cls = OPTIMIZERS[estimator.solver]
    values = {f.name: getattr(estimator, _OWN_NAMES.get(f.name, f.name), None) for f in fields(cls)}
    values["l1"] = (estimator.alpha if alpha is None else alpha) * estimator.l1_ratio
    return cls(**{name: value for name, value in values.items() if value is not None})


def make_schedule(estimator, steps_per_epoch, one_epoch=False):
    """Return the learning-rate schedule, begun; 'adaptive' and 'invscaling' are for SGD alone.

    one_epoch: a ``partial_fit``, of which nobody knows how many are to come.
    """
    schedule = _schedule_before_warmup(estimator, one_epoch)
    if estimator.warmup:
        schedule = schedules.Warmup(schedule, estimator.warmup)
    n_steps = steps_per_epoch * estimator.max_iter
    schedule.begin(estimator.learning_rate_init, steps_per_epoch, n_steps)
    return schedule


def _schedule_before_warmup(estimator, one_epoch):
    asked = estimator.schedule
    name = "constant" if one_epoch else estimator._auto_schedule
    if isinstance(asked, schedules.Schedule):
        return copy.deepcopy(asked)
    if callable(asked):
        return schedules.Multiplier(asked)
    if asked is not None:
        name = asked
    elif estimator.solver == "sgd" and estimator.learning_rate != "constant":
        name = estimator.learning_rate
    if name == "adaptive":
        return schedules.ReduceOnPlateau(factor=0.2)
    if name == "invscaling":
        return schedules.InverseScaling(estimator.power_t)
    return schedules.SCHEDULES[name]()


def batch_size(estimator, n_rows):
    """Return the rows of a batch; Rprop compares the gradients of whole ones."""
    asked = estimator.batch_size
    if estimator.solver == "rprop":
        if asked != "auto" and asked < n_rows:
            raise ValueError(
                "solver='rprop' compares the signs of successive gradients, which must be of "
                f"the same rows: leave batch_size at 'auto', which makes it all {n_rows} of "
                f"them; got {asked}."
            )
        return n_rows
    if asked == "auto":
        return min(estimator._auto_batch, n_rows)
    if asked > n_rows:
        warn("Got `batch_size` less than 1 or larger than sample size. It is going to be clipped")
    return int(min(asked, n_rows))


def whole_batch(estimator, batch_size, *, one_epoch):
    """Return the rows of a batch that moves running statistics by their full share: in a
    ``partial_fit``, as many as are asked for, however few come at a time."""
    if not one_epoch or estimator.solver == "rprop":
        return batch_size
    return 200 if estimator.batch_size == "auto" else int(estimator.batch_size)


def step_options(estimator):
    """Return what a step does beside the optimizer's formula, as `make_trainer` takes it."""
    return {
        "clip_value": estimator.clip_value,
        "clip_norm": estimator.clip_norm,
        "max_norm": estimator.max_norm,
        "average_decay": estimator.averaging_decay if estimator.averaging == "ema" else None,
        "keep_zeros": estimator.keep_zeros,
        "compute_dtype": estimator.compute_dtype,
        "plasticity": plasticity_of(estimator),
    }


def solver_state(estimator, optimizer, schedule, stale, resumable):
    """Collect what a later ``partial_fit`` needs in order to go on."""
    return {
        "solver": estimator.solver,
        "schedule": _schedule_parameters(estimator),
        "learning_rate": schedule.learning_rate,
        "stale": stale,
        "moments": optimizer.state,
        "resumable": resumable,
    }


def resume(estimator, n_params, optimizer, schedule, history):
    """Put the saved state back, as far as the parameters that it belongs to are still the same."""
    state = getattr(estimator, "_solver_state", None)
    if state is None or state["solver"] != estimator.solver:
        return
    moments = {name: np.copy(value) for name, value in state["moments"].items()}
    if all(value.size == n_params for name, value in moments.items() if name != "t"):
        optimizer.state = {**moments, "t": state["moments"]["t"]}
    if state["schedule"] == _schedule_parameters(estimator):
        schedule.learning_rate = state["learning_rate"]
        history.stale = state["stale"]


def _schedule_parameters(estimator):
    """What the learning rate depends on, in types that a file can hold."""
    given = [estimator.learning_rate, estimator.learning_rate_init, estimator.power_t]
    if estimator.schedule is not None or estimator.warmup:
        given += [_name(estimator.schedule), estimator.warmup]
    return given


def _name(schedule):
    if isinstance(schedule, schedules.Schedule):
        return repr(schedule)
    return (
        getattr(schedule, "__qualname__", type(schedule).__name__)
        if callable(schedule)
        else schedule
    )
