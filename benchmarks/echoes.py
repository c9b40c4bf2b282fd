"""Echo states beside a trained network: ``python -m benchmarks.echoes [--seeds N] [--out FILE]``.

A chaotic series (Mackey and Glass, lag 17) told 1, 10 and 50 steps ahead after 2,000 steps to learn
from, by the methods of examples/echoes.py: 300 units with fixed random weights and a ridge
regression on their states, in NumPy and by reservoirpy with its defaults, and a GRU of 32 units
trained by gradients. Errors are root mean squares over the spread of 2,000 further steps, mean and
standard deviation over the seeds; with noise they are those of the series before it. Seconds are
those of one core, for fitting and telling.
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np

from benchmarks import layout, machine
from fastnn.threads import effective_n_threads

NOISE = (0.0, 0.1)


def examples():
    """examples/echoes.py, which lies beside this folder."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
    import echoes

    return echoes


def rows_of(echoes, method, seeds, noise):
    """Cells of a row: errors and seconds."""
    found, seconds = [], []
    for seed in seeds:
        clean = echoes.mackey_glass(4000, np.random.RandomState(seed))
        heard = clean + noise * np.random.RandomState(1000 + seed).normal(size=len(clean))
        started = time.process_time()
        predicted = method(heard, seed, echoes.EPOCHS)
        seconds.append(time.process_time() - started)
        found.append(echoes.errors(clean, predicted))
    spread = np.std(found, axis=0, ddof=1)
    cells = [f"{e:.4f} ± {s:.4f}" for e, s in zip(np.mean(found, axis=0), spread, strict=True)]
    return [*cells, f"{np.median(seconds):.1f}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    options.threads = effective_n_threads(None)
    warnings.simplefilter("ignore")
    echoes, parts = examples(), []
    head = ["method", *(f"{k} ahead" for k in echoes.AHEAD), "seconds"]
    for noise in NOISE:
        rows = []
        for name, method in echoes.METHODS.items():
            rows.append([name, *rows_of(echoes, method, range(options.seeds), noise)])
            print(noise, *rows[-1], flush=True)
        title = f"Noise of {noise:.0%} of the spread" if noise else "Without noise"
        parts.append(f"## {title}\n\n{layout.markdown(head, rows)}")
    machine.publish("echoes", __doc__, "\n\n".join(parts), options)


if __name__ == "__main__":
    main()
