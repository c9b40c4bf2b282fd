"""A fitted table model as EnsembleParts, and back."""

import inspect

import numpy as np
from sklearn.exceptions import NotFittedError

from fastnn.estimators.mlp.saved import build_estimator, restore_classes, take_apart
from fastnn.exceptions import ModelFormatError
from fastnn.files.ensembles import check_members
from fastnn.files.parts import EnsembleParts
from fastnn.model.of_estimator import feature_names, network_as_fitted
from fastnn.tables.described import table_apart, table_from

__all__ = ["build_tabular", "tabular_apart"]

#: Fitted attributes that a file has as they are, and of which types.
_FITTED = {
    "feature_importances_": np.ndarray,
    "folds_": np.ndarray,
    "oof_predictions_": np.ndarray,
    "oof_score_": float,
    "temperature_": float,
    "n_outputs_": int,
}


def tabular_apart(estimator):
    """What goes into a file.

    Raises
    ------
    sklearn.exceptions.NotFittedError
    """
    if not hasattr(estimator, "estimators_"):
        raise NotFittedError(
            f"This {type(estimator).__name__} is not fitted yet. Call 'fit' first."
        )
    fitted = {name: value for name, value in vars(estimator).items() if name in _FITTED}
    classes = getattr(estimator, "classes_", None)
    if classes is not None:
        fitted["several_labels"] = estimator._several_labels()
    return EnsembleParts(
        name=type(estimator).__name__,
        params=estimator.get_params(deep=False),
        fitted={**fitted, "table": table_apart(estimator._table())},
        members=[(network_as_fitted(m), take_apart(m)) for m in estimator.estimators_],
        classes=classes,
        feature_names=feature_names(estimator),
    )


def build_tabular(parts):
    """Put a table model together; ModelFormatError if its parts contradict each other."""
    from fastnn import estimators

    check_members(parts)
    cls, fitted = getattr(estimators, parts.name), dict(parts.fitted)
    if not set(parts.params) <= set(inspect.signature(cls).parameters):
        raise ModelFormatError("a parameter is unknown")
    try:
        table = table_from(fitted.pop("table"))
    except (KeyError, ValueError) as error:
        raise ModelFormatError(str(error)) from None
    several = fitted.pop("several_labels", False)
    for name, value in fitted.items():
        if name not in _FITTED or not isinstance(value, _FITTED[name]):
            raise ModelFormatError("a fitted attribute is unknown or of the wrong type")
    members = [build_estimator(model, member) for model, member in parts.members]
    if table.widening.width != parts.members[0][0].n_features_in:
        raise ModelFormatError("the networks do not fit what was learned of the table")
    for member in members:
        member._columns, member.n_features_in_ = table.widening.columns, table.n_features
    estimator = cls(**parts.params)
    vars(estimator).update(fitted, n_features_in_=table.n_columns, estimators_=members)
    estimator._encoder, estimator._widening = table.encoder, table.widening
    estimator._packed = []
    if parts.feature_names is not None:
        if len(parts.feature_names) != table.n_columns:
            raise ModelFormatError("there is not a name for each column")
        estimator.feature_names_in_ = np.array(parts.feature_names, dtype=object)
    if (parts.classes is None) == (table.scale is None):
        raise ModelFormatError("there are classes and a scale of values, or neither")
    if parts.classes is None:
        estimator._scale = table.scale
    else:
        restore_classes(estimator, parts.classes, several)
    return estimator
