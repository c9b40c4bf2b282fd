"""Batches of a restricted Boltzmann machine: fastnn, scikit-learn, and NumPy by hand.

Microseconds a batch, 256 hidden units, and the median over rounds of the ratio to fastnn of the
same round. `counter` is fastnn with `rng="counter"`; `no zeros` is fastnn with a small number in
place of each zero of the rows, so that none is left out of the products with them (of the chains'
states zeros still are); `CSR` is fastnn with sparse rows; NumPy by hand is scikit-learn's step
with the uniform numbers of a `Generator`. `transform` is of all rows.

    python -m benchmarks.rbm [--data mnist.npz] [--rounds 5] [--threads N] [--cpu] [--out FILE]

Without a file the rows are drawn, as wide and as full as MNIST. For one thread in all of them set
OPENBLAS_NUM_THREADS=1 as well. `--cpu` counts the CPU time of the process, for machines that have
other work: of one thread, as those of a team spin while they wait. Drawing the first weights is
part of each fit.
"""

import argparse
import functools
import time
from pathlib import Path

import numpy as np
import scipy.sparse
from scipy.special import expit
from sklearn import neural_network

from benchmarks import machine
from fastnn import BernoulliRBM

HIDDEN = 256
COLUMNS = ("fastnn", "counter", "no zeros", "CSR", "scikit-learn", "NumPy")


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


def rounds(contenders, n, clock):
    """Seconds of each contender in each of n rounds, after one that does not count."""
    seconds = {name: [] for name in contenders}
    for turn in range(n + 1):
        for name, work in contenders.items():
            begin = clock()
            work()
            if turn:
                seconds[name].append(clock() - begin)
    return {name: np.array(taken) for name, taken in seconds.items()}


def line(case, seconds, per):
    """A row of the table: medians, and ratios to fastnn's of the same round."""
    own = seconds["fastnn"]
    cells = [case]
    for name in COLUMNS:
        if name not in seconds:
            cells.append("")
            continue
        text = f"{np.median(seconds[name]) / per * 1e6:.0f}"
        ratio = np.median(seconds[name] / own)
        cells.append(text if name == "fastnn" else f"{text} ({ratio:.2f}×)")
    return "| " + " | ".join(cells) + " |"


def training(X, batch_size, n_threads):
    """An epoch of each contender."""
    shared = {"batch_size": batch_size, "n_iter": 1, "random_state": 0}
    own = BernoulliRBM(HIDDEN, n_jobs=n_threads, **shared)
    counter = BernoulliRBM(HIDDEN, rng="counter", n_jobs=n_threads, **shared)
    theirs = neural_network.BernoulliRBM(HIDDEN, **shared)
    return {
        "fastnn": functools.partial(own.fit, X),
        "counter": functools.partial(counter.fit, X),
        "no zeros": functools.partial(own.fit, without_zeros(X)),
        "CSR": functools.partial(own.fit, scipy.sparse.csr_matrix(X)),
        "scikit-learn": functools.partial(theirs.fit, X),
        "NumPy": functools.partial(by_hand, X, batch_size),
    }


def transforming(X, n_threads):
    """`transform` of all rows by each contender, with the weights of a few batches."""
    shared = {"n_iter": 1, "random_state": 0}
    own = BernoulliRBM(HIDDEN, n_jobs=n_threads, **shared).fit(X[:1000])
    theirs = neural_network.BernoulliRBM(HIDDEN, **shared).fit(X[:1000])
    return {
        "fastnn": functools.partial(own.transform, X),
        "no zeros": functools.partial(own.transform, without_zeros(X)),
        "CSR": functools.partial(own.transform, scipy.sparse.csr_matrix(X)),
        "scikit-learn": functools.partial(theirs.transform, X),
    }


def without_zeros(X):
    """X with small numbers in place of zeros."""
    return np.maximum(X, X.dtype.type(1e-3))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, help="an .npz with MNIST's rows")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=60000, help="of transform")
    parser.add_argument("--train", type=int, default=6000, help="rows of training")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--cpu", action="store_true", help="CPU time in place of the wall's")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    clock = time.process_time if options.cpu else time.perf_counter
    what = "CPU time of the process" if options.cpu else "Time on the wall"
    table = [
        f"{what}, {options.rounds} rounds.",
        "",
        "| | fastnn, µs | counter | no zeros | CSR | scikit-learn | NumPy by hand |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for dtype in ("float64", "float32"):
        X = np.ascontiguousarray(rows(options.data, options.rows), dtype)
        for batch_size in (10, 100):
            some = X[: options.train]
            contenders = training(some, batch_size, options.threads)
            seconds = rounds(contenders, options.rounds, clock)
            n_batches = -(-len(some) // batch_size)
            table.append(line(f"batch of {batch_size}, {dtype}", seconds, n_batches))
            print(table[-1], flush=True)
        seconds = rounds(transforming(X, options.threads), options.rounds, clock)
        table.append(line(f"transform, {len(X):,} rows, {dtype}", seconds, 1))
        print(table[-1], flush=True)
    machine.publish("rbm", __doc__, "\n".join(table), options)


if __name__ == "__main__":
    main()
