"""Nodes of a Model as ONNX nodes, a function for each kind."""

from collections import Counter

import numpy as np

from fastnn.export._onnx_activations import Part, activation
from fastnn.model.nodes import INPUT, function_for


def add_nodes(graph, model, source):
    """Add the nodes of a model and return the name of its raw outputs.

    Parameters
    ----------
    graph : Graph
    model : Model
    source : str
        Name of the input.

    Raises
    ------
    TypeError
        If a node is of a kind that ONNX has no counterpart for.
    """
    names, count = {INPUT: source}, Counter()
    for number, node in enumerate(model.nodes):
        add = function_for(node, _NODES, "an ONNX graph")
        label = f"{node.kind}{count[node.kind]}"
        count[node.kind] += 1
        names[number] = add(graph, node, [names[s] for s in node.sources], label, model.dtype)
    return names[len(model.nodes) - 1]


def _dense(graph, node, sources, label, dtype):
    constants = _constants(graph, node, label, "weight", "bias")
    return graph.node("Gemm", [*sources, *constants], label)


def _activation(graph, node, sources, label, dtype):
    return activation(graph, node.attributes["name"], *sources, label, dtype)


def _custom(graph, node, sources, label, dtype):
    function = node.attributes["function"]
    if function.onnx is None:
        raise TypeError(
            f"the custom activation {function.name!r} does not say how it is written in ONNX: make"
            " it with CustomActivation(f, df, onnx=...)"
        )
    return function.onnx(Part(graph, label, dtype), *sources)


def _layer_norm(graph, node, sources, label, dtype):
    constants = _constants(graph, node, label, "gain", "shift")
    epsilon = node.attributes["epsilon"]
    if dtype == "float32":
        inputs = [*sources, *constants]
        return graph.node("LayerNormalization", inputs, label, axis=-1, epsilon=epsilon)
    part, axes = Part(graph, label, dtype), graph.constant(f"{label}_axes", np.array([-1]))
    deviation = part("Sub", *sources, graph.node("ReduceMean", [*sources, axes], f"{label}_mean"))
    square = part("Mul", deviation, deviation)
    variance = graph.node("ReduceMean", [square, axes], f"{label}_variance")
    scale = part("Sqrt", part("Add", variance, part.number(epsilon)))
    return part("Add", part("Mul", part("Div", deviation, scale), constants[0]), constants[1])


def _batch_norm(graph, node, sources, label, dtype):
    constants = _constants(graph, node, label, "gain", "shift", "mean", "variance")
    epsilon = node.attributes["epsilon"]
    return graph.node("BatchNormalization", [*sources, *constants], label, epsilon=epsilon)


def _add(graph, node, sources, label, dtype):
    return graph.node("Add", sources, label)


_NODES = {
    "dense": _dense,
    "activation": _activation,
    "custom": _custom,
    "layer_norm": _layer_norm,
    "batch_norm": _batch_norm,
    "add": _add,
}


def _constants(graph, node, label, *names):
    """The names of the constants that hold these arrays of a node, of those that it has."""
    found = [(name, node.arrays[name]) for name in names if name in node.arrays]
    return [graph.constant(f"{label}_{name}", array) for name, array in found]
