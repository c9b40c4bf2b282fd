"""From a fitted MLPClassifier or MLPRegressor, of fastnn or scikit-learn, to a Model."""

from dataclasses import replace

import numpy as np

from fastnn.layers.activations import ACTIVATIONS, BERNOULLI, CustomActivation
from fastnn.model.blocks import Block, Skip, nodes_of, norm_node
from fastnn.model.classes import fitted
from fastnn.model.head import Head
from fastnn.model.model import Model

#: Estimators whose networks are put together of more than dense layers: they tell their nodes.
CONVOLUTIONS = ("ConvClassifier", "ConvRegressor")
#: The loss of a regressor whose network predicts two numbers a target.
PAIRED = "gaussian_nll"


def network_as_fitted(mlp):
    """Describe a fitted MLP with its batch normalisations as they are, by copies of its arrays.

    Raises
    ------
    TypeError
        If an activation is neither a name nor a CustomActivation.
    ValueError
        If its arrays do not fit together.
    sklearn.exceptions.NotFittedError
    """
    coefs = fitted(mlp, "coefs_")
    dtype = np.result_type(np.float32, *coefs, *mlp.intercepts_)

    def copy(array):
        return np.array(array, dtype=dtype, order="C")

    composed = _is_fastnn(mlp) and any(cls.__name__ in CONVOLUTIONS for cls in type(mlp).__mro__)
    nodes = mlp._nodes() if composed else estimator_nodes(mlp, copy)[0]
    kind, output_activation = _kind(mlp), mlp.out_activation_
    classes = getattr(mlp, "classes_", None)
    if kind == "classifier" and len(classes) == 1 and _is_fastnn(mlp):
        # Fitted on a single class, it gives one column of ones: the softmax of one output.
        output_activation = {"logistic": "softmax"}.get(output_activation, output_activation)
    head = Head(
        kind=kind,
        output_activation=output_activation,
        dtype=dtype.name,
        classes=None if classes is None else np.array(classes),
        feature_names=feature_names(mlp),
        flat=kind == "regressor" and np.shape(coefs[-1])[1:] == (1,),
    )
    return Model(mlp.n_features_in_ if composed else np.shape(coefs[0])[0], nodes, head)


def scoring_model(mlp):
    """The same of what it predicts: where mean and log-variance are outputs, the means alone.

    Raises
    ------
    TypeError
        Beside what `network_as_fitted` raises, for quantiles that are put in order.
    """
    if getattr(mlp, "non_crossing", False) and len(getattr(mlp, "_levels", list)()) > 1:
        raise TypeError(
            "non_crossing=True puts the predicted levels in order, which no node does: set it to"
            " False, make the Predictor, and sort its columns by numpy.sort"
        )
    model = network_as_fitted(mlp)
    return means_of_pairs(model) if getattr(mlp, "loss", None) == PAIRED else model


def means_of_pairs(model):
    """A model whose outputs are pairs of mean and log-variance, without the latter."""
    *before, last = model.nodes
    arrays = {name: np.ascontiguousarray(array[..., ::2]) for name, array in last.arrays.items()}
    head = replace(model.head, flat=model.n_outputs == 2)
    return replace(model, nodes=(*before, last.having(**arrays)), head=head)


def estimator_nodes(mlp, of_array=lambda array: array):
    """The nodes of a fitted MLP from its attributes, and the last one of each hidden layer.

    ``of_array`` is applied to each array. Nothing checks that they fit together.
    """
    coefs, intercepts = [*map(of_array, mlp.coefs_)], [*map(of_array, mlp.intercepts_)]
    activations, none = hidden_activations(mlp), [None] * (len(coefs) - 1)
    norms, skips = (getattr(mlp, name, None) or none for name in ("norms_", "projections_"))
    gains = [*map(of_array, getattr(mlp, "gains_", None) or ())] or [None] * len(coefs)
    parts = coefs[:-1], intercepts[:-1], activations, norms, skips, gains[:-1]
    if not coefs or any(len(part) != len(none) for part in parts):
        raise ValueError(
            "coefs_, intercepts_, activation, norms_, projections_ and gains_ must have an entry"
            " for each layer; got"
            f" {', '.join(str(len(part)) for part in (coefs, intercepts, *parts[2:-1], gains))}"
        )
    blocks = [
        Block(W, b, _norm(norm, of_array), activation, _skip(skip, of_array), gain)
        for W, b, activation, norm, skip, gain in zip(*parts, strict=True)
    ]
    return nodes_of(blocks, coefs[-1], intercepts[-1], gains[-1])


def hidden_activations(mlp):
    """The activation of each hidden layer of a fitted network, as it is when it scores.

    Raises
    ------
    TypeError
        If one is neither a name nor a CustomActivation.
    """
    names, n_hidden = mlp.activation, len(mlp.coefs_) - 1
    if isinstance(names, str):
        return (_at_prediction(names),) * n_hidden
    if not isinstance(names, list | tuple | np.ndarray):
        names = (names,) * n_hidden
    for layer, name in enumerate(names):
        if not isinstance(name, str | CustomActivation):
            raise TypeError(
                f"the activation of hidden layer {layer} is a {type(name).__name__}: it must be a"
                f" CustomActivation or one of {', '.join(ACTIVATIONS)}"
            )
    return tuple(map(_at_prediction, names))


def _at_prediction(activation):
    if isinstance(activation, CustomActivation):
        return activation
    # A stochastic binary unit scores with its expectation.
    return "logistic" if activation == BERNOULLI else str(activation)


def feature_names(estimator):
    """The names of the columns that it was fitted on, or None."""
    names = getattr(estimator, "feature_names_in_", None)
    return None if names is None else tuple(str(name) for name in names)


def _kind(mlp):
    if not hasattr(mlp, "classes_"):
        return "regressor"
    if mlp.out_activation_ == "softmax" or mlp.n_outputs_ == 1:
        return "classifier"
    if mlp.out_activation_ == "logistic" or mlp._label_binarizer.y_type_.startswith("multilabel"):
        return "multilabel"
    return "classifier"


def _norm(norm, of_array):
    if norm is None:
        return None
    names = ("gain", "shift") if norm["kind"] == "layer" else ("gain", "shift", "mean", "variance")
    arrays = {name: of_array(norm[name]) for name in names}
    return norm_node(norm["kind"], epsilon=float(norm["epsilon"]), **arrays)


def _skip(projection, of_array):
    if projection is None:
        return None
    if isinstance(projection, dict):
        carried = _skip(projection["carried"], of_array)
        return carried._replace(gate=(of_array(projection["gate"]), of_array(projection["bias"])))
    return Skip() if isinstance(projection, str) else Skip(of_array(projection))


def _is_fastnn(estimator):
    return any(cls.__module__.split(".")[0] == "fastnn" for cls in type(estimator).__mro__)
