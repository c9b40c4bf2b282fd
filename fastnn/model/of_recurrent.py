"""From a fitted recurrent estimator to a Model: of rows as long as the longest it was fitted on."""

import numpy as np

from fastnn.model.classes import fitted
from fastnn.model.of_estimator import PAIRED, means_of_pairs
from fastnn.model.of_network import compiled_model

#: The estimators.
RECURRENT = ("RecurrentClassifier", "RecurrentRegressor")


def recurrent_model(estimator):
    """Describe it. A row of the Model is a sequence, its steps one after the other and, if it was
    fitted on a list of sequences, the number of its steps in a last column.

    Raises
    ------
    TypeError
        For quantiles that are put in order.
    sklearn.exceptions.NotFittedError
    """
    steps, ragged = fitted(estimator, "sequence_shape_")
    if getattr(estimator, "non_crossing", False) and len(estimator._levels()) > 1:
        raise TypeError(
            "non_crossing=True puts the predicted levels in order, which no node does: set it to"
            " False, make the Predictor, and sort its columns by numpy.sort"
        )
    network = estimator._network_for(steps, ragged)[0]
    classes, changes = getattr(estimator, "classes_", None), {}
    if classes is not None:
        several = network.n_out > 1 and estimator._binarizer().y_type_ != "multiclass"
        changes = {"classes": np.array(classes), "kind": "multilabel" if several else "classifier"}
        if len(classes) == 1:
            changes["output_activation"] = "softmax"
    else:
        changes = {"flat": network.n_out == 1}
    model = compiled_model(network).with_head(**changes)
    return means_of_pairs(model) if getattr(estimator, "loss", None) == PAIRED else model
