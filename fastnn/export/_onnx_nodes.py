"""Nodes of a Model as ONNX nodes, a function for each kind."""

from collections import Counter

import numpy as np

from fastnn.export._onnx_activations import Part, activation
from fastnn.export._onnx_images import ALIKE, IMAGES, Values
from fastnn.export._onnx_reduced import add_reduced
from fastnn.export._onnx_sequences import SEQUENCES
from fastnn.model.nodes import INPUT, function_for
from fastnn.model.precision import reduced_nodes

# From these opsets on the standard has it, or has it so.
_NO_BIAS_SINCE, _LAYER_NORM_SINCE, _REDUCE_TAKES_AXES_SINCE = 11, 17, 18
# ``onnx.TensorProto.FLOAT`` and ``DOUBLE``.
_FLOATS = {"float32": 1, "float64": 11}


def add_nodes(graph, nodes, widths, source, dtype, precision=None):
    """Add nodes and return the name of what the last one puts out.

    Parameters
    ----------
    graph : Graph
    nodes : sequence of Node
    widths : sequence of int
        Outputs of each.
    source : str
        Name of the input.
    dtype : {"float32", "float64"}
    precision : {"bfloat16", "int8"} or None
        What weights are held in instead.

    Raises
    ------
    TypeError
        If a node is of a kind that ONNX has no counterpart for.
    ValueError
        If the opset of the graph lacks an operator that it takes.
    """
    values, count = Values(graph), Counter()
    values.put(INPUT, source)
    reduced = reduced_nodes(nodes) if precision else ()
    for number, node in enumerate(nodes):
        add = function_for(node, {**_NODES, **IMAGES}, "an ONNX graph")
        label = f"{node.kind}{count[node.kind]}"
        count[node.kind] += 1
        if node.kind in IMAGES:
            values.put(number, *add(Part(graph, label, dtype), node, values, label))
            continue
        if number in reduced:
            rows = values.rows(node.sources[0])
            values.put(number, add_reduced(graph, node, rows, label, precision))
            continue
        # What treats all numbers alike leaves images what they are.
        shapes = {values.shape(s) for s in node.sources}
        shape = shapes.pop() if node.kind in ALIKE and len(shapes) == 1 else None
        sources = [values.image(s, shape) if shape else values.rows(s) for s in node.sources]
        width = [widths[number]] * (node.kind == "lwta")
        width += [source] * (node.kind in SEQUENCES)
        values.put(number, add(graph, node, sources, label, dtype, *width), shape)
    return values.rows(len(nodes) - 1)


def _dense(graph, node, sources, label, dtype):
    constants = _constants(graph, node, label, "weight", "bias")
    bare = len(constants) == 1 and graph.opset < _NO_BIAS_SINCE
    return graph.node("MatMul" if bare else "Gemm", [*sources, *constants], label)


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
    # The operator's epsilon is a float32.
    if dtype == "float32" and graph.opset >= _LAYER_NORM_SINCE:
        inputs = [*sources, *constants]
        return graph.node("LayerNormalization", inputs, label, axis=-1, epsilon=epsilon)
    part = Part(graph, label, dtype)
    deviation = part("Sub", *sources, _row_mean(part, *sources))
    variance = _row_mean(part, part("Mul", deviation, deviation))
    scale = part("Sqrt", part("Add", variance, part.number(epsilon)))
    return part("Add", part("Mul", part("Div", deviation, scale), constants[0]), constants[1])


def _row_mean(part, x):
    if part.opset >= _REDUCE_TAKES_AXES_SINCE:
        return part("ReduceMean", x, part.constant(np.array([-1])))
    return part("ReduceMean", x, axes=[1])


def _batch_norm(graph, node, sources, label, dtype):
    part, arrays = Part(graph, label, dtype), node.arrays
    deviation = arrays["variance"].astype(np.float64) + node.attributes["epsilon"]
    factor = arrays["gain"] / np.sqrt(deviation)
    centred = part("Sub", *sources, part.number(arrays["mean"]))
    scaled = part("Mul", centred, part.number(factor))
    return part("Add", scaled, part.number(arrays["shift"]))


