"""From the parameters of an estimator to an optimizer and a schedule, and their state between fits.

The state is a plain dict of strings, numbers and arrays. It lives on the estimator after every fit,
so that ``partial_fit`` can go on where ``fit`` left off, and is pickled only if the last call was a
``partial_fit``: see ``BaseMLP.__getstate__``.
"""

import numpy as np

from fastnn import schedules
from fastnn.optimizers import SGD, Adam

__all__ = ["make_optimizer", "make_schedule", "resume", "solver_state"]


def make_optimizer(estimator):
    """Return the optimizer that the solver parameter names."""
    if estimator.solver == "sgd":
        return SGD(
            learning_rate_init=estimator.learning_rate_init,
            momentum=estimator.momentum,
            nesterov=estimator.nesterovs_momentum,
        )
    return Adam(
        learning_rate_init=estimator.learning_rate_init,
        beta_1=estimator.beta_1,
        beta_2=estimator.beta_2,
        epsilon=estimator.epsilon,
    )


def make_schedule(estimator):
    """Return the learning-rate schedule; Adam has but one."""
    if estimator.solver == "sgd" and estimator.learning_rate == "invscaling":
        return schedules.InverseScaling(estimator.learning_rate_init, estimator.power_t)
    if estimator.solver == "sgd" and estimator.learning_rate == "adaptive":
        return schedules.Adaptive(estimator.learning_rate_init)
    return schedules.Constant(estimator.learning_rate_init)


def solver_state(estimator, optimizer, schedule, stale, *, resumable):
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
    return [estimator.learning_rate, estimator.learning_rate_init, estimator.power_t]
