"""From what learns without labels to a Model: the reconstruction of an autoencoder, the
hidden units of a Boltzmann machine. What comes out are values, whatever they went through."""

import numpy as np

from fastnn.model.classes import fitted
from fastnn.model.head import Head
from fastnn.model.model import Model
from fastnn.model.nodes import Node
from fastnn.model.of_estimator import estimator_nodes, feature_names

AUTOENCODERS = ("Autoencoder",)
MACHINES = ("BernoulliRBM", "GaussianRBM")


def autoencoder_model(autoencoder):
    """The reconstruction, with batch normalisations as they are.

    Raises
    ------
    sklearn.exceptions.NotFittedError
    """
    dtype = np.result_type(np.float32, *fitted(autoencoder, "coefs_"))
    nodes, _ = estimator_nodes(autoencoder, lambda array: np.array(array, dtype=dtype, order="C"))
    if autoencoder.out_activation_ != "identity":
        nodes = (*nodes, *_activated(len(nodes), autoencoder.out_activation_))
    return _values(autoencoder, nodes, dtype)


def machine_model(machine):
    """The probabilities of the hidden units given the visible ones.

    Raises
    ------
    sklearn.exceptions.NotFittedError
    """
    weight = fitted(machine, "components_")
    dtype = np.result_type(np.float32, weight)
    arrays = {"weight": weight.T, "bias": machine.intercept_hidden_}
    arrays = {name: np.array(array, dtype=dtype, order="C") for name, array in arrays.items()}
    return _values(machine, (Node("dense", arrays=arrays), *_activated(1, "logistic")), dtype)


def _activated(n_nodes, activation):
    """Nodes behind the last of so many; a model ends in a dense node or in a factor."""
    return (
        Node("activation", (n_nodes - 1,), attributes={"name": activation}),
        Node("scale", (n_nodes,), attributes={"factor": 1.0}),
    )


def _values(estimator, nodes, dtype):
    head = Head("regressor", "identity", dtype.name, feature_names=feature_names(estimator))
    return Model(estimator.n_features_in_, nodes, head)
