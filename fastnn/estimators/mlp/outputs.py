"""Predictions of a fitted estimator whose hidden layers are blocks, from its fitted attributes."""

from itertools import pairwise

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import assert_all_finite

from fastnn.estimators.mlp.blocks import Block, Parts, build_network
from fastnn.layers import ACTIVATIONS, BatchNorm, LayerNorm
from fastnn.layers.activations import BERNOULLI
from fastnn.network.compiled import BLOCK_ROWS
from fastnn.scoring.arrays import block_arrays
from fastnn.threads import THREAD_WORK, effective_n_threads

__all__ = ["hidden_outputs", "input_gradients", "outputs"]


def _fitted_blocks(parts, activations):
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
        blocks.append(Block(coef.shape[1], activation, layer, residual=skip is not None))
    return blocks


def _fitted_network(parts, blocks, loss):
    """Return the network of these blocks and arrays, for predictions."""
    dtype = np.float32 if parts.coefs[0].dtype == np.float32 else np.float64
    n_in, n_out = parts.coefs[0].shape[0], parts.coefs[-1].shape[1]
    network = build_network(n_in, blocks, n_out, loss, dtype)
    try:
        Parts.of(network, blocks).take(parts)
    except ValueError:
        raise ValueError(
            "coefs_, intercepts_, norms_ and projections_ do not fit together: their shapes are "
            f"{parts.shapes()}."
        ) from None
    return network


def _outputs_of_arrays(estimator, parts, blocks, loss, X):
    """Outputs by a Scorer: to the bit those of the network, which takes several times as long to
    build. NotImplemented for what it does not know: batch statistics, functions of the user's own,
    and shapes that do not fit, of which the network says what is wrong."""
    norms, skips, names = [], [], []
    for i, block in enumerate(blocks):
        name = "logistic" if block.activation == BERNOULLI else block.activation
        if name not in ACTIVATIONS or isinstance(block.norm, BatchNorm):
            return NotImplemented
        norm = parts.norms[i] if block.norm else None
        skip = parts.projections[i] if block.residual else None
        names.append(name)
        norms.append(norm and (norm["gain"], norm["shift"], norm["epsilon"]))
        skips.append(skip if skip is None or isinstance(skip, str) else (skip, None))
    if not _chain(parts, norms, skips, X.shape[1]):
        return NotImplemented
    n_threads = 0 if estimator.n_jobs is None else effective_n_threads(estimator.n_jobs)
    return block_arrays(parts.coefs, parts.intercepts, names, norms, skips, loss, X, n_threads)


def _chain(parts, norms, skips, n_in):
    """Whether all are arrays, of shapes that fit."""
    widths = [n_in, *(coef.shape[1] for coef in parts.coefs)]
    wanted = [*pairwise(widths), *((width,) for width in widths[1:])]
    found = [*parts.coefs, *parts.intercepts]
    for norm, skip, shape in zip(norms, skips, pairwise(widths[:-1]), strict=True):
        if norm is not None:
            wanted += [shape[1:], shape[1:]]
            found += norm[:2]
        if skip is not None and (skip == "identity") is not (shape[0] == shape[1]):
            return False
        if skip is not None and skip != "identity":
            wanted.append(shape)
            found.append(skip[0])
    arrays = all(isinstance(array, np.ndarray) for array in found)
    return arrays and all(widths) and [array.shape for array in found] == wanted


def outputs(estimator, activations, loss, X, check_finite):
    """Outputs (n, n_outputs) of a fitted estimator of any kind."""
    if check_finite:
        assert_all_finite(X, input_name="X")
    parts = Parts.fitted(estimator)
    blocks = _fitted_blocks(parts, activations)
    found = _outputs_of_arrays(estimator, parts, blocks, loss, X)
    if found is not NotImplemented:
        return found
    network = _fitted_network(parts, blocks, loss)
    return network.forward(X, n_threads=_n_threads(estimator, X, network))


def hidden_outputs(estimator, activations, loss, layer, X, check_finite):
    """Outputs (n, n_units) of its hidden layer number ``layer``, from 0."""
    if check_finite:
        assert_all_finite(X, input_name="X")
    parts = Parts.fitted(estimator)
    blocks = _fitted_blocks(parts, activations)
    network = _fitted_network(parts, blocks, loss)
    end = sum(len(block.layers()) for block in blocks[: layer + 1])
    if not (issparse(X) and blocks[0].residual and blocks[0].width == X.shape[1]):
        return network.layer_outputs(X)[end - 1]
    # The first block adds X itself to its outputs, which are as many.
    starts = range(0, X.shape[0], BLOCK_ROWS)
    rows = (X[start : start + BLOCK_ROWS].toarray() for start in starts)
    return np.concatenate([network.layer_outputs(some)[end - 1] for some in rows])


def input_gradients(estimator, activations, loss, X):
    """Gradients of the raw outputs of a fitted estimator by finite dense X, row by row.

    Of shape (n, n_features) for one output, else (n, n_outputs, n_features).
    """
    parts = Parts.fitted(estimator)
    network = _fitted_network(parts, _fitted_blocks(parts, activations), loss)
    if network.n_out == 1:
        return network.input_gradient(X)
    gradients = np.empty((len(X), network.n_out, network.n_in), network.dtype)
    for unit in range(network.n_out):
        gradients[:, unit] = network.input_gradient(X, unit)
    return gradients


def _n_threads(estimator, X, network):
    worth = X.shape[0] * network.n_params // THREAD_WORK
    return max(1, min(effective_n_threads(estimator.n_jobs), worth))
