"""The hidden layers that the parameters ask for: their widths and first weights."""

from operator import index

import numpy as np

from fastnn.estimators.mlp.pretraining import pretrain_layers
from fastnn.initializers import initialize

__all__ = ["first_weights", "hidden_widths"]


def hidden_widths(hidden_layer_sizes):
    """Return the widths of the hidden layers as a list of int."""
    sizes = hidden_layer_sizes
    try:
        if isinstance(sizes, str):
            widths = _widths_in(sizes)
        else:
            widths = [index(size) for size in (sizes if hasattr(sizes, "__iter__") else [sizes])]
    except (TypeError, ValueError):
        raise ValueError(
            "hidden_layer_sizes must be an int, a sequence of ints or a string such as '64-32' or "
            f"'(64, 32)', got {hidden_layer_sizes!r}."
        ) from None
    if any(width <= 0 for width in widths):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return widths


def _widths_in(text):
    """Those of '64-32', '64,32' or what Python prints of a tuple or list."""
    text = text.strip()
    for opening, closing in ("()", "[]"):
        if text.startswith(opening) and text.endswith(closing):
            text = text[1:-1].strip()
            if "," in text:
                text = text.removesuffix(",")
            break
    if not text:
        return []
    return [int(size) for size in text.split("," if "," in text else "-")]


def first_weights(network, estimator, rng, X, unlabelled):
    """Draw the weights of a network as ``init`` says; pre-train the hidden layers if asked to."""
    *activations, last = network.activations
    if estimator.init == "auto":  # for scikit-learn the output layer is like the hidden ones
        if isinstance(estimator.activation, str):
            last = estimator.activation
        elif activations:
            last = activations[-1]
    # What is drawn for the second use of a matrix is let go.
    ties = zip(network.coefs, network.ties, strict=True)
    initialize(
        [coef if tied < 0 else np.empty(coef.shape) for coef, tied in ties],
        network.intercepts,
        [*activations, last],
        rng,
        estimator.init,
        estimator.init_scale,
    )
    network.begin_biases()
    if estimator.pretrain is not None:
        pretrain_layers(network, estimator, X, unlabelled, rng)
