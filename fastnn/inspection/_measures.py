"""What `diagnose` measures. Numbers only: the rules judge them."""

from dataclasses import dataclass

import numpy as np
from sklearn import clone

from fastnn.inspection import _network, _twins
from fastnn.inspection._course import Course, course_of
from fastnn.inspection._input_measures import InputMeasures, input_measures
from fastnn.inspection._layer_measures import dead_units, layer_measures, sample
from fastnn.inspection._time_measures import TimeMeasures, time_measures
from fastnn.inspection._verdict import over
from fastnn.network.compiled import CompiledNetwork
from fastnn.training.objective import loss_and_grad

__all__ = ["Measures", "measure"]

#: Rows that are looked at; drawn if there are more.
_ROWS = 10_000

#: Losses from which `Measures.noise` is taken.
_DRAWS = 8


@dataclass
class Measures:
    """All that the verdicts are taken from.

    ``loss``, at prediction, and ``constant_loss``, that of the best constant, are on the rows and
    without penalty; ``loss_as_recorded`` is the former in the way that the fit reports it, to
    compare with its ``training_loss``. ``noise`` is the standard deviation of the loss in training
    for what dropout, noise and sampling draw. ``course`` is what the fit recorded.
    """

    estimator: str
    fitted: bool
    n_rows: int
    inputs: InputMeasures
    target_size: float | None
    layers: list
    loss: float
    loss_as_recorded: float
    constant_loss: float
    noise: float
    course: Course
    time: TimeMeasures | None


def measure(model, X, y, names=None):
    """Measure a network, or that of an estimator, on some rows; names are those of the features."""
    problem = sample(_network.problem_of(model, X, y), _ROWS)
    problem.alpha = 0.0
    per_output = problem.network.loss.averaged_over(problem.network.n_out)
    course = course_of(model)
    with np.errstate(all="ignore"):
        at_training, at_prediction = _twins.twins(problem)
        used = _twins.activations(problem)
        layers = layer_measures(at_training, at_prediction, used, course.learning_rate)
        loss = at_prediction.loss_and_grad()[0]
        through_time = time_measures(at_prediction)
        as_recorded = at_prediction.loss_and_grad(course.epsilon)[0]
    some = any(over("units that died", layer.dead / layer.n_units) for layer in layers)
    if some and problem.fitted and not isinstance(model, CompiledNetwork):
        for layer, dead in zip(layers, dead_units(_anew(model, X, y)), strict=False):
            layer.dead_at_first = dead
    return Measures(
        estimator=type(model).__name__,
        fitted=problem.fitted,
        n_rows=problem.X.shape[0],
        inputs=input_measures(problem.X, names),
        target_size=_target_size(problem),
        layers=layers,
        loss=loss / per_output,
        loss_as_recorded=as_recorded / per_output,
        constant_loss=_network.best_constant_loss(problem) / per_output,
        noise=_noise(problem) / per_output,
        course=course,
        time=through_time,
    )


def _anew(model, X, y):
    """The same rows, with first weights."""
    return sample(_network.problem_of(clone(model), X, y), _ROWS)


def _noise(problem):
    network = problem.network
    if not network.has("random"):
        return 0.0
    rows = problem.X, problem.y
    weight = problem.sample_weight
    draws = [loss_and_grad(network, *rows, sample_weight=weight, seed=s)[0] for s in range(_DRAWS)]
    return float(np.std(draws, ddof=1))


def _target_size(problem):
    """Root mean square of targets that the network predicts as they are, else None."""
    if problem.network.loss.output_activation != "identity":
        return None
    return float(np.sqrt((problem.y**2).mean()))
