#!/bin/sh
# safetensors.numpy.save of a Fortran-ordered array, such as any transposed one, writes the numbers in
# the order of the memory under the shape of the array: what is loaded has the numbers in other places.
# 0.7.0 wrote them in their places.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
for version in 0.7.0 0.8.0; do
    "$folder/venv/bin/pip" install --quiet numpy==2.4.6 "safetensors==$version"
    "$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from safetensors.numpy import load, save

given = np.asfortranarray(np.arange(6.0).reshape(2, 3))
found = load(save({"x": given}))["x"]
print("safetensors", version("safetensors"), given.tolist(), "came back as", found.tolist())
kept = bool((found == given).all())
sys.exit(kept != (version("safetensors") == "0.7.0"))
PYTHON
done
