"""A ScoringModel as ONNX nodes, for a model of its own and for a part of a larger graph."""

from dataclasses import dataclass, field

import numpy as np
from onnx import TensorProto, helper, numpy_helper

# From opset 13 on Softmax works along one axis; 18 is old enough for every runtime in use.
OPSET = 18

_ACTIVATIONS = {"logistic": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "exp": "Exp"}


@dataclass
class Graph:
    """Nodes and constants under construction; every name begins with ``prefix``."""

    prefix: str
    nodes: list = field(default_factory=list)
    constants: list = field(default_factory=list)

    def constant(self, name, values):
        """Add an array and return its name."""
        name = self.prefix + name
        if values.dtype.kind in "UO":
            text = [str(value).encode() for value in values]
            tensor = helper.make_tensor(name, TensorProto.STRING, values.shape, text)
        else:
            tensor = numpy_helper.from_array(values, name)
        self.constants.append(tensor)
        return name

    def node(self, operator, inputs, name, *, output=None, **attributes):
        """Add an operator with one output and return the output's name."""
        output = output or self.prefix + name
        self.nodes.append(
            helper.make_node(operator, inputs, [output], self.prefix + name, **attributes)
        )
        return output


def add_network(graph, model, source, *, label=None, values):
    """Add the nodes that score ``model``.

    Parameters
    ----------
    graph : Graph
    model : ScoringModel
    source : str
        Name of the input, rows of the model's dtype.
    label : str, optional
        Name of the labels; needed for a classifier.
    values : str
        Name of the probabilities, or of what a regressor predicts.
    """
    names = (*model.activations, model.output_activation)
    h = source
    for layer, (W, b, name) in enumerate(zip(model.weights, model.biases, names, strict=True)):
        weight = graph.constant(f"weight{layer}", W)
        bias = graph.constant(f"bias{layer}", b)
        h = graph.node("Gemm", [h, weight, bias], f"dense{layer}")
        if layer < len(model.activations):
            h = _activation(graph, name, h, f"activation{layer}")
    if model.kind == "regressor":
        _activation(graph, model.output_activation, h, "output", output=values)
    elif model.kind == "multilabel":
        p = graph.node("Sigmoid", [h], "output", output=values)
        _above_half(graph, model, p, output=label)
    elif model.binary:
        p = graph.node("Sigmoid", [h], "output")
        _binary(graph, model, p, label, values)
    else:
        graph.node("Softmax", [h], "output", output=values, axis=1)
        code = graph.node("ArgMax", [values], "code", axis=1, keepdims=0)
        _labels(graph, model.classes, code, label)


def _activation(graph, activation, source, name, output=None):
    if activation == "identity":
        return graph.node("Identity", [source], name, output=output) if output else source
    if activation not in _ACTIVATIONS:
        raise TypeError(f"the activation {activation!r} cannot be exported to ONNX yet")
    return graph.node(_ACTIVATIONS[activation], [source], name, output=output)


def _above_half(graph, model, p, output=None):
    half = graph.constant("half", np.array(0.5, dtype=model.dtype))
    above = graph.node("Greater", [p, half], "above_half")
    return graph.node("Cast", [above], "above_half_code", output=output, to=TensorProto.INT64)


def _binary(graph, model, p, label, values):
    one = graph.constant("one", np.array(1, dtype=model.dtype))
    rest = graph.node("Sub", [one, p], "first_class")
    graph.node("Concat", [rest, p], "both_classes", output=values, axis=1)
    flat = graph.constant("flat", np.array([-1], dtype=np.int64))
    code = graph.node("Reshape", [_above_half(graph, model, p), flat], "code")
    # A network fitted on a single class still gives the codes 0 and 1.
    _labels(graph, np.resize(model.classes, 2), code, label)


def _labels(graph, classes, code, label):
    table = graph.constant("classes", label_table(classes))
    graph.node("Gather", [table, code], "label", output=label)


def label_table(classes):
    """The labels in a type that ONNX has: int64, float64, bool or text.

    Raises
    ------
    TypeError
        If they have none there.
    ValueError
        If a label is larger than int64 holds.
    """
    if classes.dtype.kind in "iu":
        if int(classes.max()) > np.iinfo(np.int64).max:
            raise ValueError(f"the class {classes.max()} does not fit ONNX's int64")
        return classes.astype(np.int64)
    if classes.dtype.kind == "f":
        return classes.astype(np.float64)
    if classes.dtype.kind in "bU":
        return classes
    if classes.dtype.kind == "O" and all(isinstance(label, str) for label in classes):
        return classes
    raise TypeError(f"class labels of dtype {classes.dtype} cannot be exported to ONNX")


def label_type(classes):
    """The ONNX element type of `label_table`."""
    kinds = {"i": TensorProto.INT64, "f": TensorProto.DOUBLE, "b": TensorProto.BOOL}
    return kinds.get(label_table(classes).dtype.kind, TensorProto.STRING)
