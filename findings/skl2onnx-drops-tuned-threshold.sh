#!/bin/sh
# skl2onnx converts a TunedThresholdClassifierCV, and the graph predicts with the estimator's own
# threshold: the one that was tuned is left out, without a word. Probabilities are right.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet \
    numpy==2.4.6 scikit-learn==1.9.1 onnx==1.23.2 onnxruntime==1.32.0 skl2onnx==1.20.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
import onnxruntime
import skl2onnx
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import TunedThresholdClassifierCV

print({name: version(name) for name in ("scikit-learn", "skl2onnx", "onnxruntime")})
X = np.random.RandomState(0).randn(300, 5).astype(np.float32)
y = (X[:, 0] + 0.5 * X[:, 1] > 1).astype(int)
tuned = TunedThresholdClassifierCV(
    LogisticRegression(), scoring="balanced_accuracy", random_state=0
).fit(X, y)
graph = skl2onnx.to_onnx(tuned, X[:1], options={"zipmap": False})
session = onnxruntime.InferenceSession(graph.SerializeToString())
label, probability = session.run(None, {"X": X})
same_probability = np.allclose(probability, tuned.predict_proba(X), atol=1e-5)
n_other = int((label != tuned.predict(X)).sum())
as_untuned = bool((label == tuned.estimator_.predict(X)).all())
print(f"threshold {tuned.best_threshold_:.3f}; probabilities agree: {same_probability}")
print(f"{n_other} of {len(y)} labels differ from predict; as without a threshold: {as_untuned}")
sys.exit(not (same_probability and n_other > 0 and as_untuned))
PYTHON
