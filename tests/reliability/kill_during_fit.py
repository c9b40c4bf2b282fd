"""SIGKILL in the middle of a fit on a stream: from its checkpoint it comes to the same bits.

python tests/reliability/kill_during_fit.py --trials 50
"""

import argparse
import os
import random
import signal
import tempfile
import time
from pathlib import Path

import numpy as np

from fastnn import MLPClassifier
from fastnn.data import fit, stream


def long_fit(checkpoint):
    """Some sixty blocks, with a checkpoint after each."""
    X = np.random.RandomState(0).normal(size=(6000, 4))
    model = MLPClassifier((16,), batch_size=50, random_state=0, n_jobs=1)
    rows = stream(X, (X[:, 0] > 0) * 1, block_rows=400)
    return fit(model, rows, epochs=4, checkpoint=checkpoint)


def run(trials, folder, seed=0):
    """Kill a training child at random moments; begin anew when one has come to the end.

    Returns
    -------
    dict
        ``trials``, how many ``kills`` hit a fit under way, and how many ``fits`` ended.

    Raises
    ------
    RuntimeError
        If a fit that was killed came to other bits.
    """
    rng, path = random.Random(seed), Path(folder) / "checkpoint"
    started = time.perf_counter()
    expected = long_fit(Path(folder) / "straight")
    duration = time.perf_counter() - started
    kills = fits = 0
    for _ in range(trials):
        child = os.fork()
        if child == 0:
            try:
                long_fit(path)
            finally:
                os._exit(0)
        time.sleep(rng.uniform(0.05, 0.6) * duration)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            kills += 1
        else:
            fits += 1
            check(path, expected)
    check(path, expected)
    return {"trials": trials, "kills": kills, "fits": fits + 1}


def check(path, expected):
    """Go on to the end, compare, and remove the checkpoint."""
    found = long_fit(path)
    same = found.loss_curve_ == expected.loss_curve_ and found.t_ == expected.t_
    for a, b in zip(found.coefs_, expected.coefs_, strict=True):
        same = same and (a == b).all()
    if not same:
        raise RuntimeError("a fit that was killed came to other bits")
    path.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=50)
    with tempfile.TemporaryDirectory() as folder:
        print(run(parser.parse_args().trials, folder))


if __name__ == "__main__":
    main()
