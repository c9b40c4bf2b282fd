#!/bin/sh
# SplineTransformer(degree=1, extrapolation="linear") treats each column by itself, one would think. But
# of two equal columns the second one becomes other numbers: below its first inner knot, where a fifth of
# the rows of the fit may lie, it is taken to be out of range, and the splines of a row no longer add up
# to 1. So is the second one with degree=0.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from sklearn.preprocessing import SplineTransformer

print({name: version(name) for name in ("scikit-learn", "scipy", "numpy")})
x = np.linspace(0, 1, 9)[:, None]
spline = SplineTransformer(n_knots=5, degree=1, extrapolation="linear")
alone = spline.fit_transform(x)
first, second = np.split(spline.fit_transform(np.hstack([x, x])), 2, axis=1)
print("the first of two equal columns is as alone:", np.allclose(first, alone))
print("the second one is:", np.allclose(second, alone))
print("rows, of those of the fit, that differ:", (~np.isclose(second, alone).all(axis=1)).sum())
print("sums of the splines of a row, which are 1:", second.sum(axis=1).round(3))
sys.exit(not (np.allclose(first, alone) and not np.allclose(second, alone)))
PYTHON
