"""Memory that fit needs beyond its data: python -m benchmarks.memory [--sizes 784-256-128-10 ...].

Each network is fitted in a process of its own with Adam in float32. "Extra" is the peak of the
resident memory during fit less what was resident before it, with the library imported, the data
made and one batch trained with a tiny network, so that what is loaded once is loaded. It includes
the fitted model itself: weights and the state of the optimizer, three times the parameters.
Reads /proc, so it needs Linux.
"""

import argparse
import ast
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np

from benchmarks import layout

SIZES = ["784-256-128-10", "1024-1024-1024-10"]
BATCH = 200
ROWS = 2000
EPOCHS = 2


def measure(sizes):
    """Bytes of the parameters, of a batch's activations and the extra ones of a fit, here."""
    from fastnn import MLPClassifier

    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, sizes[0])).astype(np.float32)
    y = np.arange(ROWS) % sizes[-1]
    options = {"batch_size": BATCH, "max_iter": EPOCHS, "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two epochs do not converge
        MLPClassifier([2], **options).fit(X[:BATCH], y[:BATCH])
        before, model = resident("VmRSS"), MLPClassifier(sizes[1:-1], **options)
        extra = growth(lambda: model.fit(X, y))
    return {
        "parameters": sum(array.nbytes for array in model.coefs_ + model.intercepts_),
        "activations": 4 * BATCH * sum(sizes),
        "extra": extra,
        "kept": resident("VmRSS") - before,
    }


def growth(work):
    """Bytes that the process grows by, at most, while it does some work."""
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak is from now on
    work()
    return resident("VmHWM") - before


def resident(field):
    """A field of /proc/self/status in bytes."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)[1])


def in_own_process(sizes):
    # Freed memory goes back to the system at once, or fit could reuse some unnoticed.
    env = os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    command = [sys.executable, "-m", "benchmarks.memory", "--here", sizes]
    return ast.literal_eval(subprocess.check_output(command, env=env, text=True))


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=SIZES, metavar="IN-HIDDEN-OUT")
    parser.add_argument("--here", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(measure([int(n) for n in options.here.split("-")]))
        return
    rows = []
    for sizes in options.sizes:
        found = in_own_process(sizes)
        unit = found["parameters"]
        beyond = found["extra"] - 3 * found["activations"]
        rows.append(
            [
                sizes,
                *(f"{found[name] / 1e6:.2f}" for name in ("parameters", "activations", "extra")),
                *(f"{value / unit:.2f}" for value in (found["extra"], beyond, found["kept"])),
            ]
        )
    header = ["", "parameters, MB", "a batch's activations, MB", "extra at the peak, MB"]
    header += ["extra / parameters", "less 3 batches", "kept after fit / parameters"]
    print(layout.markdown(header, rows))


if __name__ == "__main__":
    main()
