"""From a fitted recurrent estimator to a Model: of rows as long as the longest it was fitted on."""

import numpy as np

from fastnn.model.classes import fitted
from fastnn.model.of_estimator import PAIRED, feature_names, means_of_pairs
from fastnn.model.of_network import compiled_model

#: The estimators.
RECURRENT = ("RecurrentClassifier", "RecurrentRegressor")


def recurrent_as_fitted(estimator):
    """Describe it. A row of the Model is a sequence, its steps one after the other and, if it was
    fitted on a list of sequences, the number of its steps in a last column.

    Of a classifier with ``output="all"`` the Model has values, the raw outputs of each step.

    Raises
    ------
    sklearn.exceptions.NotFittedError
    """
    steps, ragged = fitted(estimator, "sequence_shape_")
    network = estimator._network_for(steps, ragged)
    classes, changes = getattr(estimator, "classes_", None), {}
    names = feature_names(estimator)
    if classes is not None and estimator.output == "all":
        changes = {"kind": "regressor", "output_activation": "identity", "classes": None}
    elif classes is not None:
        several = network.n_out > 1 and estimator._binarizer().y_type_ != "multiclass"
        changes = {"classes": np.array(classes), "kind": "multilabel" if several else "classifier"}
        if len(classes) == 1:
            changes["output_activation"] = "softmax"
    elif estimator.output != "all":
        changes = {"flat": network.n_out == 1}
    return compiled_model(network).with_head(feature_names=names, **changes)


def recurrent_model(estimator):
    """The same of what it predicts: where mean and log-variance are outputs, the means alone.

    Raises
    ------
    TypeError
        For quantiles that are put in order, categories, and classes of each step.
    sklearn.exceptions.NotFittedError
    """
    name = type(estimator).__name__
    if getattr(estimator, "non_crossing", False) and len(estimator._levels()) > 1:
        raise TypeError(
            "non_crossing=True puts the predicted levels in order, which no node does: set it to"
            " False, make the Predictor, and sort its columns by numpy.sort"
        )
    if estimator.embedding is not None:
        raise TypeError(
            f"this {name} takes categories, and a Predictor rows of numbers: save and load the"
            " estimator itself"
        )
    if estimator.output == "all" and hasattr(estimator, "classes_"):
        raise TypeError(
            f"this {name} tells the class of each step, and a Predictor one of each row: save and"
            " load the estimator itself"
        )
    model = recurrent_as_fitted(estimator)
    return means_of_pairs(model) if getattr(estimator, "loss", None) == PAIRED else model


def needs_estimator(parts):
    """Whether the Model of such EstimatorParts tells less than the estimator does."""
    params = parts.params
    of_steps = params.get("output") == "all" and parts.name == "RecurrentClassifier"
    return parts.name in RECURRENT and (of_steps or params.get("embedding") is not None)
