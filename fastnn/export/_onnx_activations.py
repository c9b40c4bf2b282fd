"""Activations as ONNX nodes.

What onnxruntime has in float64 in few opsets or in none (Elu, Selu, Softsign, LeakyRelu, Softplus,
Erf), and what the opset lacks, is composed of operators that it has everywhere.
"""

import math

import numpy as np
from onnx import helper

_OPERATORS = {"logistic": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "exp": "Exp"}
_SELU_SCALE, _SELU_ALPHA = 1.0507009873554804934, 1.6732632423543772848
_ERF_SINCE, _UNSQUEEZE_TAKES_AXES_SINCE = 9, 13


def activation(graph, name, source, label, dtype, output=None):
    """Add an activation and return the name of its result.

    Parameters
    ----------
    graph : Graph
    name : str
        The activation; identity adds nothing, unless ``output`` must be named.
    source : str
    label : str
        What the nodes are called.
    dtype : {"float32", "float64"}
    output : str, optional
        The name that the result must have.

    Raises
    ------
    TypeError
        If ONNX has no counterpart.
    """
    if name == "identity":
        return graph.node("Identity", [source], label, output=output) if output else source
    if name in _OPERATORS:
        return graph.node(_OPERATORS[name], [source], label, output=output)
    if name not in _COMPOSED:
        raise TypeError(f"the activation {name!r} cannot be exported to ONNX")
    return _COMPOSED[name](Part(graph, label, dtype), source)


class Part:
    """Adds nodes and numbers under names that begin with a label."""

    def __init__(self, graph, label, dtype):
        self.graph, self.label, self.dtype, self.count = graph, label, dtype, 0

    @property
    def opset(self):
        return self.graph.opset

    @property
    def single(self):
        """Whether the numbers are float32."""
        return self.dtype == "float32"

    def _name(self):
        self.count += 1
        return f"{self.label}_{self.count}"

    def __call__(self, operator, *inputs, **attributes):
        return self.graph.node(operator, list(inputs), self._name(), **attributes)

    def constant(self, values):
        return self.graph.constant(self._name(), values)

    def number(self, value):
        return self.constant(np.array(value, dtype=self.dtype))


def _below_zero(part, z):
    """min(z, 0), of infinity too."""
    return part("Neg", part("Relu", part("Neg", z)))


def _expm1_below_zero(part, z):
    """exp(min(z, 0)) - 1 without cancellation: with t = tanh(z / 2) it is 2 t / (1 - t)."""
    t = part("Tanh", part("Mul", _below_zero(part, z), part.number(0.5)))
    return part("Div", part("Add", t, t), part("Sub", part.number(1), t))


def _leaky_relu(part, z):
    if part.single:
        return part("LeakyRelu", z, alpha=0.01)
    return part("Add", part("Relu", z), part("Mul", _below_zero(part, z), part.number(0.01)))


def _elu(part, z):
    if part.single:
        return part("Elu", z)
    return part("Add", part("Relu", z), _expm1_below_zero(part, z))


def _selu(part, z):
    if part.single:
        return part("Selu", z)
    below = part("Mul", _expm1_below_zero(part, z), part.number(_SELU_ALPHA))
    return part("Mul", part("Add", part("Relu", z), below), part.number(_SELU_SCALE))


def _softsign(part, z):
    if part.single:
        return part("Softsign", z)
    return part("Div", z, part("Add", part("Abs", z), part.number(1)))


def _gelu(part, z):
    if part.single and part.opset >= _ERF_SINCE:
        return _gelu_by(part, z, part("Erf", part("Mul", z, part.number(math.sqrt(0.5)))))
    # Beyond 8.5 it is z itself, or nothing.
    inner = part("Min", part("Max", z, part.number(-8.5)), part.number(8.5))
    erf = _erf(part, part("Mul", inner, part.number(math.sqrt(0.5))))
    beyond = part("Relu", part("Sub", z, part.number(8.5)))
    return part("Add", _gelu_by(part, inner, erf), beyond)


def _gelu_by(part, z, erf):
    half = part("Mul", z, part.number(0.5))
    return part("Mul", half, part("Add", erf, part.number(1)))


def _erf(part, x):
    """2 x / sqrt(pi) times the integral of exp(-x^2 t^2) over t from 0 to 1, by Gauss-Legendre.

    For -6 <= x <= 6 it is right to some bits.
    """
    t, weights = np.polynomial.legendre.leggauss(40)
    square = part("Mul", x, x)
    if part.opset >= _UNSQUEEZE_TAKES_AXES_SINCE:
        square = part("Unsqueeze", square, part.constant(np.array([2])))
    else:
        square = part("Unsqueeze", square, axes=[2])
    values = part("Exp", part("Mul", square, part.number(-(((t + 1) / 2) ** 2))))
    integral = part("MatMul", values, part.number(weights / np.sqrt(np.pi)))
    return part("Mul", x, integral)


def _softplus(part, z):
    if part.single:
        return part("Softplus", z)
    small = part("Exp", part("Neg", part("Abs", z)))
    return part("Add", part("Relu", z), part("Log", part("Add", small, part.number(1))))


def _silu(part, z):
    return part("Mul", z, part("Sigmoid", z))


def _mish(part, z):
    return part("Mul", z, part("Tanh", _softplus(part, z)))


def _step(part, z):
    element = helper.np_dtype_to_tensor_dtype(np.dtype(part.dtype))
    return part("Cast", part("Greater", z, part.number(0)), to=element)


_COMPOSED = {
    **{"leaky_relu": _leaky_relu, "elu": _elu, "selu": _selu, "gelu": _gelu, "silu": _silu},
    **{"mish": _mish, "softplus": _softplus, "softsign": _softsign, "step": _step},
}
