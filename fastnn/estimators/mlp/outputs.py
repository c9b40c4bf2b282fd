"""Predictions of a fitted estimator from its fitted attributes, as they are at the time."""

import numpy as np

from fastnn.estimators.mlp.blocks import HIGHWAY, Block, Parts, build_network
from fastnn.layers import BatchNorm, Gain, LayerNorm
from fastnn.layers.activations import one_per_layer
from fastnn.model.nodes import check_nodes
from fastnn.model.of_estimator import estimator_nodes
from fastnn.model.of_table import behind_columns
from fastnn.scoring.arrays import chain_rows, score_nodes
from fastnn.threads import effective_n_threads

__all__ = ["fitted_blocks", "input_gradients", "network_of", "outputs"]

_TOGETHER = "coefs_, intercepts_, norms_, projections_ and gains_"


def outputs(estimator, X, check_finite, layer=None):
    """Outputs (n, n_outputs) of a fitted estimator, or those of a hidden layer, by number from 0.

    It reads the estimator and never writes to it. Bits depend neither on the way taken nor on the
    number of threads.
    """
    fitted, result = estimator.__dict__, NotImplemented
    n_threads = 0 if estimator.n_jobs is None else effective_n_threads(estimator.n_jobs)
    plain = all(fitted.get(name) is None for name in ("norms_", "projections_", "gains_"))
    if plain and estimator._columns is None:
        coefs, intercepts, output = (
            estimator.coefs_,
            estimator.intercepts_,
            estimator.out_activation_,
        )
        if layer is not None:
            coefs, intercepts = coefs[: layer + 1], intercepts[: layer + 1]
            output = estimator.activation
        activation = estimator.activation
        result = chain_rows(coefs, intercepts, activation, output, X, n_threads, check_finite)
    if result is NotImplemented:
        result = _score(estimator, X, n_threads, check_finite, layer)
    return result


def _score(estimator, X, n_threads, check_finite, layer):
    """The same for any layers, described as nodes."""
    one_per_layer(estimator.activation, len(estimator.coefs_) - 1)
    single = getattr(estimator.coefs_[0], "dtype", None) == np.float32
    dtype, output = np.dtype("f4" if single else "f8"), estimator.out_activation_
    nodes, ends = estimator_nodes(estimator, lambda array: np.ascontiguousarray(array, dtype))
    if layer is not None:
        nodes, output = nodes[: ends[layer] + 1], "identity"
    if estimator._columns is not None:
        nodes = behind_columns(nodes, estimator._columns.specs)
    try:
        widths = check_nodes(X.shape[1], nodes, dtype)
    except ValueError as error:
        raise ValueError(
            f"{_TOGETHER} do not fit together: their shapes are "
            f"{Parts.fitted(estimator).shapes()}, and {error}."
        ) from None
    return score_nodes(nodes, widths, output, dtype, X, n_threads, check_finite)


def fitted_blocks(parts, activations):
    """Return the blocks that a fitted estimator's attributes describe."""
    n_hidden = len(parts.coefs) - 1
    norms = parts.norms or [None] * n_hidden
    skips = parts.projections or [None] * n_hidden
    blocks = []
    for coef, activation, norm, skip in zip(
        parts.coefs[:-1], activations, norms, skips, strict=True
    ):
        layer = norm and {"batch": BatchNorm, "layer": LayerNorm}[norm["kind"]](
            epsilon=norm["epsilon"]
        )
        residual = HIGHWAY if isinstance(skip, dict) else skip is not None
        own = {"residual": residual, "gain": _gain(parts)}
        blocks.append(Block(coef.shape[1], activation, layer, **own))
    return blocks


def _gain(parts):
    return None if parts.gains is None else Gain()


def _fitted_network(parts, blocks, loss):
    """Return the network of these blocks and arrays, for predictions."""
    dtype = np.float32 if parts.coefs[0].dtype == np.float32 else np.float64
    n_in, n_out = parts.coefs[0].shape[0], parts.coefs[-1].shape[1]
    network = build_network(n_in, blocks, n_out, loss, dtype, gain=_gain(parts))
    try:
        Parts.of(network, blocks).take(parts)
    except ValueError:
        raise ValueError(
            f"{_TOGETHER} do not fit together: their shapes are {parts.shapes()}."
        ) from None
    return network


def network_of(estimator, activations, loss):
    """The network of a fitted estimator's attributes as they are, for predictions."""
    parts = Parts.fitted(estimator)
    return _fitted_network(parts, fitted_blocks(parts, activations), loss)


def input_gradients(estimator, activations, loss, X):
    """Gradients of the raw outputs of a fitted estimator by finite dense X, row by row.

    Of shape (n, n_features) for one output, else (n, n_outputs, n_features).
    """
    network = network_of(estimator, activations, loss)
    if network.n_out == 1:
        return network.input_gradient(X)
    gradients = np.empty((len(X), network.n_out, network.n_in), network.dtype)
    for unit in range(network.n_out):
        gradients[:, unit] = network.input_gradient(X, unit)
    return gradients
