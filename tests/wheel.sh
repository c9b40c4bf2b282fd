#!/usr/bin/env bash
# A wheel as users get it: built from the source distribution, small, with the libraries that it needs,
# installed where nothing else is, and the suite run against it: `make wheel`.
#   PYTHON=.venv/bin/python tests/wheel.sh                  into dist/
#   PYTHON=.venv/bin/python tests/wheel.sh -k predictor     arguments go to pytest
# PYTHON needs the extra `release`.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
if [[ $python == */* ]]; then python=$(cd "$(dirname "$python")" && pwd)/$(basename "$python"); fi
largest=$((4 * 1000 * 1000)) # bytes

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export FASTNN_OPENMP=1 # a wheel without threads would be a surprise
# -P: there is a folder build/ here.
"$python" -P -m build --outdir "$work/built" # the source distribution, and from it the wheel
wheel=$(echo "$work"/built/*.whl)

if [[ $(uname) == Linux ]]; then # libgomp goes into the wheel, and the oldest glibc that will do is named
    PATH="$(dirname "$python"):$PATH" "$python" -P -m auditwheel repair --wheel-dir "$work/repaired" "$wheel"
    wheel=$(echo "$work"/repaired/*.whl)
fi
"$python" -P -m twine check --strict "$wheel" "$work"/built/*.tar.gz

size=$(wc -c <"$wheel")
echo "$(basename "$wheel"): $size bytes"
((size <= largest)) || {
    echo "The wheel is larger than $largest bytes." >&2
    exit 1
}

"$python" -m venv "$work/scoring"
"$work/scoring/bin/pip" install --quiet --no-deps "$wheel" numpy
(cd "$work" && scoring/bin/fastnn doctor)

"$python" -m venv "$work/full"
"$work/full/bin/pip" install --quiet "$wheel"
echo "What pip install brings:"
"$work/full/bin/pip" list --format=freeze
du -sm "$work"/full/lib/python*/site-packages/* | sort -rn | head -12 # MB
(cd "$work" && full/bin/fastnn doctor)

"$work/full/bin/pip" install --quiet "$wheel[test]"
# Without fastnn/ itself, and so without the tests of the tree and of its build.
cp -R tests benchmarks examples docs ./*.md pyproject.toml "$work/"
cd "$work"
full/bin/python -m pytest -n auto --dist worksteal -p no:cacheprovider --ignore tests/test_layout.py \
    --ignore tests/docs/test_extending.py --ignore tests/kernels/test_build.py \
    --ignore tests/kernels/test_rebuild.py "$@"
cd - >/dev/null

mkdir -p dist
cp "$wheel" "$work"/built/*.tar.gz dist/
