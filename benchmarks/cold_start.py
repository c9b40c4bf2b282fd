"""A process that loads a model and scores a row: python -m benchmarks.cold_start [--out PAGE].

Each process starts Python, does one thing and ends: it imports NumPy, or loads a saved Predictor
and scores one row with it, or imports scikit-learn's MLPClassifier, which a pickle of it needs as
well. Processes take turns; times are medians, and the ratio is the median of those within a round.
Memory is the peak of the process, from /proc: it needs Linux.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks import layout, machine

CONTENDERS = {
    "import NumPy": "import numpy",
    "load a model with fastnn, score a row": (
        "import sys, fastnn\nfastnn.load(sys.argv[1]).predict_proba([0.5] * 64)"
    ),
    "import scikit-learn's MLPClassifier": "from sklearn.neural_network import MLPClassifier",
}
_, FASTNN, SKLEARN = CONTENDERS

# Not getrusage: its peak counts the parent before the program was replaced.
PEAK = "\nprint(*(line for line in open('/proc/self/status') if 'VmHWM' in line))"


def save_model(path):
    """A network for images of digits."""
    import warnings

    from sklearn.datasets import load_digits

    import fastnn

    X, y = load_digits(return_X_y=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two epochs do not converge
        model = fastnn.MLPClassifier((64,), max_iter=2, random_state=0).fit(X, y)
    fastnn.save(fastnn.Predictor(model), path)


def measure(code, path):
    """(seconds, peak memory in bytes) of a process of its own."""
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code + PEAK, path], capture_output=True, text=True, check=True
    )
    seconds = time.perf_counter() - begin
    return seconds, 1024 * int(done.stdout.split()[1])


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold_start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--out", type=Path, help="page to write, docs/benchmarks-cold-start.md")
    options = parser.parse_args()
    options.threads = 1
    found = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.fastnn")
        save_model(path)
        for round_ in range(options.rounds + 1):
            for name, code in CONTENDERS.items():
                result = measure(code, path)
                if round_:  # the first reads the files from the disk
                    found[name].append(result)
    rows = []
    for name, results in found.items():
        ratios = [a / b for (a, _), (b, _) in zip(results, found[SKLEARN], strict=True)]
        rows.append(
            [
                name,
                f"{median(seconds for seconds, _ in results):.2f}",
                f"{median(ratios):.2f}",
                f"{median(peak for _, peak in results) / 2**20:.0f}",
            ]
        )
    table = layout.markdown(["process", "seconds", "of scikit-learn's", "peak MiB"], rows)
    machine.publish("cold_start", __doc__, table, options)


if __name__ == "__main__":
    main()
