"""Affine maps melted into the dense nodes that they touch, in float64 whatever the model's dtype.

A map ``x -> x @ M + s`` in front of a dense node ``x -> x @ W + b`` gives ``W' = M @ W`` and
``b' = b + s @ W``; behind it, ``W' = W @ M`` and ``b' = b @ M + s``. A map is a pair
(scale, shift); a scale of one dimension multiplies element by element.
"""

from dataclasses import replace

import numpy as np

from fastnn.model.nodes import INPUT, Node, consumers


def in_front(node, scale, shift):
    """The dense node with a map in front of it."""
    weight = node.arrays["weight"]
    first = scale @ weight if scale.ndim == 2 else scale[:, None] * weight
    moved = shift @ weight
    bias = node.arrays.get("bias")
    return node.having(
        weight=np.ascontiguousarray(first), bias=moved if bias is None else bias + moved
    )


def channels_in_front(node, scale, shift):
    """The node, dense or a convolution, with a map of the channels in front of it. All windows of a
    convolution lie within its input, so that the map is of all that they see."""
    weight = node.arrays["weight"]
    n_in, n_out = weight.shape
    groups = node.attributes["window"].groups if node.kind == "convolution" else 1
    deep = len(scale) // groups
    channel = np.arange(n_in)[:, None] % deep + np.arange(n_out) // (n_out // groups) * deep
    moved = (shift[channel] * weight).sum(axis=0) + node.arrays.get("bias", 0)
    return node.having(weight=scale[channel] * weight, bias=moved)


def behind(node, scale, shift):
    """The dense node with a map behind it."""
    weight = node.arrays["weight"]
    bias = node.arrays.get("bias", np.zeros(weight.shape[1]))
    if scale.ndim == 2:
        weight, bias = weight @ scale, bias @ scale
    else:
        weight, bias = weight * scale, bias * scale
    return node.having(weight=np.ascontiguousarray(weight), bias=bias + shift)


def with_dense_end(model):
    """The model with a dense node at its end, in which a map behind it can melt."""
    last = len(model.nodes) - 1
    if model.nodes[last].kind == "dense":
        return model
    matrix = np.eye(model.n_outputs, dtype=model.dtype)
    return replace(model, nodes=(*model.nodes, Node("dense", (last,), {"weight": matrix})))


def before_the_input(model, scale, shift):
    """The model, in float64, with a map in front of it.

    It melts into every dense node that takes the input. What else takes it, such as the sum of a
    residual connection, takes a dense node of the map instead.
    """
    model = model.astype("float64")
    takers = consumers(model.nodes)[INPUT]
    others = [number for number in takers if model.nodes[number].kind != "dense"]
    nodes, renamed = [], {INPUT: INPUT}
    aside = None
    for number, node in enumerate(model.nodes):
        if number in others and aside is None:
            aside = len(nodes)
            matrix = scale if scale.ndim == 2 else np.diag(scale)
            arrays = {"weight": np.array(matrix, order="C"), "bias": np.array(shift)}
            nodes.append(Node("dense", (INPUT,), arrays))
        if number in takers and number not in others:
            node = in_front(node, scale, shift)
        of_input = aside if number in others else INPUT
        sources = [of_input if s == INPUT else renamed[s] for s in node.sources]
        renamed[number] = len(nodes)
        nodes.append(replace(node, sources=sources))
    return replace(model, n_features_in=len(scale), nodes=nodes)


#: What each batch normalisation, and gain, melts into, if that stands in front of it.
_MATRIX = {"batch_norm": "dense", "channel_norm": "convolution", "gain": "dense"}


def fold_batch_norms(model):
    """Melt every batch normalisation and gain into the dense nodes around it, in float64.

    ``(z - mean) * f + shift`` with ``f = gain / sqrt(variance + epsilon)``, or ``gain * z``, melts
    into the node in front of it if that is a dense one which hands its outputs to nobody else, or
    else into all that take its own outputs if these are dense. Otherwise it stays what it is. That
    of channels melts into convolutions, and into dense nodes behind it; not where zeros of padding,
    which it does not touch, lie between.

    Returns
    -------
    Model
        The same object if there is nothing to fold.
    """
    number = 0
    while number < len(model.nodes):
        melt, into = _place(model.nodes, number)
        model, number = (
            (_folded(model, number, melt, into), number) if melt else (model, number + 1)
        )
    return model


def has_foldable(nodes):
    """Whether these nodes have what `fold_batch_norms` has melted ever since there are files."""
    places = (_place(nodes, number)[0] for number in range(len(nodes)))
    return any(place not in (None, channels_in_front) for place in places)


def _place(nodes, number):
    """How and into which nodes to melt that node; (None, ()) if it has to stay."""
    node = nodes[number]
    if node.kind in _MATRIX:
        taken_by, source = consumers(nodes), node.sources[0]
        alone = source != INPUT and taken_by[source] == [number]
        if alone and nodes[source].kind == _MATRIX[node.kind]:
            return behind, [source]
        takers = {nodes[n].kind for n in taken_by[number]}
        if node.kind == "channel_norm" and takers and takers <= {"dense", "convolution"}:
            return channels_in_front, taken_by[number]
        if node.kind != "channel_norm" and takers == {"dense"}:
            return in_front, taken_by[number]
    return None, ()


def _folded(model, number, melt, into):
    model = model.astype("float64")
    node = model.nodes[number]
    scale, shift = node.arrays["gain"], np.zeros(len(node.arrays["gain"]))
    if node.kind != "gain":
        scale = scale / np.sqrt(node.arrays["variance"] + node.attributes["epsilon"])
        shift = node.arrays["shift"] - node.arrays["mean"] * scale
    nodes = list(model.nodes)
    for n in into:
        nodes[n] = melt(nodes[n], scale, shift)
    return replace(model, nodes=_without(nodes, number, node.sources[0]))


def _without(nodes, number, source):
    """The nodes without one, whose outputs are to be those of its source."""
    renamed = {n: n if n < number else n - 1 for n in range(INPUT, len(nodes))}
    renamed[number] = renamed[source]
    rest = [node for n, node in enumerate(nodes) if n != number]
    return [replace(node, sources=[renamed[s] for s in node.sources]) for node in rest]