def _add(graph, node, sources, label, dtype):
    return graph.node("Add", sources, label)


def _multiply(graph, node, sources, label, dtype):
    return graph.node("Mul", sources, label)


def _lwta(graph, node, sources, label, dtype, width):
    """A unit loses to one before it in its group that is not smaller, or to a larger one behind."""
    part, size = Part(graph, label, dtype), node.attributes["size"]
    [x], unit, losses = sources, np.arange(width), []
    for step in range(1, min(size, width)):
        for other in (unit - step, unit + step):
            inside = (other >= 0) & (other < width) & (other // size == unit // size)
            beside = _picked(part, x, np.where(inside, other, unit))
            loses = part("Less", x, beside)
            if other[0] < 0:
                loses = part("Not", part("Greater", x, beside))
            losses.append(part("And", loses, part.constant(inside[None])))
    if not losses:
        return x
    found = losses[0]
    for loses in losses[1:]:
        found = part("Or", found, loses)
    return part("Where", found, part("Mul", x, part.number(0.0)), x)  # NaN stays


def _softmax(graph, node, sources, label, dtype):
    return graph.node("Softmax", sources, label, axis=1)


def _scale(graph, node, sources, label, dtype):
    part = Part(graph, label, dtype)
    return part("Mul", *sources, part.number(node.attributes["factor"]))


def _gain(graph, node, sources, label, dtype):
    return graph.node("Mul", [*sources, *_constants(graph, node, label, "gain")], label)


def _columns(graph, node, sources, label, dtype):
    """Entries of numbers, then those of categories, and then all of them in their order."""
    part, columns = Part(graph, label, dtype), node.attributes["columns"]
    entries = [entry for j, column in enumerate(columns) for entry in _entries(j, column, dtype)]
    numbers = [entry for entry in entries if len(entry) > 2]
    levels = [entry for entry in entries if len(entry) == 2]
    found = []
    if numbers:
        picked, origin, factor, low, high, shift = zip(*numbers, strict=True)
        x = part("Sub", _picked(part, *sources, picked), part.number(origin))
        x = part("Max", part("Mul", x, part.number(factor)), part.number(low))
        found.append(part("Add", part("Min", x, part.number(high)), part.number(shift)))
    if levels:
        picked, level = zip(*levels, strict=True)
        x, level = _picked(part, *sources, picked), part.number(level)
        other = part("Or", part("Less", x, level), part("Greater", x, level))
        found.append(part("Cast", part("Not", other), to=_FLOATS[dtype]))
    if len(found) == 1:
        return found[0]
    at, place = [], {True: 0, False: len(numbers)}
    for entry in entries:
        at.append(place[len(entry) > 2])
        place[len(entry) > 2] += 1
    return _picked(part, part("Concat", *found, axis=1), at)


def _picked(part, x, numbers):
    return part("Gather", x, part.constant(np.array(numbers, np.int64)), axis=1)


def _entries(number, column, dtype):
    """Of a column: (its number, level) for a category; for a number what makes each entry of it,
    min(max((x - origin) * factor, low), high) + shift."""
    if column.n_levels:
        return [(number, level) for level in range(column.n_levels)]
    most = float(np.finfo(dtype).max)
    found = [(number, 0.0, column.scale, -most, most, column.shift)] if column.value else []
    edges = np.array(column.edges, dtype).astype(float)
    for low, high, mean in zip(edges[:-1], edges[1:], column.mean, strict=True):
        found.append((number, low, 1 / (high - low), 0.0, 1.0, -mean))
    return found


_NODES = {
    "dense": _dense,
    "activation": _activation,
    "custom": _custom,
    "layer_norm": _layer_norm,
    "batch_norm": _batch_norm,
    "add": _add,
    "columns": _columns,
    "multiply": _multiply,
    "lwta": _lwta,
    "softmax": _softmax,
    "scale": _scale,
    "gain": _gain,
    **SEQUENCES,
}


def _constants(graph, node, label, *names):
    """The names of the constants that hold these arrays of a node, of those that it has."""
    found = [(name, node.arrays[name]) for name in names if name in node.arrays]
    return [graph.constant(f"{label}_{name}", array) for name, array in found]
