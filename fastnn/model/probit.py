"""Probabilities of a network whose last layer's weights are normally distributed, as one Model.

Its raw outputs z are divided by sqrt(1 + pi / 8 * v), v being the variance of each, a sum of
squares u u' of what is linear in the last layer's inputs. Layer normalisation divides by such a
root: of the row u, -u, s z, -s z the mean is zero, and the variance 2 / N * (u u' + s^2 z^2), N
being its length. With an epsilon of 2 / N * 8 / pi, and s so small that its square is nothing
beside that, it gives s z / sqrt(1 + pi / 8 * u u') but for a factor. Each number stands beside its
negative, so that whatever the order of the sum, the mean is exactly zero.
"""

from dataclasses import replace

import numpy as np

from fastnn.model.nodes import Node

__all__ = ["probit_model"]

#: Of z in the rows that are normalised: a power of two, whose square is lost in float32 sums.
_SMALL = 2.0**-24


def probit_model(model, center, factors):
    """The model of a classifier with its outputs divided.

    Parameters
    ----------
    model : Model
        Of the network, ending in a dense node.
    center : ndarray of shape (n_units,)
        Of the last layer's inputs.
    factors : list of ndarray of shape (n_units, n_squares)
        Of each output: its variance is the sum of the squares of ``(inputs - center) @ factor``.

    Returns
    -------
    Model
    """
    *nodes, last = model.nodes
    weight, bias = (last.arrays[name].astype(np.float64) for name in ("weight", "bias"))
    if model.output_activation == "softmax":
        weight, bias = weight - weight.mean(axis=1, keepdims=True), bias - bias.mean()
    total = None
    for output, factor in enumerate(factors):
        columns = np.c_[factor, _SMALL * weight[:, output]]
        shifts = np.r_[-(center @ factor), _SMALL * bias[output]]
        n = 2 * columns.shape[1]
        least = 2 / n * 8 / np.pi
        back = np.zeros((n, len(factors)))
        back[-2, output] = np.sqrt(least)
        squares = _beside_negatives(columns), _beside_negatives(shifts)
        at = _add(nodes, model, "dense", last.sources, weight=squares[0], bias=squares[1])
        norm = {"gain": np.ones(n), "shift": np.zeros(n)}
        at = _add(nodes, model, "layer_norm", (at,), {"epsilon": float(least)}, **norm)
        at = _add(nodes, model, "dense", (at,), weight=back, bias=np.zeros(len(factors)))
        total = at if total is None else _add(nodes, model, "add", (total, at))
    _add(nodes, model, "scale", (total,), {"factor": 1 / _SMALL})
    return replace(model, nodes=tuple(nodes))


def _beside_negatives(values):
    return np.stack([values, -values], axis=-1).reshape(*values.shape[:-1], -1)


def _add(nodes, model, kind, sources, attributes=(), **arrays):
    arrays = {name: array.astype(model.dtype) for name, array in arrays.items()}
    nodes.append(Node(kind, sources, arrays, attributes))
    return len(nodes) - 1
