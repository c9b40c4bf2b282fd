"""Recurrent layers as ONNX nodes: gates in ONNX's order, time first."""

import numpy as np

from fastnn.export._onnx_activations import Part
from fastnn.model.sequences import units_of

__all__ = ["SEQUENCES"]

#: Where each of ONNX's gates is among ours: i o f c of i f g o, and z r h of r z n.
_GATES = {"rnn": [0], "gru": [1, 0, 2], "lstm": [0, 3, 1, 2]}
_INT32 = 6  # onnx.TensorProto.INT32


def _recurrent(graph, node, sources, label, dtype, row):
    """``row`` is the network's input, whose last column may have the lengths."""
    if dtype != "float32":
        raise ValueError(
            "ONNX runtimes compute recurrent layers in float32: pass Predictor(model), whose dtype "
            "that is by default, in the place of a model of float64"
        )
    part, attributes, units = Part(graph, label, dtype), node.attributes, units_of(node)
    steps, weight, bias = attributes["places"], node.arrays["weight"], node.arrays["bias"]
    own = len(weight) - attributes["width"]
    order = np.concatenate([np.arange(units) + g * units for g in _GATES[node.kind]])
    own_bias = weight[units] if own > units else np.zeros_like(bias)
    biases = np.concatenate([bias[order], own_bias[order]])[None]
    x = part("Transpose", _steps(part, sources[0], attributes), perm=[1, 0, 2])
    inputs = [
        x,
        part.number(weight[own:, order].T[None]),
        part.number(weight[:units, order].T[None]),
    ]
    inputs.append(part.number(biases))
    lengths = None
    if attributes["ragged"]:
        last = part("Gather", row, part.constant(np.array(-1)), axis=1)
        lengths = part("Cast", last, to=_INT32)
        inputs.append(lengths)
    more = {"hidden_size": units, "direction": "reverse" if attributes["reverse"] else "forward"}
    if node.kind == "gru":
        more["linear_before_reset"] = 1
    elif node.kind == "rnn":
        more["activations"] = [{"tanh": "Tanh", "relu": "Relu"}[attributes["activation"]]]
    operator = node.kind.upper()
    if attributes["output"] == "last":
        found = part(operator, *inputs, skipped=1, **more)  # (1, rows, units)
        return part("Reshape", found, part.constant(np.array([-1, units])))
    found = part(operator, *inputs, **more)  # (steps, 1, rows, units), zero where there is none
    if attributes["output"] == "all":
        found = part("Transpose", found, perm=[2, 0, 1, 3])
        return part("Reshape", found, part.constant(np.array([-1, steps * units])))
    found = part("Transpose", found, perm=[2, 1, 3, 0])  # (rows, 1, units, steps)
    ones = part.number(np.ones((steps, 1)))
    found = part("Reshape", part("MatMul", found, ones), part.constant(np.array([-1, units])))
    n = part.number(steps)
    if lengths is not None:
        n = part("Reshape", part("Cast", lengths, to=1), part.constant(np.array([-1, 1])))
    return part("Div", found, n)


def _per_step(graph, node, sources, label, dtype, row):
    part, units, steps = Part(graph, label, dtype), units_of(node), node.attributes["places"]
    weight, levels = node.arrays["weight"], node.attributes["levels"]
    x = _steps(part, sources[0], node.attributes)
    if levels:  # a row of W; of a number that is none's the last one, which is zero
        bounds = part.number(-1.0), part.number(float(levels))
        x = part("Cast", part("Clip", part("Floor", x), *bounds), to=7)
        x = part("Reshape", x, part.constant(np.array([-1, steps])))
        found = part("Gather", part.number(np.vstack([weight, 0 * weight[:1]])), x, axis=0)
    else:
        found = part("MatMul", x, part.number(weight))
    found = part("Add", found, part.number(node.arrays["bias"]))
    if node.attributes["ragged"]:  # steps that a row has not are zero
        last = part("Gather", row, part.constant(np.array(-1)), axis=1)
        last = part("Reshape", last, part.constant(np.array([-1, 1, 1])))
        there = part("Less", part.number(np.arange(steps)[None, :, None]), last)
        found = part("Mul", found, part("Cast", there, to={"float32": 1, "float64": 11}[dtype]))
    return part("Reshape", found, part.constant(np.array([-1, steps * units])))


def _steps(part, x, attributes):
    """Rows as (rows, steps, width), without a column of lengths."""
    steps, width = attributes["places"], attributes["width"]
    if attributes["ragged"]:
        x = part("Gather", x, part.constant(np.arange(steps * width)), axis=1)
    return part("Reshape", x, part.constant(np.array([-1, steps, width])))


def _side_by_side(graph, node, sources, label, dtype, row):
    part, steps = Part(graph, label, dtype), node.attributes["places"]
    apart = [part("Reshape", x, part.constant(np.array([0, steps, -1]))) for x in sources]
    found = part("Concat", *apart, axis=2)
    return part("Reshape", found, part.constant(np.array([0, -1])))


#: A function for each kind over sequences, which takes the name of the network's input as well.
SEQUENCES = {
    **dict.fromkeys(_GATES, _recurrent),
    "steps": _per_step,
    "concat": _side_by_side,
}
