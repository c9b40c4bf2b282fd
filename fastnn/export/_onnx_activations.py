"""Activations as ONNX nodes.

An operator with float32 attributes, or that onnxruntime lacks in float64, serves float32 models
only: in float64 the same is composed of others.
"""

import math

import numpy as np
from onnx import helper

_OPERATORS = {
    **{"logistic": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "exp": "Exp", "elu": "Elu"},
    "softsign": "Softsign",
}
_SELU_SCALE, _SELU_ALPHA = 1.0507009873554804934, 1.6732632423543772848


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

    def _name(self):
        self.count += 1
        return f"{self.label}_{self.count}"

    def __call__(self, operator, *inputs, **attributes):
        return self.graph.node(operator, list(inputs), self._name(), **attributes)

    def constant(self, values):
        return self.graph.constant(self._name(), values)

    def number(self, value):
        return self.constant(np.array(value, dtype=self.dtype))


def _leaky_relu(part, z):
    if part.dtype == "float32":
        return part("LeakyRelu", z, alpha=0.01)
    return part("Max", z, part("Mul", z, part.number(0.01)))


def _selu(part, z):
    if part.dtype == "float32":
        return part("Selu", z)
    above = part("Relu", z)
    below = part("Mul", part("Elu", part("Sub", z, above)), part.number(_SELU_ALPHA))
    return part("Mul", part("Add", above, below), part.number(_SELU_SCALE))


def _gelu(part, z):
    if part.dtype == "float32":
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

    For -6 <= x <= 6 it is right to some bits. onnxruntime has no Erf in float64.
    """
    t, weights = np.polynomial.legendre.leggauss(40)
    square = part("Unsqueeze", part("Mul", x, x), part.constant(np.array([2])))
    values = part("Exp", part("Mul", square, part.number(-(((t + 1) / 2) ** 2))))
    integral = part("MatMul", values, part.number(weights / np.sqrt(np.pi)))
    return part("Mul", x, integral)


def _softplus(part, z):
    if part.dtype == "float32":
        return part("Softplus", z)
    # onnxruntime's overflows in float64.
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
    **{"leaky_relu": _leaky_relu, "selu": _selu, "gelu": _gelu, "silu": _silu, "mish": _mish},
    **{"softplus": _softplus, "step": _step},
}
