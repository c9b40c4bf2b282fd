#!/bin/sh
# One row more than the batches hold makes scikit-learn's BernoulliRBM unlearn: in a short last batch the
# step is divided by its few rows, while the negative phase is summed over all chains, as many as
# batch_size. With 101 rows in batches of 100 all visible biases of fair coins fall below -4 within an
# epoch, where 100 or 200 rows leave them near 0.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numpy==2.4.6 scipy scikit-learn==1.9.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from sklearn.neural_network import BernoulliRBM

print({name: version(name) for name in ("numpy", "scikit-learn")})
coins = (np.random.RandomState(0).uniform(size=(200, 20)) < 0.5).astype(float)
biases = {}
for rows in (100, 101, 200):
    model = BernoulliRBM(5, batch_size=100, n_iter=1, random_state=0).fit(coins[:rows])
    biases[rows] = model.intercept_visible_
    print(f"{rows} rows: visible biases from {biases[rows].min():.2f} to {biases[rows].max():.2f}")
usual = max(np.abs(biases[rows]).max() for rows in (100, 200))
sys.exit(not (usual < 0.1 and biases[101].max() < -3))
PYTHON
