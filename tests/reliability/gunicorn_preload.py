"""A Predictor behind gunicorn, loaded and used before the workers are forked: the same bits.

pip install gunicorn
python tests/reliability/gunicorn_preload.py --requests 4000 --workers 4
"""

import argparse
import hashlib
import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from scoring_models import data, fitted

import fastnn

HERE = Path(__file__).resolve().parent
ROWS = (1, 7, 16, 300, 5000)
STARTS = 20.0  # seconds that the server may take to answer


class Service:
    """Answers ``GET /ROWS`` with the process's number and the digest of that many rows' scores."""

    def __init__(self):
        self._predictor = fastnn.Predictor(fitted("sklearn", "multiclass"))
        self._X = np.tile(data().astype(np.float32), (500, 1))[: max(ROWS)]
        for rows in ROWS:  # with threads, before the fork
            self.digest(rows)

    def digest(self, rows):
        scores = self._predictor.predict_proba(self._X[:rows], n_jobs=2)
        return hashlib.sha256(scores.tobytes()).hexdigest()

    def __call__(self, environ, start_response):
        answer = f"{os.getpid()} {self.digest(int(environ['PATH_INFO'].strip('/')))}".encode()
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))]
        start_response("200 OK", headers)
        return [answer]


def run(requests, workers, clients=8):
    """Serve, and ask from several clients at a time.

    Returns
    -------
    dict
        ``requests``, how many ``differing`` answers, and how many workers answered.
    """
    service = Service()
    expected = {rows: service.digest(rows) for rows in ROWS}
    port = _free_port()
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "--preload", "--log-level", "warning"),
            *("--workers", str(workers), "--bind", f"127.0.0.1:{port}", "--chdir", str(HERE)),
            f"{Path(__file__).stem}:application()",
        ]
    )

    def ask(number):
        rows = ROWS[number % len(ROWS)]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{rows}", timeout=STARTS) as answer:
            pid, digest = answer.read().decode().split()
        return pid, digest == expected[rows]

    try:
        _await(port, server)
        with ThreadPoolExecutor(clients) as pool:
            answers = list(pool.map(ask, range(requests)))
    finally:
        server.terminate()
        server.wait(STARTS)
    answered = Counter(pid for pid, _ in answers)
    differing = sum(not same for _, same in answers)
    return {"requests": len(answers), "differing": differing, "workers": len(answered)}


def application():
    """The application that gunicorn loads."""
    return Service()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _await(port, server):
    deadline = time.monotonic() + STARTS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"gunicorn does not answer (status {server.poll()})")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--workers", type=int, default=4)
    options = parser.parse_args()
    if importlib.util.find_spec("gunicorn") is None:
        sys.exit("gunicorn is not installed: pip install gunicorn")
    result = run(options.requests, options.workers)
    print(result)
    sys.exit(result["differing"] > 0 or result["workers"] != options.workers)


if __name__ == "__main__":
    main()
