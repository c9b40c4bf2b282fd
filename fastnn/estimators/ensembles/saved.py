"""Fitted ensembles, and one network within another estimator, as EnsembleParts and back."""

import copy
import inspect

import numpy as np
from sklearn.frozen import FrozenEstimator

from fastnn.estimators.ensembles.samples import Draw
from fastnn.estimators.laplace.diagonal import weights_with_variance
from fastnn.estimators.mlp.base import BaseMLP
from fastnn.estimators.mlp.saved import build_estimator, restore_classes, take_apart
from fastnn.exceptions import ModelFormatError
from fastnn.files.ensembles import check_factors, check_members
from fastnn.files.model_file import ESTIMATORS
from fastnn.files.parts import EnsembleParts, EstimatorParts
from fastnn.model.of_estimator import feature_names, network_as_fitted

__all__ = ["build_ensemble", "ensemble_apart"]

# Fitted attributes that a file has as they are, and of which types, by what classes begin with.
_FITTED = {
    "DeepEnsemble": {
        "_numbers": list,
        "_n_rows": int,
        "_weightless": np.ndarray,
        "folds_": np.ndarray,
        "oof_predictions_": np.ndarray,
        "oob_score_": float,
        "n_outputs_": int,
    },
    "MonteCarloDropout": {"_seeds": list},
    "Laplace": {
        "_center": np.ndarray,
        "_factors": list,
        "_covariances": list,
        "prior_precision_": np.ndarray,
        "noise_precision_": np.ndarray,
    },
}
_OPTIONAL = {"folds_", "oof_predictions_", "oob_score_", "_weightless"}
_OPTIONAL |= {"_center", "_factors", "_covariances"}  # by what a posterior is of
# What is told by members, classes and names.
_TOLD = {
    *("estimators_", "estimator_", "classes_", "n_features_in_", "feature_names_in_"),
    *("_alike", "_label_binarizer", "_draw"),
}


def ensemble_apart(ensemble):
    """What goes into a file; TypeError for what has no place there.

    Raises
    ------
    sklearn.exceptions.NotFittedError
    """
    several = "estimators_" in vars(ensemble)
    if not several and "estimator_" not in vars(ensemble):
        from sklearn.exceptions import NotFittedError

        raise NotFittedError(f"This {type(ensemble).__name__} is not fitted yet. Call 'fit' first.")
    members = ensemble.estimators_ if several else [ensemble.estimator_]
    name, params = type(ensemble).__name__, ensemble.get_params(deep=False)
    attributes = {key: value for key, value in vars(ensemble).items() if key not in params}
    table = _table(name)
    for key in attributes:
        if key not in table and key not in _TOLD:
            raise TypeError(f"cannot save the attribute {key!r}: a model file has no place for it")
    fitted = {key: value for key, value in attributes.items() if key in table}
    if several:
        fitted["draw"] = [ensemble._draw.seeds, ensemble._draw.of_samples]
    params["estimator"] = _template_apart(params["estimator"])
    return EnsembleParts(
        name=name,
        params=params,
        fitted=fitted,
        members=[(network_as_fitted(member), take_apart(member)) for member in members],
        classes=getattr(ensemble, "classes_", None),
        feature_names=feature_names(ensemble),
    )


def _template_apart(template):
    if template is None:
        return None
    if isinstance(template, FrozenEstimator):
        inner = _template_apart(template.estimator)
        return EstimatorParts("FrozenEstimator", {"estimator": inner}, {})
    name = type(template).__name__
    if not isinstance(template, BaseMLP) or name not in ESTIMATORS:
        raise TypeError(f"cannot save params.estimator: a {name} has no place in a model file")
    return EstimatorParts(name, template.get_params(deep=False), {})


def build_ensemble(parts):
    """Put an ensemble together; ModelFormatError if its parts contradict each other."""
    from fastnn import estimators

    check_members(parts)
    cls, table = getattr(estimators, parts.name), _table(parts.name)
    params, fitted = dict(parts.params), dict(parts.fitted)
    if not set(params) <= set(inspect.signature(cls).parameters):
        raise ModelFormatError("a parameter is unknown")
    members = [build_estimator(model, member) for model, member in parts.members]
    deep = parts.name.startswith("DeepEnsemble")
    if not deep and len(members) != 1:
        raise ModelFormatError(f"a {parts.name} has one network")
    params["estimator"] = _template_from(params.get("estimator"), members[0])
    draw = _draw_from(fitted.pop("draw", None)) if deep else None
    _check_types(fitted, table, optional=_OPTIONAL | ({"n_outputs_"} if deep else set()))
    model, ensemble = parts.members[0][0], cls(**params)
    vars(ensemble).update(fitted, n_features_in_=model.n_features_in)
    if parts.feature_names is not None:
        ensemble.feature_names_in_ = np.array(parts.feature_names, dtype=object)
    if parts.classes is not None:
        restore_classes(ensemble, parts.classes, model.kind == "multilabel")
        if parts.name.startswith("Laplace"):  # which asks its network
            del ensemble._label_binarizer
    if deep:
        _check_deep(fitted, draw, members, ensemble)
        ensemble.estimators_, ensemble._draw = members, draw
        ensemble._alike = ensemble._outputs_agree()
        return ensemble
    (member,) = members
    member.__dict__.pop("feature_names_in_", None)
    ensemble.estimator_ = member
    if "_seeds" in table:
        ensemble._alike = True
        _check_seeds(fitted["_seeds"])
    else:
        _check_posterior(fitted, member, model)
    return ensemble


