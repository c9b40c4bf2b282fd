#!/bin/sh
# A model of onnxruntime's quantize_dynamic (weights of 8 bits, nothing calibrated) gives a row other results
# in each batch: its inputs are coded with one scale for all rows of a call, which the largest of them
# sets. Beside one large row small ones are coded as zeros, and all get the same answer.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0 sympy==1.14.0
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import quantize_dynamic

print({name: version(name) for name in ("onnx", "onnxruntime")})
rng = np.random.default_rng(0)
W = rng.normal(size=(20, 4)).astype(np.float32)
X, Y = (
    helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])
    for name, width in (("X", 20), ("Y", 4))
)
nodes = [helper.make_node("MatMul", ["X", "W"], ["Z"]), helper.make_node("Softmax", ["Z"], ["Y"])]
graph = helper.make_graph(nodes, "g", [X], [Y], [numpy_helper.from_array(W, "W")])
opsets = [helper.make_opsetid("", 17)]
ir = helper.find_min_ir_version_for(opsets)
onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=ir), "float.onnx")
quantize_dynamic("float.onnx", "int8.onnx")

rows = rng.normal(size=(200, 20)).astype(np.float32)
large = 10_000 * np.ones((1, 20), np.float32)
beside = np.concatenate([rows, large])
holds = True
for name in ("float", "int8"):
    session = onnxruntime.InferenceSession(f"{name}.onnx", providers=["CPUExecutionProvider"])
    alone = np.concatenate([session.run(None, {"X": row[np.newaxis]})[0] for row in rows])
    together = session.run(None, {"X": rows})[0]
    spoilt = session.run(None, {"X": beside})[0][:-1]
    moved, gone = abs(together - alone).max(), abs(spoilt - alone).max()
    labels = (spoilt.argmax(1) != alone.argmax(1)).mean()
    answers = len(np.unique(spoilt, axis=0))
    print(
        f"{name}: a probability moves by up to {moved:.1e} among 200 like rows, by {gone:.1e} beside"
        f" a large one, where {labels:.0%} of the labels change and {answers} answers are left"
    )
    if name == "float":
        holds &= moved < 1e-5 and gone < 1e-5 and labels == 0
    else:
        holds &= moved > 1e-3 and gone > 0.3 and labels > 0.5 and answers == 1
sys.exit(not holds)
PYTHON
