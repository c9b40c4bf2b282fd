"""Many threads call one Predictor: no error, and not one differing bit.

python tests/reliability/soak.py --threads 40 --seconds 120
"""

import argparse
import sys
import threading
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from scoring_models import data, fitted

import fastnn

METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")
# Rows of a call and how often: mostly one, now and then enough for threads of its own.
SIZES = [1] * 60 + [2, 16, 48, 49, 100] * 7 + [2000] * 3 + [100_000] * 2


class Caller(threading.Thread):
    """Calls until told to stop, and compares each result with the one computed beforehand."""

    def __init__(self, predictor, X, expected, sizes, stop, seed):
        super().__init__()
        self.predictor, self.X, self.expected, self.stop = predictor, X, expected, stop
        self.sizes = sizes
        self.rng = np.random.default_rng(seed)
        self.calls = self.rows = self.differing = 0
        self.errors = []

    def run(self):
        try:
            while not self.stop.is_set():
                self.call()
        except Exception as error:
            self.errors.append(error)

    def call(self):
        rng, X = self.rng, self.X
        size = self.sizes[rng.integers(len(self.sizes))]
        begin = rng.integers(len(X) - size + 1)
        rows = X[begin : begin + size]
        if rng.random() < 0.3:
            rows = np.asfortranarray(rows) if size < 5000 else rows
        method = METHODS[rng.integers(len(METHODS))]
        n_jobs = [None, 1, 2][rng.integers(3)]
        found = getattr(self.predictor, method)(rows, n_jobs=n_jobs)
        self.differing += found.tobytes() != self.expected[method][begin : begin + size].tobytes()
        self.calls += 1
        self.rows += size


def run(threads, seconds, most_rows=100_000):
    """Let that many threads call for that long, with up to so many rows.

    Returns
    -------
    dict
        Counts of calls, rows, differing results and errors, and calls and rows a second.
    """
    predictor = fastnn.Predictor(fitted("sklearn", "multiclass"))
    sizes = [size for size in SIZES if size <= most_rows]
    X = np.tile(data().astype(np.float32), (100 + most_rows // len(data()), 1))
    expected = {method: getattr(predictor, method)(X, n_jobs=1) for method in METHODS}
    stop = threading.Event()
    callers = [Caller(predictor, X, expected, sizes, stop, seed) for seed in range(threads)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    started = time.perf_counter()
    try:
        for caller in callers:
            caller.start()
        time.sleep(seconds)
    finally:
        stop.set()
        for caller in callers:
            caller.join()
        sys.setswitchinterval(interval)
    elapsed = time.perf_counter() - started
    calls, rows = sum(c.calls for c in callers), sum(c.rows for c in callers)
    return {
        "threads": threads,
        "calls": calls,
        "rows": rows,
        "differing": sum(c.differing for c in callers),
        "errors": [error for c in callers for error in c.errors],
        "calls_per_second": round(calls / elapsed),
        "rows_per_second": round(rows / elapsed),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=120)
    options = parser.parse_args()
    result = run(options.threads, options.seconds)
    print(result)
    sys.exit(bool(result["differing"] or result["errors"]))


if __name__ == "__main__":
    main()
