"""A Model as ONNX nodes, for a model of its own and for a part of a larger graph."""

from dataclasses import dataclass, field
from numbers import Integral

import numpy as np
from onnx import TensorProto, defs, helper, numpy_helper

from fastnn.export._onnx_activations import activation
from fastnn.export._onnx_nodes import add_nodes

#: What a model is written in by default; old enough for every runtime in use.
OPSET = 18

# The first opset that broadcasts their inputs.
_BROADCAST_SINCE = {"Add": 7, "Sub": 7, "Mul": 7, "Div": 7, "Gemm": 7, "Greater": 7, "Less": 7}
_BROADCAST_SINCE |= {"Max": 8, "Min": 8}


@dataclass
class Graph:
    """Nodes and constants under construction; every name begins with ``prefix``."""

    prefix: str
    opset: int = OPSET
    nodes: list = field(default_factory=list)
    constants: list = field(default_factory=list)
    domains: set = field(default_factory=set)

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

    def node(self, operator, inputs, name, *, output=None, domain="", skipped=0, **attributes):
        """Add an operator with one output, behind so many others that nobody takes, and return the
        output's name."""
        if not domain:
            _check_operator(operator, self.opset)
        output = output or self.prefix + name
        outputs = [*[""] * skipped, output]
        node = helper.make_node(
            operator, inputs, outputs, self.prefix + name, domain=domain, **attributes
        )
        self.nodes.append(node)
        self.domains.add(domain)
        return output


def checked_opset(opset):
    """An opset that the installed onnx knows, else a ValueError."""
    newest = defs.onnx_opset_version()
    if not isinstance(opset, Integral) or isinstance(opset, bool) or not 1 <= opset <= newest:
        raise ValueError(
            f"target_opset must be an int up to {newest}, the newest that the installed onnx knows;"
            f" got {opset!r}"
        )
    return int(opset)


def _check_operator(operator, opset):
    """Refuse with a ValueError an operator that the opset lacks."""
    try:
        since = defs.get_schema(operator, opset).since_version
    except defs.SchemaError:
        history = defs.get_all_schemas_with_history()
        known = [s.since_version for s in history if (s.name, s.domain) == (operator, "")]
        if not known:
            raise ValueError(f"the installed onnx knows no operator {operator}") from None
        since = min(known)
    least = max(since, _BROADCAST_SINCE.get(operator, 1))
    if opset < least:
        raise ValueError(
            f"the model needs the operator {operator}, which ONNX has from target_opset={least} on;"
            f" got target_opset={opset}"
        )


def add_network(graph, model, source, *, label=None, values):
    """Add the nodes that score ``model``.

    Parameters
    ----------
    graph : Graph
    model : Model
    source : str
        Name of the input, rows of the model's dtype.
    label : str, optional
        Name of the labels; needed for a classifier.
    values : str
        Name of the probabilities, decision values, or of what a regressor predicts.
    """
    z = add_nodes(graph, model.nodes, model.widths, source, model.dtype, model.precision)
    output = model.head.still_to_apply
    if model.binary:
        _binary(graph, model, z, label, values)
    elif output == "softmax":
        graph.node("Softmax", [z], "output", output=values, axis=1)
    else:
        activation(graph, output, z, "output", model.dtype, output=values)
    if model.kind == "multilabel":
        _above(graph, model, values, output=label)
    elif model.kind == "classifier" and not model.binary:
        code = graph.node("ArgMax", [values], "code", axis=1, keepdims=0)
        _labels(graph, model.classes, code, label)


def _above(graph, model, values, output=None):
    """1 where a label is more probable than not, or its decision value is positive; else 0."""
    least, name = (0.5, "half") if model.has_probabilities else (0, "zero")
    least = graph.constant(name, np.array(least, dtype=model.dtype))
    above = graph.node("Greater", [values, least], f"above_{name}")
    return graph.node("Cast", [above], f"above_{name}_code", output=output, to=TensorProto.INT64)


def _binary(graph, model, z, label, values):
    p = z
    if model.has_probabilities:
        if not model.head.activated:
            p = graph.node("Sigmoid", [z], "output")
        one = graph.constant("one", np.array(1, dtype=model.dtype))
        rest = graph.node("Sub", [one, p], "first_class")
    else:
        rest = graph.node("Neg", [z], "first_class")
    graph.node("Concat", [rest, p], "both_classes", output=values, axis=1)
    flat = graph.constant("flat", np.array([-1], dtype=np.int64))
    if model.threshold is None:
        code = _above(graph, model, p)
    else:
        code = _at_threshold(graph, model.threshold, p if model.threshold.positive else rest)
    code = graph.node("Reshape", [code, flat], "code")
    # A network fitted on a single class still gives the codes 0 and 1.
    _labels(graph, np.resize(model.classes, 2), code, label)


def _at_threshold(graph, threshold, score):
    """Class number ``positive`` where its score reaches the threshold, compared in float64."""
    score = graph.node("Cast", [score], "score_to_compare", to=TensorProto.DOUBLE)
    value = graph.constant("threshold", np.array(threshold.value))
    code = graph.node("Less", [score, value], "below_threshold")
    if threshold.positive:
        code = graph.node("Not", [code], "reaches_threshold")
    return graph.node("Cast", [code], "threshold_code", to=TensorProto.INT64)


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
