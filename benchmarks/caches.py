"""What products read from beyond a cache: ``python -m benchmarks.caches [--out FILE]``.

Lines of 64 bytes that come from beyond the first and beyond the second level, for each thousand
multiply-adds of a product or of a step of training, counted by valgrind's callgrind, which
simulates two levels of the sizes given, empty at first. It knows no prefetching and no page tables:
what it tells of is traffic, not time. "As it was" has neither groups of rows, nor copies, nor
several panels side by side (fastnn/_kernels/native/sizes.pyx). A step is one of a layer without a
gradient by its input: its forward product, the gradient of its weights and plain SGD. The kernels
are those of avx2, the numbers float32. By default caches, weights and rows are a quarter of an
Intel Xeon's (48 KiB, 2 MiB) and of 1024 rows of 1024 × 1024. A case takes minutes.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import layout, machine

#: Bytes, ways and line of the first level and of the second: a quarter of an Intel Xeon's.
CACHES = "12288,12,64", "524288,16,64"
N = 512  # inputs and outputs, so that weights are a quarter of those of 1024: simulation is slow
ROWS = 512
CASES = "forward", "dX", "step"
NEVER = 1 << 60
BEFORE = {"level2_bytes": NEVER, "copied_weights": NEVER, "rows_across": NEVER}
NOW = {"copied_weights": 1 << 18, "rows_across": 256}  # where the rows of 1024 would have 512


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.caches", description=__doc__)
    parser.add_argument("--first", default=CACHES[0], help="bytes, ways, line of the first level")
    parser.add_argument("--second", default=CACHES[1], help="and of the second")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES)
    parser.add_argument("--out", type=Path, help="write the table there, as a page")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.cases, options.work, int(options.second.split(",")[0]))
        return
    counts, rows = counted(options.cases, options.first, options.second), []
    for kind in options.cases:
        fmas = (2 if kind == "step" else 1) * ROWS * N * N
        found = [[1000 * next(counts[level]) / fmas for level in (0, 1)] for _ in range(2)]
        columns = [f"{counts[level]:.2f}" for level in (0, 1) for counts in found]
        rows.append([f"{kind}, {ROWS}×{N}×{N}", *columns])
    header = ["", "first level, as it was", "now", "second level, as it was", "now"]
    options.threads = 1
    machine.publish("caches", __doc__, layout.markdown(header, rows), options)


def counted(cases, first, second):
    """Misses of the two levels, case after case, each as it was and now."""
    with tempfile.TemporaryDirectory() as folder:
        call = ["valgrind", "--tool=callgrind", "--cache-sim=yes", "--instr-atstart=no"]
        call += [f"--D1={first}", f"--LL={second}", f"--callgrind-out-file={folder}/out"]
        call += [sys.executable, "-m", "benchmarks.caches", "--second", second, "--work", folder]
        call += ["--cases", *cases]
        subprocess.run(call, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        dumps = [Path(folder, f"out.{i + 1}").read_text() for i in range(2 * len(cases))]
    names = re.search(r"^events: (.*)$", dumps[0], re.MULTILINE)[1].split()
    totals = (re.search(r"^totals: (.*)$", text, re.MULTILINE)[1] for text in dumps)
    found = [dict(zip(names, map(int, line.split()), strict=False)) for line in totals]
    return tuple(iter([f[f"D{n}mr"] + f[f"D{n}mw"] for f in found]) for n in "1L")


def work(cases, folder, level2_bytes):
    """Under callgrind: a dump for each case, as it was and now."""
    from fastnn._kernels.native import sizes

    for kind in cases:
        for choices in (BEFORE, {**NOW, "level2_bytes": level2_bytes}):
            usual = sizes.change(**choices)
            once = task(kind)
            control("--instr=on")
            once()
            control("--dump")
            control("--instr=off")
            sizes.change(**usual)


def control(what):
    """Tell callgrind, which runs this process, to do so."""
    call = ["callgrind_control", what, str(os.getpid())]
    subprocess.run(call, check=True, stdout=subprocess.DEVNULL)


def task(kind):
    """The product or step, to be called."""
    from fastnn._kernels.testing.bench import Product

    X, W = np.ones((ROWS, N), np.float32), np.ones((N, N), np.float32)
    if kind != "step":
        return Product(kind, X, W, isa="avx2").run
    from fastnn.layers import Dense
    from fastnn.network.compiled import CompiledNetwork
    from fastnn.optimizers import SGD
    from fastnn.training.trainer import make_trainer

    network = CompiledNetwork(N, [Dense(N)], "squared_error", np.float32, isa="avx2")
    trainer = make_trainer(network, SGD(), batch_size=ROWS)
    return lambda: trainer.run(X, X, np.arange(ROWS), 0, 1, learning_rate=0.0)


if __name__ == "__main__":
    main()
