"""ONNX Runtime, on the leanest graph: Gemm, Relu and the output function, nothing else."""

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper


def score(case, model, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        graph(model).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )

    def proba(X):
        return session.run(["P"], {"X": X.astype(np.float32, copy=False)})[0]

    return proba


def graph(model):
    """An ONNX model of a scikit-learn MLPClassifier's predict_proba."""
    nodes, weights, h = [], [], "X"
    layers = list(zip(model.coefs_, model.intercepts_, strict=True))
    for i, (W, b) in enumerate(layers):
        weights += [
            numpy_helper.from_array(np.asarray(W, np.float32), f"W{i}"),
            numpy_helper.from_array(np.asarray(b, np.float32), f"b{i}"),
        ]
        nodes.append(helper.make_node("Gemm", [h, f"W{i}", f"b{i}"], [f"Z{i}"]))
        h = f"Z{i}"
        if i < len(layers) - 1:
            nodes.append(helper.make_node("Relu", [h], [f"H{i}"]))
            h = f"H{i}"
    if len(b) > 1:
        nodes.append(helper.make_node("Softmax", [h], ["P"], axis=1))
    else:
        weights.append(numpy_helper.from_array(np.float32(1), "one"))
        nodes += [
            helper.make_node("Sigmoid", [h], ["p"]),
            helper.make_node("Sub", ["one", "p"], ["q"]),
            helper.make_node("Concat", ["q", "p"], ["P"], axis=1),
        ]
    n_in, n_classes = len(model.coefs_[0]), len(model.classes_)
    body = helper.make_graph(
        nodes,
        "mlp",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["n", n_in])],
        [helper.make_tensor_value_info("P", TensorProto.FLOAT, ["n", n_classes])],
        weights,
    )
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
