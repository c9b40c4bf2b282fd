"""Scoring in reduced precision by NumPy: integers for int8, float64 sums for bfloat16."""

from itertools import pairwise

import numpy as np
from scoring_models import NODES, chain

from fastnn.model.blocks import Block
from fastnn.model.head import Head
from fastnn.model.nodes import INPUT


def row_codes(x):
    """Codes (n, n_in) of int64 and the scale (n, 1) of each row, of float32."""
    x = np.asarray(x, dtype=np.float32)
    top = np.abs(x).max(axis=1, keepdims=True)
    levels = np.where((x < 0).any(axis=1, keepdims=True), 127, 255).astype(np.float32)
    units = np.divide(levels, top, out=np.zeros_like(top), where=top > 2.0**-118)
    return np.rint(x * units).astype(np.int64), top / levels


def column_codes(weight):
    """Codes and scales of a weight matrix that has been rounded: the largest code is 127."""
    scale = np.abs(weight).max(axis=0) / np.float32(127)
    codes = np.rint(weight / np.where(scale > 0, scale, 1)).astype(np.int64)
    assert (codes * scale.astype(np.float64) == weight).all()  # each is a code times the scale
    return codes, scale


def int8_dense(x, weight, bias=0.0):
    """Exact sums, and each of the three operations behind them rounded to float32."""
    codes, scale = row_codes(x)
    of_columns, of_column = column_codes(weight)
    sums = (codes @ of_columns).astype(np.float32)
    return sums * of_column * scale + np.asarray(bias, np.float32)


def nearest_bfloat16(x):
    """The nearest multiple of a power of two with eight bits, the even one of two."""
    mantissa, exponent = np.frexp(np.asarray(x, dtype=np.float64))
    return np.ldexp(np.rint(np.ldexp(mantissa, 8)), exponent - 8)


def bfloat16_dense(x, weight, bias=0.0):
    return nearest_bfloat16(np.float32(x)) @ weight.astype(np.float64) + bias


def raw_in(model, X):
    """The raw outputs of a Model of reduced precision (n, n_outputs)."""
    nodes = dict(NODES, dense=int8_dense if model.precision == "int8" else bfloat16_dense)
    outputs = {INPUT: np.asarray(X, dtype=np.float32)}
    for number, node in enumerate(model.nodes):
        sources = [outputs[source] for source in node.sources]
        outputs[number] = nodes[node.kind](*sources, **node.arrays, **node.attributes)
    return outputs[len(model.nodes) - 1]


def network(rng, *sizes, activation="relu", dtype="float32"):
    """A Model of dense layers that classifies."""

    def array(*shape):
        return (rng.normal(size=shape) / np.sqrt(shape[0])).astype(dtype)

    hidden = [Block(array(a, b), array(b), None, activation) for a, b in pairwise(sizes[:-1])]
    head = Head("classifier", "softmax", dtype, np.arange(sizes[-1]))
    return chain(hidden, array(*sizes[-2:]), array(sizes[-1]), head)


def rows_of(rng, n, n_in, zeros=0.0):
    X = rng.normal(size=(n, n_in)).astype(np.float32)
    X[: n // 2] = np.abs(X[: n // 2])  # without a negative number codes go further
    X[rng.random_sample(X.shape) < zeros] = 0
    return X
