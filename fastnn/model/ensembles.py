"""The mean over several networks as one Model: a branch for each, and the sum of what they predict.

The order of the sum is that of the networks, and the sum is multiplied by one over their number, as
`fastnn.scoring.means` does: the results have the same bits.
"""

from dataclasses import replace

import numpy as np

from fastnn.model.classes import fitted
from fastnn.model.head import Head
from fastnn.model.model import Model
from fastnn.model.nodes import INPUT, Node
from fastnn.model.of_estimator import feature_names, scoring_model

#: Estimators whose predictions are means over networks, by name.
ENSEMBLES = (
    *("DeepEnsembleClassifier", "DeepEnsembleRegressor"),
    *("MonteCarloDropoutClassifier", "MonteCarloDropoutRegressor"),
)


def ensemble_model(ensemble):
    """Describe a fitted ensemble; batch normalisations are as they are.

    Raises
    ------
    sklearn.exceptions.NotFittedError
    """
    fitted(ensemble, "n_features_in_")
    models = [scoring_model(member) for member in ensemble._members()]
    return mean_of_models(models, getattr(ensemble, "classes_", None), feature_names(ensemble))


def mean_of_models(models, classes=None, names=None):
    """The mean of what networks predict: of their probabilities, or of their values.

    Parameters
    ----------
    models : sequence of Model
        Of one kind, dtype and number of features; none that gives decision values.
    classes : ndarray, optional
        Labels of the mean. To a class that a network does not know it gives the probability zero.
    names : tuple of str, optional
        Those of the features.

    Returns
    -------
    Model
    """
    first = models[0]
    if first.kind == "classifier" and len(classes) == 1:
        return first.with_head(feature_names=names)  # sure of it, all of them
    alike = all(np.array_equal(model.classes, first.classes) for model in models)
    nodes, total = [], None
    for model in models:
        at = _add_branch(nodes, model)
        if not alike:
            arrays = _columns(model, classes)
            at = _add(nodes, "dense", at, arrays=arrays)
        total = at if total is None else _add(nodes, "add", total, at)
    _add(nodes, "scale", total, attributes={"factor": 1.0 / len(models)})
    output = first.output_activation if alike else "softmax"
    head = Head(
        kind=first.kind,
        output_activation="identity" if first.kind == "regressor" else output,
        dtype=first.dtype,
        classes=None if classes is None else np.array(classes),
        feature_names=names,
        flat=first.flat,
        activated=first.kind != "regressor",
    )
    return Model(first.n_features_in, nodes, head)


def _add(nodes, kind, *sources, arrays=(), attributes=()):
    nodes.append(Node(kind, sources, arrays, attributes))
    return len(nodes) - 1


def _add_branch(nodes, model):
    """Append the nodes of a network with its output activation; the number of the last one."""
    begin = len(nodes)
    for node in model.nodes:
        sources = [s if s == INPUT else s + begin for s in node.sources]
        nodes.append(replace(node, sources=sources))
    at, output = len(nodes) - 1, model.head.still_to_apply
    if output == "softmax":
        return _add(nodes, "softmax", at)
    if output != "identity":
        return _add(nodes, "activation", at, attributes={"name": output})
    return at


def _columns(model, classes):
    """Arrays of the dense node that brings a network's probabilities to the columns of the classes:
    exactly, as all its products are with one, zero or minus one."""
    columns = np.searchsorted(classes, model.classes)
    weight, bias = np.zeros((model.n_outputs, len(classes))), np.zeros(len(classes))
    if model.binary:
        weight[0, columns] = -1, 1
        bias[columns[0]] = 1
    else:
        weight[np.arange(len(columns)), columns] = 1
    return {"weight": weight.astype(model.dtype), "bias": bias.astype(model.dtype)}
