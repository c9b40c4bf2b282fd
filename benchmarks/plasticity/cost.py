"""E4: the time of a step."""

import time

import numpy as np

from benchmarks import layout
from benchmarks.plasticity.methods import digits
from fastnn import MLPClassifier

MOST = 1.10
KINDS = {
    "plain": {},
    **{kind: {"plasticity": kind} for kind in ("activity", "input", "gradient")},
    "gain": {"gain": True},
}


def run(rounds=9):
    """The section of E4: epochs at 64-256-256-10, float32, batches of 200, in turns."""
    (X, y), _ = digits(0)
    X, y = np.tile(X, (4, 1)).astype(np.float32), np.tile(y, 4)
    given = {"batch_size": 200, "random_state": 0, "n_jobs": 1}
    models = {name: MLPClassifier((256, 256), **given, **more) for name, more in KINDS.items()}
    times = {name: [] for name in models}
    for number in range(rounds + 1):
        for name, model in models.items():
            started = time.process_time()
            for _ in range(3):
                model.partial_fit(X, y, classes=range(10))
            if number:
                times[name].append(time.process_time() - started)
    ratios = {name: np.median(np.divide(of, times["plain"])) for name, of in times.items()}
    rows = [[name, f"{r:.2f}×", "yes" if r <= MOST else "no"] for name, r in ratios.items()][1:]
    head = ["", "to the plain network", f"at most {MOST:.2f}×"]
    return [("E4, CPU time of training", layout.markdown(head, rows))]
