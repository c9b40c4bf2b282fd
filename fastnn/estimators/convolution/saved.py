"""A fitted convolutional estimator from a file. How it is written is that of the perceptrons."""

import numpy as np

from fastnn.estimators.convolution.classifier import ConvClassifier
from fastnn.estimators.convolution.regressor import ConvRegressor
from fastnn.estimators.mlp.blocks import Parts, build_network
from fastnn.estimators.mlp.hidden_layers import hidden_widths
from fastnn.estimators.mlp.saved import check_fitted, restore_classes
from fastnn.estimators.shared.restored import of_the_input, with_parameters
from fastnn.exceptions import ModelFormatError
from fastnn.files.networks import check_layers_of, fill
from fastnn.layers import Dense
from fastnn.losses import loss_of_output

_CLASSES = {cls.__name__: cls for cls in (ConvClassifier, ConvRegressor)}


def build_convolution(model, parts):
    """Put an estimator together; ModelFormatError if its parts contradict each other."""
    cls = _CLASSES[parts.name]
    estimator = with_parameters(cls, parts.params)
    check_fitted(parts.fitted, model)
    if (cls is ConvClassifier) == (model.kind == "regressor"):
        raise ModelFormatError(f"a {parts.name} cannot be a {model.kind}")
    logistic = cls is ConvClassifier and model.n_outputs == 1 and model.has_probabilities
    vars(estimator).update(
        parts.fitted,
        n_outputs_=model.n_outputs,
        out_activation_="logistic" if logistic else model.output_activation,
        **of_the_input(model),
    )
    try:
        estimator._validate_params()
        compiled, blocks = _network(estimator, model)
    except ModelFormatError:
        raise
    except (TypeError, ValueError) as error:
        raise ModelFormatError(f"the estimator is not sound: {error}") from None
    found = Parts.of(compiled, blocks)
    vars(estimator).update(found.attributes(), n_layers_=len(found.coefs) + 1)
    if cls is ConvClassifier:
        restore_classes(estimator, model.classes, model.kind == "multilabel")
    return estimator


def _network(estimator, model):
    """The network that the parameters ask for, with the numbers of the nodes, and its blocks."""
    shape = estimator.__dict__.get("input_shape_")
    if shape is None or int(np.prod(shape)) != model.n_features_in:
        raise ModelFormatError("the fitted attribute 'input_shape_' is not that of the network")
    widths = hidden_widths(estimator.hidden_layer_sizes)
    blocks = estimator._hidden_blocks(widths, [estimator.activation] * len(widths))
    loss = loss_of_output(estimator.out_activation_)
    layers = [layer for block in blocks for layer in block.layers()[0]]
    check_layers_of([*layers, Dense(model.n_outputs)], model)
    network = build_network(model.n_features_in, blocks, model.n_outputs, loss, model.dtype)
    fill(network, model)
    return network, blocks
