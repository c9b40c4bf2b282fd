"""Score a memory-mapped file of more than 2^31 numbers in place: no copy, no overflow of an index.

python tests/reliability/huge_memmap.py [--folder DIR]     Linux; a minute, 8.6 GB of sparse file
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

import numpy as np

import fastnn

N_FEATURES = 32
N_ROWS = 2**31 // N_FEATURES + 2**20 // N_FEATURES
LIMIT = 200 << 20  # bytes of memory that is not the mapped files
CHECKED = 1000  # rows at each end, and around element 2^31, that are not zero


def anonymous():
    """Bytes of memory of this process without mapped files."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(r"^RssAnon:\s+(\d+) kB", status, re.MULTILINE)[1])


def watched():
    """The rows that hold numbers: the first, the last, those where the index passes 2^31."""
    at_limit = 2**31 // N_FEATURES
    starts = (0, at_limit - CHECKED // 2, N_ROWS - CHECKED)
    return [slice(start, start + CHECKED) for start in starts]


def sparse_file(path, rng):
    """A file of N_ROWS rows, holes but for the watched ones."""
    X = np.memmap(path, np.float32, "w+", shape=(N_ROWS, N_FEATURES))
    for rows in watched():
        X[rows] = rng.normal(size=(CHECKED, N_FEATURES))
    X.flush()
    return np.memmap(path, np.float32, "r", shape=(N_ROWS, N_FEATURES))


def run(folder):
    """Score the file into another one, for a regressor's predictions.

    Returns
    -------
    dict
        ``elements`` scored, bytes by which anonymous memory has ``grown``, rows that are ``wrong``.
    """
    rng = np.random.default_rng(0)
    sample = rng.normal(size=(500, N_FEATURES))
    model = fastnn.MLPRegressor(hidden_layer_sizes=(16,), max_iter=20, random_state=0)
    predictor = fastnn.Predictor(model.fit(sample, sample[:, 0] - sample[:, 1]))
    X = sparse_file(Path(folder, "X.f32"), rng)
    out = np.memmap(Path(folder, "y.f32"), np.float32, "w+", shape=(N_ROWS,))
    parts = [np.array(X[rows]) for rows in watched()]
    expected = [predictor.predict(part) for part in parts]
    at_zero = predictor.predict(np.zeros(N_FEATURES, np.float32))[0]
    before = anonymous()
    returned = predictor.predict(X, out=out)
    grown = anonymous() - before
    wrong = sum(
        np.count_nonzero(out[rows] != values)
        for rows, values in zip(watched(), expected, strict=True)
    )
    wrong += np.count_nonzero(out != at_zero) > CHECKED * len(parts)
    return {"elements": X.size, "grown": grown, "wrong": int(wrong), "same": returned is out}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", help="where to make the files; default: as tempfile chooses")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        result = run(folder)
    print(result)
    sys.exit(bool(result["wrong"] or result["grown"] >= LIMIT or not result["same"]))


if __name__ == "__main__":
    main()
