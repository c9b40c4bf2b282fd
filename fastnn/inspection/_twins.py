"""A network as it is in training and at prediction, both without anything random, layer by layer.

Only the networks of estimators: they are made of blocks, one for each hidden layer.
"""

from dataclasses import replace

import numpy as np

from fastnn.estimators.mlp.blocks import Parts, build_network
from fastnn.layers.activations import BERNOULLI
from fastnn.training.objective import loss_and_grad
from fastnn.training.statistics import settle_statistics

__all__ = ["layer_outputs", "layer_parameters", "row_deltas", "twins"]


def twins(problem):
    """The problem without dropout, noise and sampling: as in a training step, and at prediction.

    They differ where there is a BatchNorm. In training its mean and variance are those of the rows.
    At prediction they are fixed, and the whole of it is part of the weights and intercepts before
    it, so that a single row has a gradient. Before a fit there are no running statistics: those of
    the rows stand in for them.

    Returns
    -------
    training, prediction : Problem
    """
    parts = Parts.of(problem.network, problem.blocks)
    blocks = [
        block._replace(
            dropout=0.0,
            activation="logistic" if block.activation == BERNOULLI else block.activation,
        )
        for block in problem.blocks
    ]
    training = _built(problem, blocks, parts)
    if not problem.fitted:
        settle_statistics(training.network, problem.X)
        parts = Parts.of(training.network, blocks)
    return training, _folded(training, blocks, parts)


def _built(problem, blocks, parts):
    old = problem.network
    network = build_network(old.n_in, blocks, old.n_out, old.loss, np.float64)
    Parts.of(network, blocks).take(parts)
    return replace(problem, network=network, blocks=blocks)


def _folded(problem, blocks, parts):
    if not problem.network.running:
        return problem
    parts, blocks = parts.copy(), list(blocks)
    for k, norm in enumerate(parts.norms):
        if norm is not None and norm["kind"] == "batch":
            factor = norm["gain"] / np.sqrt(norm["variance"] + norm["epsilon"])
            parts.coefs[k] *= factor
            parts.intercepts[k] -= norm["mean"]
            parts.intercepts[k] *= factor
            parts.intercepts[k] += norm["shift"]
            parts.norms[k], blocks[k] = None, blocks[k]._replace(norm=None)
    return _built(problem, blocks, parts)


def layer_parameters(problem, vector):
    """Views of a vector that is laid out like ``network.params``, by layer, the output's last.

    Returns
    -------
    list of (coef, gain or None, offset)
        The offset is what is added last before the activation: the shift of a normalisation, or
        else the intercept. The projections of skip connections are left out.
    """
    views = problem.network.views(vector)
    norms = iter(zip(views.gains, views.shifts, strict=True))
    pairs = zip(views.coefs, views.intercepts, strict=True)
    dense = [(coef, intercept) for coef, intercept in pairs if intercept.size]
    normalised = [block.norm is not None for block in problem.blocks] + [False]
    return [
        (coef, *(next(norms) if has_norm else (None, intercept)))
        for (coef, intercept), has_norm in zip(dense, normalised, strict=True)
    ]


def layer_outputs(problem, *, units=False):
    """Outputs of every layer, the output layer's raw ones last.

    Parameters
    ----------
    problem : Problem
        At prediction, see `twins`.
    units : bool, default=False
        With skip connections: what the activations put out, before the input is added to it.

    Returns
    -------
    list of ndarray of shape (n, n_units)
    """
    outputs = problem.network.layer_outputs(problem.X, branches=units)
    ends = np.cumsum([len(block.layers()) for block in problem.blocks], dtype=int)
    return [*(outputs[end - 1] for end in ends), outputs[-1]]


def row_deltas(problem):
    """Gradient of each row's own loss by the pre-activations of every layer, at prediction.

    That of a single row is its gradient by what is added last to them.

    Returns
    -------
    list of ndarray of shape (n, n_units)
    """
    network, n = problem.network, problem.X.shape[0]
    gradient = np.empty_like(network.params)
    by_offsets = [offset for *_, offset in layer_parameters(problem, gradient)]
    deltas = [np.empty((n, offset.size)) for offset in by_offsets]
    for i in range(n):
        loss_and_grad(network, problem.X[i : i + 1], problem.y[i : i + 1], grad=gradient)
        for delta, offset in zip(deltas, by_offsets, strict=True):
            delta[i] = offset
    return deltas