def _table(name):
    family = name.removesuffix("Classifier").removesuffix("Regressor")
    table = _FITTED[family]
    if name.endswith("Classifier"):
        table = {k: v for k, v in table.items() if k not in ("n_outputs_", "noise_precision_")}
    return table


def _template_from(parts, member):
    """The parameter `estimator` again; a frozen one is the network that was fitted, or is that."""
    from fastnn import estimators

    if parts is None:
        return None
    if not isinstance(parts, EstimatorParts):
        raise ModelFormatError("the parameter 'estimator' is not sound")
    if parts.name == "FrozenEstimator":
        return FrozenEstimator(copy.copy(member))
    cls = getattr(estimators, parts.name) if parts.name in ESTIMATORS[:2] else None
    if cls is not type(member) or not set(parts.params) <= set(cls._get_param_names()):
        raise ModelFormatError("the parameter 'estimator' is not sound")
    return cls(**parts.params)


def _check_types(values, types, optional):
    if not types.keys() - optional <= values.keys() <= types.keys():
        raise ModelFormatError("fitted attributes are missing or unknown")
    for name, value in values.items():
        if not isinstance(value, types[name]) or isinstance(value, bool):
            raise ModelFormatError(f"the fitted attribute {name!r} is of the wrong type")


def _are_numbers(values, end=2**31):
    ints = isinstance(values, list) and all(type(value) is int for value in values)
    return ints and all(0 <= value < end for value in values)


def _draw_from(lists):
    if not isinstance(lists, list) or len(lists) != 2 or not all(map(_are_numbers, lists)):
        raise ModelFormatError("what was drawn for the members is not sound")
    if len(lists[0]) != len(lists[1]):
        raise ModelFormatError("what was drawn for the members is not sound")
    draw = Draw.__new__(Draw)
    draw.seeds, draw.of_samples = lists
    return draw


def _check_deep(fitted, draw, members, ensemble):
    numbers, rows = fitted["_numbers"], fitted["_n_rows"]
    if not _are_numbers(numbers, len(draw.seeds)) or len(numbers) != len(members):
        raise ModelFormatError("the numbers of the members are not sound")
    if rows < 0 or (ensemble.sample_by == "fold") != ("folds_" in fitted):
        raise ModelFormatError("the rows of the members are not sound")
    if ensemble.sample_by not in ("seed", "fold", "bootstrap"):
        raise ModelFormatError("the parameter 'sample_by' is not sound")
    limits = {"folds_": len(draw.seeds), "_weightless": rows}
    for name, end in limits.items():
        array = fitted.get(name, np.zeros(0, np.int64))
        whole = array.ndim == 1 and array.dtype.kind == "i"
        if not whole or not ((array >= 0) & (array < end)).all():
            raise ModelFormatError("the rows of the members are not sound")
    for name in ("folds_", "oof_predictions_"):
        if name in fitted and fitted[name].shape[:1] != (rows,):
            raise ModelFormatError(f"there is not a number for each row in {name}")
    regresses = not hasattr(ensemble, "classes_")
    if regresses != ("n_outputs_" in fitted) or (regresses and fitted["n_outputs_"] < 1):
        raise ModelFormatError("the number of targets is not sound")
    if regresses and members[0].n_outputs_ % fitted["n_outputs_"]:
        raise ModelFormatError("the number of targets is not sound")


def _check_seeds(seeds):
    if not _are_numbers(seeds) or not seeds:
        raise ModelFormatError("the seeds of the samples are not sound")


def _check_posterior(fitted, network, model):
    """Of float64 arrays that fit the last layer."""
    n_outputs = network.coefs_[-1].shape[1]
    precisions = [fitted[name] for name in fitted if name.endswith("precision_")]
    shapes = [(array, (n_outputs,)) for array in precisions]
    if set(fitted) >= {"_center", "_factors"} and "_covariances" not in fitted:
        check_factors(fitted, model)
    elif "_covariances" in fitted and "_center" not in fitted and "_factors" not in fitted:
        matrices, found = weights_with_variance(network), fitted["_covariances"]
        if len(found) != len(matrices) or not all(isinstance(a, np.ndarray) for a in found):
            raise ModelFormatError("the posterior of the weights is not sound")
        shapes += [(a, matrix.shape) for a, matrix in zip(found, matrices, strict=True)]
        if any((array <= 0).any() for array in found):
            raise ModelFormatError("the posterior of the weights is not sound")
    else:
        raise ModelFormatError("the posterior of the weights is not sound")
    for array, shape in shapes:
        if array.shape != shape or array.dtype != np.float64 or not np.isfinite(array).all():
            raise ModelFormatError("the posterior of the weights is not sound")
