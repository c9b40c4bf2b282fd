#!/bin/sh
# A graph with one Elu, Selu, Softplus, Softsign or HardSigmoid of float64, which the standard allows in
# every opset, loads in onnxruntime if it says opset 18, and in no other: not in 17, nor in 19. In
# float32 all load. So raising a model's opset by one can make it unusable.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

onnxruntime.set_default_logger_severity(4)
print({name: version(name) for name in ("onnx", "onnxruntime")})
OPSETS = range(13, 24)
TYPES = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}


def loads(operator, dtype, opset):
    X, Y = (helper.make_tensor_value_info(name, TYPES[dtype], ["n"]) for name in "XY")
    graph = helper.make_graph([helper.make_node(operator, ["X"], ["Y"])], "g", [X], [Y])
    opsets = [helper.make_opsetid("", opset)]
    model = helper.make_model(
        graph, opset_imports=opsets, ir_version=helper.find_min_ir_version_for(opsets)
    )
    onnx.checker.check_model(model, full_check=True)
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString())
    except Exception as error:
        return type(error).__name__
    session.run(None, {"X": np.linspace(-2, 2, 5, dtype=dtype)})
    return True


holds = True
for operator in ("Elu", "Selu", "Softplus", "Softsign", "HardSigmoid"):
    for dtype in TYPES:
        found = {opset: loads(operator, dtype, opset) for opset in OPSETS}
        good = [opset for opset, result in found.items() if result is True]
        reasons = {result for result in found.values() if result is not True}
        print(operator, dtype, "loads in opsets", good, *reasons)
        holds &= good == (list(OPSETS) if dtype == "float32" else [18])
sys.exit(not holds)
PYTHON
