"""Networks that are a chain of blocks: those of the estimators, and of files of versions 1 and 2.

A block computes ``activation(norm(gain * x @ weight + bias)) + skip(x)``, or a mix of the two;
behind the last one there is a dense node for the outputs, with or without gains.
"""

from typing import NamedTuple

import numpy as np

from fastnn.layers.activations import LWTA, CustomActivation
from fastnn.model.nodes import INPUT, Node


class Skip(NamedTuple):
    """What is added to a block's outputs: its input, or ``input @ matrix + bias``. With a gate t,
    the logistic function of ``input @ gate[0] + gate[1]``, their mix by t and 1 - t."""

    matrix: np.ndarray | None = None
    bias: np.ndarray | None = None
    gate: tuple[np.ndarray, np.ndarray] | None = None


class Block(NamedTuple):
    """A hidden layer with all that belongs to it.

    Attributes
    ----------
    weight, bias : ndarray
    norm : Node or None
        Of kind "layer_norm" or "batch_norm"; where it stands, the sources do not matter.
    activation : str or CustomActivation
    skip : Skip or None
    gain : ndarray or None
    """

    weight: np.ndarray
    bias: np.ndarray
    norm: Node | None = None
    activation: str | CustomActivation = "identity"
    skip: Skip | None = None
    gain: np.ndarray | None = None


def norm_node(kind, gain, shift, epsilon, mean=None, variance=None):
    """The normalisation of a block, of ``kind`` "layer" or "batch"."""
    arrays = {"gain": gain, "shift": shift}
    if kind == "batch":
        arrays |= {"mean": mean, "variance": variance}
    return Node(f"{kind}_norm", (), arrays, {"epsilon": epsilon})


def nodes_of(blocks, weight, bias, gain=None):
    """The nodes of hidden blocks and of the output layer behind them, and the number of the last
    node of each hidden block."""
    nodes, ends = [], []

    def add(kind, *sources, arrays=(), attributes=()):
        nodes.append(Node(kind, sources, arrays, attributes))
        return len(nodes) - 1

    def add_dense(at, gain, weight, bias):
        if gain is not None:
            at = add("gain", at, arrays={"gain": gain})
        return add("dense", at, arrays={"weight": weight, "bias": bias})

    at = INPUT
    for block in blocks:
        begin, at = at, add_dense(at, block.gain, block.weight, block.bias)
        if block.norm is not None:
            norm = block.norm
            at = add(norm.kind, at, arrays=norm.arrays, attributes=norm.attributes)
        if not isinstance(block.activation, str):
            at = add("custom", at, attributes={"function": block.activation})
        elif block.activation == LWTA:
            at = add("lwta", at, attributes={"size": 2})
        elif block.activation != "identity":
            at = add("activation", at, attributes={"name": block.activation})
        if block.skip is not None:
            aside, (matrix, offset, gate), share = begin, block.skip, None
            if gate is not None:
                share = add("dense", begin, arrays={"weight": gate[0], "bias": gate[1]})
                share = add("activation", share, attributes={"name": "logistic"})
            if matrix is not None:
                arrays = (
                    {"weight": matrix} if offset is None else {"weight": matrix, "bias": offset}
                )
                aside = add("dense", begin, arrays=arrays)
            if share is not None:  # t (f - x) + x
                at = add("add", at, add("scale", aside, attributes={"factor": -1.0}))
                at = add("multiply", at, share)
            at = add("add", at, aside)
        ends.append(at)
    add_dense(at, gain, weight, bias)
    return tuple(nodes), tuple(ends)


def blocks_of(nodes):
    """The hidden blocks of nodes and, as a plain block, the output layer; None if the nodes are no
    chain of blocks. `nodes_of` makes the same nodes of them."""
    blocks, at = [], INPUT
    while at < len(nodes) - 1:
        block, at = _read_block(nodes, at, at + 1)
        if block is None:
            return None
        blocks.append(block)
    return blocks if _is_plain(blocks[-1]) else None


def _is_plain(block):
    return block.norm is None and block.skip is None and block.activation == "identity"


def _read_block(nodes, begin, number):
    """(block or None, the number of its last node): what node `begin` hands on goes into it."""
    first, source, gain = nodes[number], begin, None
    if first.kind == "gain" and first.sources == (begin,) and number + 1 < len(nodes):
        first, source, gain = nodes[number + 1], number, first.arrays["gain"]
        number += 1
    if first.kind != "dense" or first.sources != (source,) or "bias" not in first.arrays:
        return None, begin
    at, norm, activation, skip = number, None, "identity", None

    def follows(*kinds):
        """Whether the next node is of one of these kinds and takes the one before it alone."""
        following = nodes[at + 1 : at + 2]
        return bool(following) and following[0].kind in kinds and following[0].sources == (at,)

    if follows("layer_norm", "batch_norm"):
        at, norm = at + 1, nodes[at + 1]
    if follows("activation"):
        at, activation = at + 1, nodes[at + 1].attributes["name"]
    elif follows("lwta") and nodes[at + 1].attributes["size"] == 2:
        at, activation = at + 1, LWTA
    elif follows("custom"):
        at, activation = at + 1, nodes[at + 1].attributes["function"]
    mixed = _read_highway(nodes, begin, at)
    aside = nodes[at + 1 : at + 3]
    if mixed is not None:
        skip, at = mixed
    elif aside and aside[0].kind == "add" and aside[0].sources == (at, begin):
        at, skip = at + 1, Skip()
    elif [(n.kind, n.sources) for n in aside] == [("dense", (begin,)), ("add", (at, at + 1))]:
        at, skip = at + 2, Skip(aside[0].arrays["weight"], aside[0].arrays.get("bias"))
    arrays = first.arrays
    return Block(arrays["weight"], arrays["bias"], norm, activation, skip, gain), at


def _read_highway(nodes, begin, end):
    """(Skip, the number of the last node) of a highway around a block that ends so, or None."""
    found = nodes[end + 1 : end + 7]
    matrix, n = None, end + 2
    if len(found) > 2 and found[2].kind == "dense":
        matrix, n = found[2].arrays, end + 3
    carried = begin if matrix is None else n
    wanted = [
        ("dense", (begin,)),
        ("activation", (end + 1,)),
        *([] if matrix is None else [("dense", (begin,))]),
        ("scale", (carried,)),
        ("add", (end, n + 1)),
        ("multiply", (n + 2, end + 2)),
        ("add", (n + 3, carried)),
    ]
    found = nodes[end + 1 : end + 1 + len(wanted)]
    if [(node.kind, node.sources) for node in found] != wanted:
        return None
    gate, share, scaled = found[0].arrays, found[1].attributes, nodes[n + 1].attributes
    if "bias" not in gate or share["name"] != "logistic" or scaled["factor"] != -1:
        return None
    matrix = matrix or {}
    return Skip(matrix.get("weight"), matrix.get("bias"), (gate["weight"], gate["bias"])), n + 4
