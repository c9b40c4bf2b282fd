"""The converters that skl2onnx calls for a network inside a pipeline."""

import numpy as np
from onnx import TensorProto, helper
from skl2onnx import update_registered_converter
from skl2onnx.common._registration import register_converter, register_shape_calculator
from skl2onnx.common.data_types import (
    BooleanTensorType,
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)

from fastnn.export._onnx_graph import Graph, add_network, label_type
from fastnn.export._onnx_nodes import add_nodes
from fastnn.export._skl2onnx_roles import HIDDEN_LAYER, mark_transformers, parse_network
from fastnn.model.folding import as_model
from fastnn.model.nodes import INPUT

_LABEL_TYPES = {
    TensorProto.INT64: Int64TensorType,
    TensorProto.DOUBLE: DoubleTensorType,
    TensorProto.BOOL: BooleanTensorType,
    TensorProto.STRING: StringTensorType,
}
# Those of scikit-learn's own: probabilities as a dictionary or as columns, labels or numbers of
# classes, and the labels of all classes as a third output.
_CLASSIFIER_OPTIONS = {
    "zipmap": [True, False, "columns"],
    "nocl": [True, False],
    "output_class_labels": [False, True],
}


def register(cls):
    """Make skl2onnx convert networks of this class with fastnn's graph."""
    options = _CLASSIFIER_OPTIONS if hasattr(cls, "predict_proba") else None
    alias = f"Fastnn{cls.__name__}"
    functions = _set_output_types, _convert
    update_registered_converter(cls, alias, *functions, parser=parse_network, options=options)
    register_converter(HIDDEN_LAYER, _convert_hidden_layer, overwrite=True)
    register_shape_calculator(HIDDEN_LAYER, _set_hidden_type, overwrite=True)
    mark_transformers()


def _value_type(operator):
    double = any(isinstance(source.type, DoubleTensorType) for source in operator.inputs)
    return DoubleTensorType if double else FloatTensorType


def _network(operator):
    model = as_model(operator.raw_operator)
    if model.kind != "classifier":
        return model
    default = {"nocl": False, "zipmap": True, "output_class_labels": False}
    options = operator.scope_inst.get_options(operator.raw_operator, default)
    classes = model.classes
    if options["output_class_labels"]:
        _check_class_labels(classes, options["nocl"])
    if options["nocl"]:
        return model.with_head(classes=np.arange(len(classes)))
    # The dictionaries and columns of skl2onnx have integers or strings as labels.
    if options["zipmap"] is not False and classes.dtype.kind in "bf":
        return model.with_head(classes=classes.astype(np.int64))
    return model


def _check_class_labels(classes, nocl):
    """Refuse what skl2onnx would write as a third output of another type than it declares."""
    if classes.dtype in (np.int32, np.int64) or (classes.dtype.kind in "UO" and not nocl):
        return
    raise ValueError(
        "skl2onnx's output_class_labels writes classes that are int64, or strings without nocl;"
        f" these are {classes.dtype}: leave the option out (fastnn.to_onnx has the classes in"
        " the metadata), or fit on such labels"
    )


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
    model = _network(operator).astype(_dtype(operator))
    graph, source = _begin(scope, operator, container)
    outputs = operator.output_full_names
    label = None if model.kind == "regressor" else outputs[0]
    add_network(graph, model, source, label=label, values=outputs[-1])
    _hand_over(graph, container)


def _hidden_nodes(operator):
    """The nodes up to the last hidden layer, and their widths: what `transform` puts out."""
    model = as_model(operator.raw_operator).astype(_dtype(operator))
    (end,) = model.nodes[-1].sources
    if end == INPUT:
        raise ValueError(
            f"a {type(operator.raw_operator).__name__} without a hidden layer is no transformer"
        )
    return model.nodes[: end + 1], model.widths[: end + 1]


def _set_hidden_type(operator):
    n, (_, widths) = operator.inputs[0].get_first_dimension(), _hidden_nodes(operator)
    operator.outputs[0].type = _value_type(operator)([n, widths[-1]])


def _convert_hidden_layer(scope, operator, container):
    nodes, widths = _hidden_nodes(operator)
    graph, source = _begin(scope, operator, container)
    h = add_nodes(graph, nodes, widths, source, _dtype(operator))
    graph.node("Identity", [h], "hidden_layer", output=operator.output_full_names[0])
    _hand_over(graph, container)


def _dtype(operator):
    return "float64" if _value_type(operator) is DoubleTensorType else "float32"


def _begin(scope, operator, container):
    """An empty graph, and the name of its input: all columns, of one type of numbers."""
    graph = Graph(scope.get_unique_operator_name("fastnn") + "_", container.target_opset_onnx)
    element = helper.np_dtype_to_tensor_dtype(np.dtype(_dtype(operator)))
    columns = [
        graph.node("Cast", [source.full_name], f"input{i}", to=element)
        for i, source in enumerate(operator.inputs)
    ]
    if len(columns) == 1:
        return graph, columns[0]
    return graph, graph.node("Concat", columns, "input", axis=1)


def _hand_over(graph, container):
    container.initializers.extend(graph.constants)
    for node in graph.nodes:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        container.add_node(
            node.op_type, list(node.input), list(node.output), name=node.name, **attributes
        )
