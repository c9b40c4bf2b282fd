"""The converter that skl2onnx calls for a network inside a pipeline."""

import numpy as np
from onnx import TensorProto, helper
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import (
    BooleanTensorType,
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)

from fastnn.export._onnx_graph import OPSET, Graph, add_network, label_type
from fastnn.model.folding import as_model

_LABEL_TYPES = {
    TensorProto.INT64: Int64TensorType,
    TensorProto.DOUBLE: DoubleTensorType,
    TensorProto.BOOL: BooleanTensorType,
    TensorProto.STRING: StringTensorType,
}
# The usual two: probabilities as a dictionary or as columns, labels or numbers of classes.
_CLASSIFIER_OPTIONS = {"zipmap": [True, False, "columns"], "nocl": [True, False]}


def register(cls):
    """Make skl2onnx convert networks of this class with fastnn's graph."""
    options = _CLASSIFIER_OPTIONS if hasattr(cls, "predict_proba") else None
    alias = f"Fastnn{cls.__name__}"
    update_registered_converter(cls, alias, _set_output_types, _convert, options=options)


def _value_type(operator):
    double = isinstance(operator.inputs[0].type, DoubleTensorType)
    return DoubleTensorType if double else FloatTensorType


def _network(operator):
    model = as_model(operator.raw_operator)
    if model.kind == "classifier":
        options = operator.scope_inst.get_options(operator.raw_operator, {"nocl": False})
        if options["nocl"]:
            return model.with_head(classes=np.arange(len(model.classes)))
    return model


def _set_output_types(operator):
    model = _network(operator)
    n = operator.inputs[0].get_first_dimension()
    width = 2 if model.binary else model.n_outputs
    operator.outputs[-1].type = _value_type(operator)([n, width])
    if model.kind == "multilabel":
        operator.outputs[0].type = Int64TensorType([n, width])
    elif model.kind == "classifier":
        operator.outputs[0].type = _LABEL_TYPES[label_type(model.classes)]([n])


def _convert(scope, operator, container):
    double = _value_type(operator) is DoubleTensorType
    model = _network(operator).astype("float64" if double else "float32")
    norms = any(node.kind == "layer_norm" for node in model.nodes)
    if norms and container.target_opset < OPSET:
        raise ValueError(
            f"layer normalisation needs target_opset={OPSET} or later, got {container.target_opset}"
        )
    graph = Graph(scope.get_unique_operator_name("fastnn") + "_")
    element = helper.np_dtype_to_tensor_dtype(np.dtype(model.dtype))
    source = graph.node("Cast", [operator.inputs[0].full_name], "input", to=element)
    outputs = operator.output_full_names
    label = None if model.kind == "regressor" else outputs[0]
    add_network(graph, model, source, label=label, values=outputs[-1])
    container.initializers.extend(graph.constants)
    for node in graph.nodes:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        container.add_node(
            node.op_type, list(node.input), list(node.output), name=node.name, **attributes
        )
