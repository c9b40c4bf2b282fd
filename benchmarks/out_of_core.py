"""Memory of a fit on rows that fit nowhere: ``python -m benchmarks.out_of_core [--out FILE]``.

Rows are drawn as they are asked for, float32 without a zero, of 100 features, and classes that a
random net decides; fastnn.data.fit trains MLPClassifier((64,)) on all of them once, in blocks of
65,536 rows and batches of 256. Memory is what the process holds (VmRSS), read whenever another
block has come; the base is that before the first one, with all modules loaded.
"""

import argparse
import resource
import time
import warnings
from pathlib import Path

import numpy as np

from benchmarks import layout, machine

N_FEATURES, BATCH_ROWS = 100, 16_384


def batches(n_rows):
    """A function that gives n_rows rows anew with each call."""
    weights = np.random.default_rng(0).standard_normal((N_FEATURES, 2), dtype=np.float32)

    def begin():
        for number, start in enumerate(range(0, n_rows, BATCH_ROWS)):
            rng = np.random.default_rng([1, number])
            n = min(BATCH_ROWS, n_rows - start)
            X = rng.standard_normal((n, N_FEATURES), dtype=np.float32)
            hidden = X @ weights
            yield X, (hidden[:, 0] * hidden[:, 1] > 0).astype(np.intp)

    return begin


def resident():
    """Megabytes that the process holds."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.out_of_core", description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=20)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    warnings.simplefilter("ignore")

    from fastnn import MLPClassifier
    from fastnn.data import fit, stream
    from fastnn.threads import effective_n_threads

    options.threads = options.threads or effective_n_threads()
    n_rows = int(options.gigabytes * 1e9 / (4 * N_FEATURES))
    curve, base, started = [], resident(), time.perf_counter()

    def noted(X):
        read = len(X) + (curve[-1][0] if curve else 0)
        curve.append((read, resident(), time.perf_counter() - started))
        return X

    model = MLPClassifier((64,), batch_size=256, random_state=0, n_jobs=options.threads)
    fit(model, stream(batches(n_rows), transform=noted), epochs=1, classes=[0, 1])
    marks = [curve[i] for i in np.linspace(0, len(curve) - 1, min(len(curve), 12)).astype(int)]
    table = [
        [f"{read:,}", *map(layout.significant, (read * 4 * N_FEATURES / 1e9, held, seconds))]
        for read, held, seconds in marks
    ]
    text = layout.markdown(["rows", "GB of rows", "RSS, MB", "seconds"], table)
    most = max(held for _, held, _ in curve)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    text += (
        f"\n\nBase {base:.0f} MB; most with a block {most:.0f} MB, at any moment {peak:.0f} MB; "
        f"of {n_rows * 4 * N_FEATURES / 1e9:.3g} GB of rows. Loss of the first block "
        f"{model.loss_curve_[0]:.4f}, of the last one {model.loss_curve_[-1]:.4f}."
    )
    machine.publish("out_of_core", __doc__, text, options)


if __name__ == "__main__":
    main()
