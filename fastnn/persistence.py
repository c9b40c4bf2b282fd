"""Models in files: ``save`` and ``load``. The format is described in ``docs/format.md``."""

import os

import numpy as np

from fastnn._model_file import ESTIMATORS, EstimatorParts, read_model_file, write_model_file
from fastnn.exceptions import ModelFormatError
from fastnn.folding import hidden_activations, scoring_model
from fastnn.predictor import Predictor

_NONE = type(None)
# What a fitted estimator carries beside its network, and of which types.
_FITTED = {
    "n_iter_": int,
    "t_": int,
    "loss_": float,
    "loss_curve_": list,
    "best_loss_": (float, _NONE),
    "validation_scores_": (list, _NONE),
    "validation_loss_curve_": (list, _NONE),
    "best_validation_score_": (float, _NONE),
    "_solver_state": (dict, _NONE),
}
_OF_THE_NETWORK = {
    "coefs_",
    "intercepts_",
    "classes_",
    "n_features_in_",
    "feature_names_in_",
    "n_layers_",
    "n_outputs_",
    "out_activation_",
}
_SOLVER_STATE = {
    "solver": str,
    "schedule": list,
    "learning_rate": (float, int),
    "stale": int,
    "moments": dict,
    "resumable": bool,
}


def save(model, path):
    """Write a model to a file, atomically: ``path`` is the old file or the new one, whole.

    Parameters
    ----------
    model : fastnn estimator or Predictor
        A fitted estimator is saved with all that it has learned, the state of its optimizer
        included, so that ``partial_fit`` goes on as if it had never been saved. For a model of
        scikit-learn, or a pipeline, save ``Predictor(model)``.
    path : str or path-like
        The folder must exist; a file of that name is replaced.

    Raises
    ------
    TypeError
        If the model, or one of its parameters, cannot be saved; the message names it.
    ValueError
        If its labels and names are larger than a file's header may be.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    OSError
        If the file cannot be written. The old file is then as it was.
    """
    if isinstance(model, Predictor):
        write_model_file(path, model._model)
    elif _name_of(model) in ESTIMATORS:
        network = scoring_model(model)
        write_model_file(path, network, _take_apart(model))
    else:
        raise TypeError(
            f"cannot save a {type(model).__name__}: save takes a fastnn estimator or a"
            " fastnn.Predictor; for models and pipelines of scikit-learn save Predictor(model)"
        )


def load(path):
    """Read a model that `save` wrote. Nothing in the file is executed or unpickled.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    fastnn estimator or Predictor
        As it was saved, to the bit.

    Raises
    ------
    fastnn.ModelFormatError
        If the file is foreign, newer than this fastnn, truncated, damaged or tampered with.
    OSError
        If the file cannot be read.
    """
    network, parts = read_model_file(path)
    if parts is None:
        return Predictor(network, dtype=network.dtype)
    try:
        return build_estimator(network, parts)
    except ModelFormatError as error:
        raise ModelFormatError(f"{os.fspath(path)}: {error}") from None


def _name_of(estimator):
    cls = type(estimator)
    return cls.__name__ if cls.__module__.split(".")[0] == "fastnn" else None


def _take_apart(estimator):
    params = estimator.get_params(deep=False)
    attributes = {name: value for name, value in vars(estimator).items() if name not in params}
    for name in attributes:
        if not (name.startswith("_") or name in _OF_THE_NETWORK or name in _FITTED):
            raise TypeError(f"cannot save the attribute {name!r}: a model file has no place for it")
    fitted = {name: value for name, value in attributes.items() if name in _FITTED}
    return EstimatorParts(_name_of(estimator), params, fitted)


def build_estimator(network, parts):
    """Put an estimator together; ModelFormatError if its parts contradict each other."""
    from fastnn import estimators

    cls = getattr(estimators, parts.name)
    unknown = set(parts.params) - set(cls._get_param_names())
    if unknown:
        raise ModelFormatError(f"the parameter {min(unknown)[:50]!r} is unknown")
    _check_fitted(parts.fitted, network)
    classifies = parts.name == "MLPClassifier"
    if classifies == (network.kind == "regressor"):
        raise ModelFormatError(f"an {parts.name} cannot be a {network.kind}")
    estimator = cls(**parts.params)
    # Of a classifier with one output, see `folding`.
    logistic = classifies and network.n_outputs == 1
    vars(estimator).update(
        parts.fitted,
        coefs_=list(network.weights),
        intercepts_=list(network.biases),
        n_layers_=len(network.weights) + 1,
        n_outputs_=network.n_outputs,
        out_activation_="logistic" if logistic else network.output_activation,
        n_features_in_=network.n_features_in,
    )
    if not _has_activations(estimator, network.activations):
        raise ModelFormatError("the parameter 'activation' is not that of the network")
    if network.feature_names is not None:
        estimator.feature_names_in_ = np.array(network.feature_names, dtype=object)
    if classifies:
        _restore_classes(estimator, network)
    for array in (*network.weights, *network.biases):
        array.setflags(write=True)  # the arrays of an estimator are its user's to change
    return estimator


def _has_activations(estimator, expected):
    if not isinstance(estimator.activation, str | list | tuple):
        return False
    return hidden_activations(estimator) == expected


def _restore_classes(estimator, network):
    from fastnn.estimators._labels import learn_classes

    n = len(network.classes)
    try:
        binarizer = learn_classes(
            np.eye(n, dtype=int) if network.kind == "multilabel" else network.classes
        )
    except ValueError as error:
        raise ModelFormatError(f"the classes are not sound: {error}") from None
    if not np.array_equal(binarizer.classes_, network.classes):
        raise ModelFormatError("the classes are not sorted, or not distinct")
    estimator._label_binarizer = binarizer
    estimator.classes_ = binarizer.classes_ = network.classes.copy()


def _check_fitted(fitted, network):
    _check_types(fitted, _FITTED, "fitted attribute")
    for name in ("loss_curve_", "validation_scores_", "validation_loss_curve_"):
        if not all(type(value) is float for value in fitted.get(name) or ()):
            raise ModelFormatError(f"the fitted attribute {name!r} is not a list of floats")
    state = fitted.get("_solver_state")
    if state is None:
        return
    if set(state) != set(_SOLVER_STATE):
        raise ModelFormatError("the state of the solver has missing or unknown fields")
    _check_types(state, _SOLVER_STATE, "field of the solver's state")
    if type(state["moments"].get("t")) is not int:
        raise ModelFormatError("the state of the optimizer has no number of steps")
    n_params = sum(array.size for array in (*network.weights, *network.biases))
    for name, value in state["moments"].items():
        if isinstance(value, np.ndarray):
            sound = value.shape == (n_params,) and value.dtype == network.dtype
            sound = sound and np.isfinite(value).all()
        else:
            sound = value is None or type(value) is int
        if not sound:
            raise ModelFormatError(f"the optimizer's {name[:50]!r} is not sound")


def _check_types(values, types, what):
    for name, value in values.items():
        if name not in types:
            raise ModelFormatError(f"the {what} {name[:50]!r} is unknown")
        if not isinstance(value, types[name]) or (
            isinstance(value, bool) and types[name] is not bool
        ):
            raise ModelFormatError(f"the {what} {name[:50]!r} is of the wrong type")
