"""Errors of parameters that each are valid but do not go together, before any work."""

from numbers import Real

import numpy as np
from scipy.sparse import issparse

from fastnn.estimators.mlp.plasticity import check_plasticity
from fastnn.estimators.mlp.pretraining import check_pretraining
from fastnn.estimators.shared.availability import OF_MARGINS
from fastnn.layers.activations import BERNOULLI, CustomActivation, check_activation
from fastnn.network.rows import check_compute_dtype

__all__ = ["check_data", "check_parameters"]

# What needs steps, batches or epochs, with the value that leaves it out.
_NOT_WITH_LBFGS = {
    "schedule": None,
    "warmup": 0,
    "l1_ratio": 0,
    "weight_decay": None,
    "max_norm": None,
    "dropout": 0,
    "input_dropout": 0,
    "input_noise": 0,
    "averaging": None,
    "clip_value": None,
    "clip_norm": None,
    "gain_l1": 0,
    "compute_dtype": None,
}


def check_parameters(estimator, n_hidden):
    """Raise ValueError for parameters that cannot be used together.

    Parameters
    ----------
    estimator : BaseMLP
        Whose parameters are valid one by one.
    n_hidden : int
        Number of hidden layers.
    """
    _check_per_layer(estimator, n_hidden)
    _check_solver(estimator)
    if estimator.batch_norm and estimator.layer_norm:
        raise ValueError(
            "batch_norm and layer_norm normalise the same pre-activations: set one of them to "
            "False."
        )
    if estimator.init_scale is not None and not _takes_scale(estimator.init):
        raise ValueError(
            f"init_scale has no meaning with init={estimator.init!r}: leave it at None, or choose "
            "an init that it scales, such as 'normal' or 'glorot_uniform'."
        )
    _check_calibration(estimator)
    check_pretraining(estimator, n_hidden)
    check_plasticity(estimator)
    if getattr(estimator, "label_smoothing", 0) and estimator.loss != "log_loss":
        raise ValueError(
            f"label_smoothing is for loss='log_loss': set it to 0 with loss={estimator.loss!r}."
        )


def _check_calibration(estimator):
    if getattr(estimator, "calibrate", None) is None:
        return
    if estimator.loss in OF_MARGINS:
        raise ValueError(
            f"calibrate={estimator.calibrate!r} is for probabilities, and "
            f"loss={estimator.loss!r} makes none: choose 'log_loss' or 'focal', or leave calibrate "
            "at None."
        )
    if estimator.solver == "lbfgs" or not estimator.early_stopping:
        raise ValueError(
            f"calibrate={estimator.calibrate!r} needs rows that are not trained on: set "
            "early_stopping=True and a stochastic solver, or leave calibrate at None and use "
            "sklearn.calibration.CalibratedClassifierCV."
        )


def check_data(estimator, X, widths):
    """Raise ValueError for parameters that X rules out, with hidden layers of these widths."""
    remedy = "its dtype is that of X, so pass X.astype(numpy.float32)"
    check_compute_dtype(estimator.compute_dtype, X.dtype, remedy)
    if not issparse(X):
        return
    if estimator.gain:
        raise ValueError(
            "gain has a factor for each feature, for dense X, and this one is sparse: set "
            "gain=False, or pass X.toarray() if that fits in memory."
        )
    if estimator.residual and widths and widths[0] == X.shape[1]:
        raise ValueError(
            f"residual adds the {X.shape[1]} features to the outputs of the first hidden layer, "
            "which has as many units: X cannot be sparse. Give that layer another width, set "
            "residual=False, or pass X.toarray() if that fits in memory."
        )
    changes = estimator._input_changes()
    for name, level in zip(("input_dropout", "input_noise"), changes, strict=True):
        if level:
            raise ValueError(
                f"{name} is for dense X, and this one is sparse: set {name}=0, or pass X.toarray() "
                "if that fits in memory."
            )


def _check_per_layer(estimator, n_hidden):
    for name in ("activation", "dropout"):
        values = getattr(estimator, name)
        if isinstance(values, str | Real | CustomActivation):
            continue
        if np.ndim(values) != 1 or len(values) != n_hidden:
            raise ValueError(
                f"{name} must be one value or a list with one for each of the {n_hidden} hidden "
                f"layers of hidden_layer_sizes={estimator.hidden_layer_sizes!r}; got {values!r}."
            )
        for value in values:
            if name == "activation":
                check_activation(value)
            if name == "dropout" and not (isinstance(value, Real) and 0 <= value < 1):
                raise ValueError(
                    f"dropout must be a list of numbers from 0 to below 1; got {value!r} in it."
                )


def _check_solver(estimator):
    if isinstance(estimator.schedule, type):
        name = estimator.schedule.__name__
        raise ValueError(f"schedule must be an object: schedules.{name}() and not the class.")
    if estimator.solver == "lbfgs":
        for name, off in _NOT_WITH_LBFGS.items():
            if not _is(getattr(estimator, name), off):
                raise ValueError(
                    f"{name} is for the stochastic solvers: leave it at {off!r} with "
                    "solver='lbfgs', or choose another solver, such as 'adam'."
                )
        if np.any(np.array(estimator.activation, object) == BERNOULLI):
            raise ValueError(
                "activation 'bernoulli' has a gradient that is not that of the loss, which "
                "solver='lbfgs' needs: choose another solver, such as 'adam', or 'logistic'."
            )
    elif (
        estimator.solver == "sgd"
        and estimator.learning_rate != "constant"
        and estimator.schedule is not None
    ):
        raise ValueError(
            f"learning_rate={estimator.learning_rate!r} and schedule both set the learning rate: "
            "leave learning_rate at 'constant', or schedule at None."
        )


def _takes_scale(init):
    return isinstance(init, str) and init not in ("auto", "zeros")


def _is(value, off):
    """Whether a parameter, or every element of a list of them, is off."""
    if value is None or isinstance(value, Real | str):
        return value == off
    return off is not None and all(element == off for element in value)
