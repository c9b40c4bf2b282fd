"""A Predictor used with threads, then forked, as gunicorn does with --preload: the same bits.

python tests/reliability/fork.py --repeats 50 --workers 4
"""

import argparse
import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from scoring_models import data, fitted

import fastnn

DEADLINE = 20.0  # seconds a worker may take; a deadlock takes for ever


def run(repeats, workers):
    """Fork workers while another thread is scoring.

    Returns
    -------
    dict
        ``workers`` started in all, and how many ``failed``: differing bits, an error, or a hang.
    """
    predictor = fastnn.Predictor(fitted("sklearn", "multiclass"))
    X = np.tile(data().astype(np.float32), (500, 1))
    expected = predictor.predict_proba(X, n_jobs=2).tobytes()
    stop = threading.Event()

    def keep_scoring():
        while not stop.is_set():
            predictor.predict_proba(X, n_jobs=2)

    scorer = threading.Thread(target=keep_scoring)
    scorer.start()
    failed = 0
    try:
        for _ in range(repeats):
            children = [_fork_worker(predictor, X, expected) for _ in range(workers)]
            failed += sum(not _ends_well(child) for child in children)
    finally:
        stop.set()
        scorer.join()
    return {"workers": repeats * workers, "failed": failed}


def _fork_worker(predictor, X, expected):
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        same = predictor.predict_proba(X, n_jobs=2).tobytes() == expected
        same = same and predictor.predict_proba(X).tobytes() == expected
        one_row = predictor.predict_proba(X[:1]).tobytes()
        status = 0 if same and one_row == expected[: len(one_row)] else 2
    finally:
        os._exit(status)


def _ends_well(child):
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status == 0
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--workers", type=int, default=4)
    options = parser.parse_args()
    result = run(options.repeats, options.workers)
    print(result)
    sys.exit(result["failed"] > 0)


if __name__ == "__main__":
    main()
