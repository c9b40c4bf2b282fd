"""What cannot be trained by several processes, refused by name before any work."""

from fastnn.estimators.mlp.classifier import MLPClassifier
from fastnn.estimators.mlp.regressor import MLPRegressor

__all__ = ["check_estimator"]

#: Parameter -> (what it is left at, why it is not for several ranks, what to do instead).
_REFUSED = {
    "batch_norm": (False, "its statistics would be of each rank's rows", "set layer_norm"),
    "early_stopping": (False, "no rank has all rows to set some apart", "pass a callback"),
    "warm_start": (False, "every rank begins with the same new weights", "pass a checkpoint"),
    "pretrain": (None, "it learns from all rows at once", "leave it at None"),
    "calibrate": (None, "no rank has all rows to set some apart", "calibrate afterwards"),
}

#: What a checkpoint does not hold.
_NOT_IN_CHECKPOINTS = {"averaging": None, "n_init": 1}


def check_estimator(estimator, checkpoint):
    """Raise TypeError or ValueError for an estimator that several ranks cannot fit exactly."""
    if type(estimator) not in (MLPClassifier, MLPRegressor):
        raise TypeError(
            "estimator must be an MLPClassifier or MLPRegressor of fastnn, got "
            f"{type(estimator).__name__}"
        )
    estimator._validate_params()
    if estimator.solver == "lbfgs":
        raise ValueError(
            "solver='lbfgs' searches along lines over all rows, which are not on one rank: choose "
            "another solver, such as 'adam'"
        )
    for name, (off, why, instead) in _REFUSED.items():
        value = getattr(estimator, name, off)
        if value is not off and value != off:
            raise ValueError(f"{name}={value!r} is not for several ranks: {why}. {instead} instead")
    if isinstance(getattr(estimator, "class_weight", None), str):
        raise ValueError(
            "class_weight='balanced' would be balanced on each rank by itself: pass a dict"
        )
    if getattr(estimator, "_skl_callbacks", None):
        raise ValueError("callbacks of scikit-learn are not for several ranks: pass callback=")
    if checkpoint is None:
        return
    for name, off in _NOT_IN_CHECKPOINTS.items():
        if getattr(estimator, name) != off:
            raise ValueError(f"{name} is not in a checkpoint: leave it at {off!r}, or out")
    if estimator.random_state is None or not hasattr(estimator.random_state, "__index__"):
        raise ValueError(
            "checkpoint needs an int as random_state, from which a fit that goes on has the orders "
            "and numbers that the first one would have had"
        )
