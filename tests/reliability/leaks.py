"""Fit, score, save and load over and over: the process does not grow.

python tests/reliability/leaks.py --cycles 2000
"""

import argparse
import contextlib
import gc
import pickle
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import psutil
from scipy.sparse import csr_array

import fastnn

LIMIT = 1 << 20  # bytes between the first measurement and the last


def cycle(X, path):
    """Once through everything that allocates: both solvers, dense and sparse, files, refusals."""
    labels, values = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0), X @ X[0]
    classifier = fastnn.MLPClassifier((12,), batch_size=32, max_iter=3).fit(X, labels)
    classifier.partial_fit(X, labels)
    classifier.predict(X[:1])
    classifier.predict_proba(X)
    fastnn.MLPClassifier((5,), max_iter=1).fit(csr_array(X), labels)
    regressor = fastnn.MLPRegressor(hidden_layer_sizes=(6, 5), solver="lbfgs", max_iter=3)
    regressor.fit(X, values)
    regressor.predict(X)
    for model in (classifier, regressor):
        fastnn.save(model, path)
        loaded = fastnn.load(path)
        predictor = fastnn.Predictor(pickle.loads(pickle.dumps(loaded)))
        for rows in (X[0], X, X.astype(np.float32), np.asfortranarray(X), csr_array(X)):
            predictor.predict(rows, n_jobs=2)
        with contextlib.suppress(ValueError):
            predictor.predict(np.full_like(X, np.nan))
    path.write_bytes(path.read_bytes()[:-1])
    with contextlib.suppress(fastnn.ModelFormatError):
        fastnn.load(path)


def resident():
    """Bytes of memory that the process holds."""
    gc.collect()
    return psutil.Process().memory_info().rss


def run(cycles, settled):
    """Repeat the cycle; what the process holds after ``settled`` cycles is where growth begins.

    Returns
    -------
    dict
        ``cycles``, ``resident`` bytes in the end and the bytes by which they have ``grown``.
    """
    X = np.random.default_rng(0).normal(size=(120, 9))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(cycles):
            if number == settled:
                before = resident()
            cycle(X, Path(folder, "model.fnn"))
    after = resident()
    return {"cycles": cycles, "resident": after, "grown": after - before}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cycles", type=int, default=2000)
    parser.add_argument("--settled", type=int, default=None, help="default: a tenth of the cycles")
    options = parser.parse_args()
    settled = options.cycles // 10 if options.settled is None else options.settled
    if not 0 < settled < options.cycles:
        parser.error("--settled must be between 0 and --cycles")
    result = run(options.cycles, settled)
    print(result)
    sys.exit(result["grown"] >= LIMIT)


if __name__ == "__main__":
    main()
