"""Encoded columns: ``python -m benchmarks.columns [--rounds N] [--threads N] [--out FILE]``.

Steps of 128 rows, by AdamW, of 8 columns with 32 bins each, then 128-128-1 of ReLUs, in float32:
looked up (`fastnn.layers.Columns`), and the same network on the wide rows written down, in turns; a
ratio is the median of the rounds' ratios. Then one row of 100 columns with 32 bins through the same
layers. What a layer of the wide rows costs beside the rest shows the network on the 8 raw numbers.
"""

import argparse
import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks import layout, machine
from fastnn.layers import Columns, Dense
from fastnn.layers.piecewise import number_column
from fastnn.model.of_network import compiled_model
from fastnn.network.compiled import CompiledNetwork
from fastnn.optimizers import AdamW
from fastnn.scoring.scorer import make_scorer
from fastnn.threads import effective_n_threads
from fastnn.training.trainer import make_trainer

ROWS, BATCH, BINS = 12800, 128, 32
HIDDEN = [Dense(128, "relu"), Dense(128, "relu"), Dense(1)]


def network(n_in, *first):
    """With weights that let signals through as they are."""
    net = CompiledNetwork(n_in, [*first, *HIDDEN], "squared_error", np.float32)
    rng = np.random.default_rng(0)
    for coef in net.coefs:
        coef[...] = rng.normal(scale=(2 / sum(coef.shape)) ** 0.5, size=coef.shape)
    return net


def table(n_columns):
    """Rows, and the layer that encodes them."""
    X = np.random.default_rng(1).normal(size=(ROWS, n_columns)).astype(np.float32)
    return X, Columns([number_column(x, BINS) for x in X.T])


def seconds(call, times=1):
    """Of one of so many calls."""
    begun = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - begun) / times


def in_turns(calls, rounds, times):
    """Name -> (median seconds, median ratio to the first one)."""
    for call in calls.values():  # caches, page faults, the choice of threads
        seconds(call, times)
    found = [[seconds(call, times) for call in calls.values()] for _ in range(rounds)]
    return {
        name: (
            statistics.median(row[i] for row in found),
            statistics.median(row[i] / row[0] for row in found),
        )
        for i, name in enumerate(calls)
    }


def steps(threads):
    """What trains an epoch of each network."""
    X, columns = table(8)
    calls = {}
    for name, rows, first in (
        ("looked up", X, [columns]),
        ("wide rows", columns.transform(X), []),
        ("raw numbers alone", X, []),
    ):
        net = network(rows.shape[1], *first)
        trainer = make_trainer(net, AdamW(), batch_size=BATCH, n_threads=threads)
        data, order = trainer.data(rows, X[:, :1]), np.arange(ROWS)

        def epoch(trainer=trainer, data=data, order=order):
            trainer.train(data, order, 0, ROWS // BATCH, learning_rate=1e-3)

        calls[name] = epoch
    return calls


def rows_alone():
    """What scores one row by each network."""
    X, columns = table(100)
    narrow = make_scorer(compiled_model(network(100, columns)))
    wide = make_scorer(compiled_model(network(columns.n_out)))
    row, encoded = X[:1].copy(), columns.transform(X[:1])
    return {
        "looked up": lambda: narrow.raw(row, None, 1),
        "wide row": lambda: wide.raw(encoded, None, 1),
        "encoding it in NumPy": lambda: columns.transform(row),
    }


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.columns", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=effective_n_threads())
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    batches = ROWS // BATCH
    rows = []
    for what, calls, times, per in (
        ("a step, 8 columns", steps(options.threads), 1, batches),
        ("one row, 100 columns", rows_alone(), 50, 1),
    ):
        for name, (took, ratio) in in_turns(calls, options.rounds, times).items():
            rows.append([what, name, layout.significant(took / per * 1e6), f"{ratio:.2f}×"])
    text = layout.markdown(["what", "how", "µs", "to looked up"], rows)
    machine.publish("columns", __doc__, text, options)


if __name__ == "__main__":
    main()
