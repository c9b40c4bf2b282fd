"""The network of an estimator: its widths, its layers, and weights carried over from a fit."""

from operator import index

import numpy as np

from fastnn.layers import Dense
from fastnn.network import CompiledNetwork

__all__ = ["build_network", "check_hidden_layer_sizes", "take_weights"]


def check_hidden_layer_sizes(hidden_layer_sizes):
    """Return the widths of the hidden layers as a list of int."""
    sizes = hidden_layer_sizes
    sizes = list(sizes) if hasattr(sizes, "__iter__") else [sizes]
    try:
        widths = [index(size) for size in sizes]
    except TypeError:
        raise ValueError(
            f"hidden_layer_sizes must be an int or a sequence of ints, got {hidden_layer_sizes!r}."
        ) from None
    if any(width <= 0 for width in widths):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return widths


def build_network(n_features, hidden, activation, n_outputs, loss, dtype):
    """Return a network of dense layers with one hidden activation throughout."""
    layers = [Dense(width, activation) for width in hidden]
    return CompiledNetwork(n_features, [*layers, Dense(n_outputs, "identity")], loss, dtype)


def take_weights(network, coefs, intercepts):
    """Copy fitted weights into a network, which must have their shapes."""
    wanted = [array.shape for array in (*network.coefs, *network.intercepts)]
    found = [np.shape(array) for array in (*coefs, *intercepts)]
    if wanted != found:
        n_layers = len(network.coefs)
        raise ValueError(
            "Training can go on only with the layers it began with: coefs_ and intercepts_ have "
            f"shapes {found}, but n_features, hidden_layer_sizes and the targets now ask for "
            f"{wanted} ({n_layers} layers). Set hidden_layer_sizes back, or fit anew with "
            "warm_start=False."
        )
    own = (*network.coefs, *network.intercepts)
    for array, given in zip(own, (*coefs, *intercepts), strict=True):
        array[...] = given
