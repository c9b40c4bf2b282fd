#!/usr/bin/env bash
# The tests of everything native under AddressSanitizer, UndefinedBehaviorSanitizer and ThreadSanitizer:
# `make sanitize`.
#   PYTHON=.venv/bin/python CC=gcc-14 tests/sanitize.sh tests/scoring/test_predictor.py -k sparse
# Arguments, if any, go to pytest in place of the list below. The extensions are built in a temporary
# copy of the tree, with OpenMP, and the tree stays as it is.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3} compiler=${CC:-gcc}
if [[ $python == */* ]]; then python=$(cd "$(dirname "$python")" && pwd)/$(basename "$python"); fi
libraries=
for name in libasan.so libubsan.so libstdc++.so; do # the last: C++ exceptions pass through libasan
    path=$("$compiler" -print-file-name=$name)
    [[ $path == /* ]] || {
        echo "$compiler has no $name. On Debian and Ubuntu: sudo apt-get install g++" >&2
        exit 1
    }
    libraries+="$path "
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tar --exclude=./.git --exclude=./build --exclude='./.venv*' --exclude='*.so' --exclude=__pycache__ -cf - . |
    tar -xf - -C "$folder"
cd "$folder"

# Once alone, because one process cannot have both: the team of threads under ThreadSanitizer.
"$compiler" -O1 -g -D_GNU_SOURCE -fsanitize=thread tests/kernels/team/team_test.c -o team_test -lpthread
./team_test

# In CC, not in CFLAGS: setup.py's test programs for OpenMP are to be linked with it too.
export CC="$compiler -fsanitize=address,undefined" CFLAGS="-O1 -g1 -fno-omit-frame-pointer"
export ASAN_OPTIONS=detect_leaks=0:halt_on_error=1 # the interpreter does not free all it has
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
echo "building with $CC"
FASTNN_OPENMP=1 FASTNN_WERROR=0 "$python" setup.py --quiet build_ext --inplace

sanitized() {
    LD_PRELOAD=$libraries PYTHONMALLOC=malloc PYTHONPATH=$folder PYTHONDONTWRITEBYTECODE=1 \
        OMP_NUM_THREADS=2 OPENBLAS_NUM_THREADS=1 "$python" "$@"
}

# What is imported is the instrumented build, and errors end a process here.
sanitized - "$folder" <<'PYTHON'
import sys
from pathlib import Path

import fastnn

folder = Path(sys.argv[1])
assert Path(fastnn.__file__).is_relative_to(folder), fastnn.__file__
modules = [*folder.glob("fastnn/_kernels/**/*.so")]
assert modules, "nothing was built"
for module in modules:
    content = module.read_bytes()
    assert b"__asan_report" in content and b"__ubsan_handle" in content, f"{module} is not instrumented"
assert fastnn.config()["openmp"]
PYTHON
printf 'int past(int *x, int n) { return x[n]; } int over(int x) { return x + 1; }' >canary.c
$CC $CFLAGS -shared -fPIC canary.c -o canary.so
for call in 'past((ctypes.c_int * 64)(), 64)' 'over(2**31 - 1)'; do
    if sanitized -c "import ctypes; ctypes.CDLL('./canary.so').$call" 2>canary.log; then
        echo "the sanitizers did not notice $call" >&2
        exit 1
    fi
    grep -qE 'heap-buffer-overflow|signed integer overflow' canary.log || { cat canary.log >&2; exit 1; }
done

if [ $# = 0 ]; then # not the test of leaks: freed memory stays in quarantine
    set -- tests/kernels/test_{vmath,gemm,elementwise,loss}.py tests/network tests/training/test_{epochs,lbfgs}.py \
        tests/scoring/test_{predictor,columns,folding}.py tests/files tests/reliability -k "not leak"
fi
sanitized -m pytest -q --capture=sys -p no:cacheprovider "$@" # sys: reports reach the terminal
