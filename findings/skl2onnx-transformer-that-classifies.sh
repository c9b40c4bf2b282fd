#!/bin/sh
# LinearDiscriminantAnalysis reduces dimensions as a step of a pipeline, and classifies alone. skl2onnx
# tells what a step does by its class: in front of another model it hands on labels and probabilities
# in place of what `transform` gives. In a pipeline the conversion fails; in a union it succeeds, and
# the graph, which joins labels and columns, cannot run.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet \
    numpy==2.4.6 scikit-learn==1.9.1 onnx==1.23.2 onnxruntime==1.32.0 skl2onnx==1.20.0
"$folder/venv/bin/python" - <<'PYTHON'
import logging
import sys
from importlib.metadata import version

import numpy as np
import onnxruntime
import skl2onnx
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

logging.disable(logging.CRITICAL)
onnxruntime.set_default_logger_severity(4)
print({name: version(name) for name in ("scikit-learn", "skl2onnx", "onnxruntime")})
X = np.random.RandomState(0).randn(200, 5).astype(np.float32)
y = np.digitize(X[:, 0], [-0.5, 0.5])


def stage_that_fails(model):
    model.fit(X, y).predict(X)  # scikit-learn itself has no difficulty
    stage = "conversion"
    try:
        graph = skl2onnx.to_onnx(model, X[:1], options={"zipmap": False})
        stage = "run"
        onnxruntime.InferenceSession(graph.SerializeToString()).run(None, {"X": X})
    except Exception as error:
        print(f"{stage}: {type(error).__name__}: {str(error)[:160]!r}")
        return stage
    return None


pipeline = stage_that_fails(make_pipeline(LinearDiscriminantAnalysis(), LogisticRegression()))
union = make_union(StandardScaler(), LinearDiscriminantAnalysis())
union = stage_that_fails(make_pipeline(union, LogisticRegression()))
sys.exit((pipeline, union) != ("conversion", "run"))
PYTHON
