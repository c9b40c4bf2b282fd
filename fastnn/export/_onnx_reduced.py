"""Dense nodes whose weights are held in fewer bits, in ONNX's own terms of quantisation."""

import numpy as np
from onnx import TensorProto, helper

from fastnn.export._onnx_activations import Part
from fastnn.model.precision import bfloat16_bits, int8_codes

# From this opset on a tensor is quantised by axis, and Cast knows bfloat16.
_SINCE, _REDUCE_TAKES_AXES_SINCE = 13, 18


def add_reduced(graph, node, source, label, precision):
    """Add a dense node and return the name of its outputs.

    Raises
    ------
    ValueError
        If the opset has no such weights.
    """
    if graph.opset < _SINCE:
        raise ValueError(
            f"weights of {precision} need operators that ONNX has from target_opset={_SINCE} on;"
            f" got target_opset={graph.opset}"
        )
    part, weight = Part(graph, label, "float32"), node.arrays["weight"]
    if precision == "int8":
        codes, scale = int8_codes(weight)
        scale = np.where(scale > 0, scale, 1).astype(np.float32)  # of codes of zero
        x = _by_rows(part, source)
        w = part("DequantizeLinear", part.constant(codes), part.constant(scale), axis=1)
    else:
        bits = bfloat16_bits(weight)
        name = f"{graph.prefix}{label}_weight"
        graph.constants.append(
            helper.make_tensor(name, TensorProto.BFLOAT16, bits.shape, bits.tobytes(), raw=True)
        )
        w = part("Cast", name, to=TensorProto.FLOAT)
        x = part("Cast", part("Cast", source, to=TensorProto.BFLOAT16), to=TensorProto.FLOAT)
    bias = [part.constant(node.arrays["bias"])] if "bias" in node.arrays else []
    return graph.node("Gemm", [x, w, *bias], label)


def _by_rows(part, x):
    """Rows as a Predictor quantises them: 127 levels to either side, or 255 of what is positive."""
    most = _over_row(part, "ReduceMax", part("Abs", x))
    signed = part("Less", _over_row(part, "ReduceMin", x), part.number(0))
    levels = part("Where", signed, part.number(127), part.number(255))
    # a row of zeros has codes of zero whatever its scale
    scale = part("Max", part("Div", most, levels), part.number(np.finfo(np.float32).tiny))
    middle = part(
        "Where",
        signed,
        part.constant(np.array(128, np.uint8)),
        part.constant(np.array(0, np.uint8)),
    )
    codes = part("QuantizeLinear", x, scale, middle, axis=0)
    return part("DequantizeLinear", codes, scale, middle, axis=0)


def _over_row(part, operator, x):
    if part.opset >= _REDUCE_TAKES_AXES_SINCE:
        return part(operator, x, part.constant(np.array([1])), keepdims=0)
    return part(operator, x, axes=[1], keepdims=0)
