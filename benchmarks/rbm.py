"""Batches of a restricted Boltzmann machine: fastnn, scikit-learn, and NumPy by hand.

Microseconds a batch, 256 hidden units, and the median over rounds of the ratio to fastnn.
`counter` is fastnn with `rng="counter"`; NumPy by hand is scikit-learn's step with the uniform
numbers of a `Generator`. `transform` is of all rows.

    python -m benchmarks.rbm [--data mnist.npz] [--rounds 5] [--threads N] [--out FILE]

Without a file the rows are drawn, as wide and as full as MNIST. For one thread in all of them set
OPENBLAS_NUM_THREADS=1 as well.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from scipy.special import expit
from sklearn import neural_network

from benchmarks import machine
from fastnn import BernoulliRBM

HIDDEN = 256


def rows(path, n):
    """Rows (n, 784) in [0, 1]."""
    if path is not None:
        with np.load(path) as file:
            X = file["X_train"] if "X_train" in file else file[file.files[0]]
        return X.reshape(len(X), -1)[:n] / 255
    rng = np.random.default_rng(0)
    return rng.random((n, 784)) * (rng.random((n, 784)) < 0.19)


def by_hand(X, batch_size):
    """An epoch in NumPy; returns the weights."""
    rng, dtype = np.random.default_rng(0), X.dtype
    W = rng.normal(0, 0.01, (HIDDEN, X.shape[1])).astype(dtype)
    c, b = np.zeros(HIDDEN, dtype), np.zeros(X.shape[1], dtype)
    h = np.zeros((batch_size, HIDDEN), dtype)
    rate = dtype.type(0.1 / batch_size)
    for begin in range(0, len(X), batch_size):
        v = X[begin : begin + batch_size]
        p = expit(v @ W.T + c)
        means = expit(h @ W + b)
        v_neg = (rng.random(means.shape, dtype) < means).astype(dtype)
        p_neg = expit(v_neg @ W.T + c)
        W += rate * (p.T @ v - p_neg.T @ v_neg)
        c += rate * (p.sum(axis=0) - p_neg.sum(axis=0))
        b += rate * (v.sum(axis=0) - v_neg.sum(axis=0))
        h = (rng.random(p_neg.shape, dtype) < p_neg).astype(dtype)
    return W


def rounds(contenders, n):
    """Seconds of each contender in each of n rounds, after one that does not count."""
    seconds = {name: [] for name in contenders}
    for turn in range(n + 1):
        for name, work in contenders.items():
            begin = time.perf_counter()
            work()
            if turn:
                seconds[name].append(time.perf_counter() - begin)
    return {name: np.array(taken) for name, taken in seconds.items()}


def line(case, seconds, per):
    """A row of the table: medians, and ratios to fastnn's of the same round."""
    own = seconds["fastnn"]
    cells = [case]
    for name in ("fastnn", "counter", "scikit-learn", "NumPy"):
        if name not in seconds:
            cells.append("")
            continue
        text = f"{np.median(seconds[name]) / per * 1e6:.0f}"
        ratio = np.median(seconds[name] / own)
        cells.append(text if name == "fastnn" else f"{text} ({ratio:.2f}×)")
    return "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, help="an .npz with MNIST's rows")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    table = [
        "| | fastnn, µs | counter | scikit-learn | NumPy by hand |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for dtype in ("float64", "float32"):
        X = np.ascontiguousarray(rows(options.data, options.rows), dtype)
        for batch_size in (10, 100):
            some = X[: 100 * batch_size]
            shared = {"batch_size": batch_size, "n_iter": 1, "random_state": 0}
            own = {**shared, "n_jobs": options.threads}
            models = {
                "fastnn": BernoulliRBM(HIDDEN, **own),
                "counter": BernoulliRBM(HIDDEN, rng="counter", **own),
                "scikit-learn": neural_network.BernoulliRBM(HIDDEN, **shared),
            }
            contenders = {name: lambda m=m, X=some: m.fit(X) for name, m in models.items()}
            contenders["NumPy"] = lambda X=some, n=batch_size: by_hand(X, n)
            seconds = rounds(contenders, options.rounds)
            table.append(line(f"batch of {batch_size}, {dtype}", seconds, len(some) / batch_size))
        contenders = {
            name: lambda m=models[name], X=X: m.transform(X) for name in ("fastnn", "scikit-learn")
        }
        seconds = rounds(contenders, options.rounds)
        table.append(line(f"transform, {len(X):,} rows, {dtype}", seconds, 1))
    machine.publish("rbm", __doc__, "\n".join(table), options)


if __name__ == "__main__":
    main()
