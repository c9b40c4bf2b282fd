"""SIGKILL in the middle of save: the file is always the old one or the new one.

python tests/reliability/kill_during_save.py --trials 200
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

import fastnn
from fastnn.model.blocks import Block, nodes_of
from fastnn.model.head import Head
from fastnn.model.model import Model


def models():
    """Two Predictors whose files, of some 3 MB, take a few milliseconds to write."""
    for seed in (0, 1):
        rng = np.random.default_rng(seed)
        sizes = [700, 1000, 10]
        weights = [rng.normal(size=shape).astype(np.float32) for shape in pairwise(sizes)]
        biases = [rng.normal(size=n).astype(np.float32) for n in sizes[1:]]
        hidden = Block(weights[0], biases[0], activation="relu")
        nodes, _ = nodes_of([hidden], weights[1], biases[1])
        yield fastnn.Predictor(Model(700, nodes, Head("regressor", "identity", "float32")))


def run(trials, folder, seed=0):
    """Kill a saving child at random moments.

    Returns
    -------
    dict
        ``trials``, how many kills hit a file half written, and how often which model was found.

    Raises
    ------
    RuntimeError
        If a file was neither of the two.
    """
    folder, rng, pair = Path(folder), random.Random(seed), list(models())
    path = folder / "model.fnn"
    contents = []
    for model in pair:
        started = time.perf_counter()
        fastnn.save(model, path)
        duration = time.perf_counter() - started
        contents.append(path.read_bytes())
    found, half_written = [0, 0], 0
    for trial in range(trials):
        _kill_a_saver(pair, path, rng.uniform(0, 4 * duration))
        content = path.read_bytes()
        if content not in contents:
            raise RuntimeError(f"trial {trial}: the file is neither the old nor the new one")
        fastnn.load(path)
        found[contents.index(content)] += 1
        for left in folder.glob(".*.tmp"):
            half_written += left.stat().st_size < len(content)
            left.unlink()
    return {"trials": trials, "killed_half_written": half_written, "found": found}


def _kill_a_saver(pair, path, delay):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, b"!")
            while True:
                for model in pair:
                    fastnn.save(model, path)
        finally:
            os._exit(1)
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise RuntimeError(f"the saving process ended by itself with status {status}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(run(options.trials, folder, options.seed))


if __name__ == "__main__":
    main()
