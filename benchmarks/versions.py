"""This version beside another one: ``python -m benchmarks.versions OTHER_CHECKOUT [--rounds 15]``.

A worker process of each checkout (built in place) stays alive; they take turns at every case, so
that what disturbs the machine disturbs both, and the median is that of the ratios pair by pair:
other over this, above 1 if this version is faster. On a busy machine ``--cpu --threads 1`` tells
more. Only what every version has is used: estimators whose fit is timed whole, and `Predictor`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent

#: Name -> sizes of the layers, rows, batch, epochs.
TRAINING = {
    "tiny": ((10, 16, 2), 2_000, 32, 12),
    "small": ((30, 100, 2), 20_000, 200, 4),
    "medium": ((784, 256, 128, 10), 4_000, 128, 1),
    "large": ((1024, 1024, 1024, 10), 1_024, 256, 1),
}
#: Name -> sizes of the layers, rows.
SCORING = {
    "one row, 30-100-2": ((30, 100, 2), 1),
    "16 rows, 30-100-2": ((30, 100, 2), 16),
    "bulk, 30-100-2": ((30, 100, 2), 20_000),
    "one row, 784-256-128-10": ((784, 256, 128, 10), 1),
    "16 rows, 784-256-128-10": ((784, 256, 128, 10), 16),
    "bulk, 784-256-128-10": ((784, 256, 128, 10), 5_000),
}


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.versions", description=__doc__)
    parser.add_argument("other", type=Path, help="a checkout of another version, built in place")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=None, help="n_jobs of both (default: all)")
    parser.add_argument(
        "--cpu", action="store_true", help="seconds of the processor, not of the wall: --threads 1"
    )
    parser.add_argument("--cases", nargs="*", help="parts of the names of the cases to run")
    parser.add_argument("--out", type=Path, help="write the table there, as a page")
    options = parser.parse_args()
    from benchmarks import layout, machine

    trees = HERE.parent, options.other.resolve()
    workers = [Worker(tree, options.threads, options.cpu) for tree in trees]
    rows = []
    for case in workers[0].cases:
        if options.cases and not any(part in case for part in options.cases):
            continue
        for worker in workers:
            worker.time(case)  # not counted: imports, threads, caches
        times = [[w.time(case) for w in workers[:: (-1) ** turn]] for turn in range(options.rounds)]
        times = [pair[:: (-1) ** turn] for turn, pair in enumerate(times)]
        this, other = (statistics.median(column) for column in zip(*times, strict=True))
        ratios = sorted(b / a for a, b in times)
        quarter = len(ratios) // 4
        spread = f"{ratios[quarter]:.3f} to {ratios[-1 - quarter]:.3f}"
        row = [case, *map(layout.significant, (this * 1e6, other * 1e6))]
        rows.append([*row, f"{statistics.median(ratios):.3f}", spread])
        print(*rows[-1], sep="  ", flush=True)
    header = ["", "this, µs", "other, µs", "other / this", "middle half of the pairs"]
    text = layout.markdown(header, rows)
    print(f"\n{text}")
    if options.out:
        options.out.write_text(machine.page("Written by `python -m benchmarks.versions`.", text))


class Worker:
    """A process that imports fastnn from one checkout and times cases when it is asked to."""

    def __init__(self, tree, threads, cpu):
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                str(HERE / "versions.py"),
                "--worker",
                json.dumps([threads, cpu]),
            ],
            env={**os.environ, "PYTHONPATH": str(tree)},
            cwd=tree,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        found = json.loads(self._process.stdout.readline())
        if not Path(found["fastnn"]).is_relative_to(tree):
            raise SystemExit(f"{tree} gave {found['fastnn']}: is it built in place?")
        self.cases = found["cases"]

    def time(self, case):
        """Seconds of the case, once."""
        print(json.dumps(case), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


def work(threads, cpu):
    """The worker: a case a line in, its seconds out."""
    import fastnn

    cases = make_cases(threads, time.process_time if cpu else time.perf_counter)
    print(json.dumps({"fastnn": fastnn.__file__, "cases": list(cases)}), flush=True)
    for line in sys.stdin:
        print(json.dumps(cases[json.loads(line)]()), flush=True)


def make_cases(threads, clock):
    """Name -> function that times the case, by this clock."""
    import numpy as np

    import fastnn

    def data(n, d, n_classes):
        rng = np.random.RandomState(0)
        X = rng.standard_normal((n, d)).astype(np.float32)
        return X, rng.randint(n_classes, size=n)

    def training(sizes, n, batch, epochs):
        X, y = data(n, sizes[0], sizes[-1])
        steps = epochs * -(-n // batch)

        def run():
            model = fastnn.MLPClassifier(
                sizes[1:-1], batch_size=batch, max_iter=epochs, tol=0.0, n_iter_no_change=epochs,
                random_state=0, n_jobs=threads,
            )  # fmt: skip
            started = clock()
            model.fit(X, y)
            return (clock() - started) / steps

        return run

    def scoring(sizes, n, score_with):
        X, y = data(max(n, 200), sizes[0], sizes[-1])
        model = fastnn.MLPClassifier(sizes[1:-1], max_iter=1, random_state=0).fit(X[:200], y[:200])
        rows = X[:n]
        score = score_with(model)
        score(rows)
        started = clock()
        score(rows)
        repeat = max(1, int(0.02 / (clock() - started)))

        def run():
            started = clock()
            for _ in range(repeat):
                score(rows)
            return (clock() - started) / repeat

        return run

    def predictor(model):
        score = fastnn.Predictor(model).predict_proba
        return lambda rows: score(rows, n_jobs=threads)

    import warnings

    warnings.simplefilter("ignore")  # of a few epochs that did not converge
    cases = {f"training {name}": training(*case) for name, case in TRAINING.items()}
    cases |= {f"Predictor, {k}": scoring(*case, predictor) for k, case in SCORING.items()}
    own = {k: case for k, case in SCORING.items() if "30-100-2" in k}
    cases |= {
        f"estimator, {k}": scoring(*case, lambda model: model.predict_proba)
        for k, case in own.items()
    }
    return cases


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(*json.loads(sys.argv[2]))
    else:
        main()
