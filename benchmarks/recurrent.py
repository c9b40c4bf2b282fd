"""Recurrent networks: the adding problem, and how fast, beside PyTorch, onnxruntime and NumPy.

An LSTM over steps of two numbers with a linear layer behind its last step, float32, squared error,
Adam, the gradient's norm held to 1: training steps of several sizes, one step of a sequence that
goes on, one sequence of 50 steps scored, and the memory of a fit. Ratios are medians over rounds in
which all take turns; above 1 fastnn is faster. The adding problem (Hochreiter and Schmidhuber,
1997) has 100 steps, 8 units, batches of 32 and 8,000 training steps; its errors are on new
sequences.

    python -m benchmarks.recurrent [--rounds 5] [--threads N] [--only WHAT] [--out FILE]

WHAT is one of adding, training, scoring, memory. PyTorch and onnxruntime are left out where they
are not installed.
"""

import argparse
import time
from pathlib import Path

import numpy as np

import fastnn
from benchmarks import machine
from benchmarks.memory import growth
from benchmarks.numpy_recurrent import Lstm
from benchmarks.turns import memory_rows, rounds, rows_of
from fastnn import Network, Predictor
from fastnn.layers import LSTM, Dense

SEEDS = 5
#: Units, rows, steps of a sequence, and training steps that are timed at a time.
SIZES = ((8, 32, 100, 40), (64, 64, 50, 20), (256, 64, 50, 3))
MANY = (64, 256, 100)  # of the fit whose memory is asked


def adding(rows, steps, seed):
    """Sequences of (number, mark), and the sum of the two marked numbers."""
    rng = np.random.RandomState(seed)
    X = np.zeros((rows, steps, 2), np.float32)
    X[:, :, 0] = rng.uniform(size=(rows, steps))
    places = np.stack([rng.randint(0, steps // 2, rows), rng.randint(steps // 2, steps, rows)], 1)
    np.put_along_axis(X[:, :, 1], places, 1, axis=1)
    y = np.take_along_axis(X[:, :, 0], places, axis=1).sum(axis=1, keepdims=True)
    return X.reshape(rows, -1), y


def solve(seed, n_threads, steps=8000, batch=32, length=100, layer=LSTM):
    """Mean squared error on new sequences after so many steps, and seconds."""
    X, y = adding(steps * batch, length, seed)
    net = Network([layer(8, 2), Dense(1)], dtype="float32", random_state=seed)
    began = time.perf_counter()
    net.fit(X, y, epochs=1, batch_size=batch, learning_rate=0.005, clip_norm=1.0, n_jobs=n_threads)
    took = time.perf_counter() - began
    X, y = adding(2000, length, 1000 + seed)
    return float(((net.predict(X) - y) ** 2).mean()), took


def problem(n_threads):
    """The adding problem, seed by seed."""
    found = []
    for seed in range(SEEDS):
        error, took = solve(seed, n_threads)
        found.append(f"| adding problem, seed {seed} | fastnn | {took:.2f} s | error {error:.5f} |")
        print(found[-1], flush=True)
    return found


class Torch:
    """The same network in PyTorch."""

    def __init__(self, units, n_threads):
        import torch

        torch.set_num_threads(n_threads)
        self.torch, self.units = torch, units
        self.lstm, self.last = torch.nn.LSTM(2, units, batch_first=True), torch.nn.Linear(units, 1)
        self.parameters = [*self.lstm.parameters(), *self.last.parameters()]
        self.adam = torch.optim.Adam(self.parameters, lr=0.005, fused=True)

    def train(self, X, y, n):
        x, t = self.torch.tensor(X).reshape(len(X), -1, 2), self.torch.tensor(y)
        for _ in range(n):
            self.adam.zero_grad()
            ((self.last(self.lstm(x)[0][:, -1]) - t) ** 2).mean().backward()
            self.torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
            self.adam.step()

    def stream(self, X):
        """Step by step, by the cell that PyTorch has for it."""
        cell = self.torch.nn.LSTMCell(2, self.units)
        with self.torch.inference_mode():
            state = None
            for x in self.torch.from_numpy(X).split(1):
                state = cell(x, state)
                self.last(state[0])

    def score(self, X):
        with self.torch.inference_mode():
            return self.last(self.lstm(self.torch.from_numpy(X).reshape(len(X), -1, 2))[0][:, -1])


def peer(units, n_threads):
    """The network in PyTorch, None where that is not installed."""
    try:
        return Torch(units, n_threads)
    except ImportError:
        print("PyTorch is not installed")
        return None


def ours(units, X, y, n, n_threads, **options):
    """A network, and a function that trains n steps on all rows."""
    net = Network([LSTM(units, 2), Dense(1)], dtype="float32", random_state=0)
    options = {"batch_size": len(X), "learning_rate": 0.005, "clip_norm": 1.0} | options
    return net, lambda: net.fit(X, y, epochs=n, n_jobs=n_threads, **options)


def training(n_rounds, n_threads):
    """Training steps of several sizes."""
    found = []
    for units, rows, steps, n in SIZES:
        X, y = adding(rows, steps, 0)
        work = {"fastnn": ours(units, X, y, n, n_threads)[1]}
        if torch := peer(units, n_threads):
            work["PyTorch"] = lambda torch=torch, X=X, y=y, n=n: torch.train(X, y, n)
        hand = Lstm(units, 2)
        work["NumPy by hand"] = lambda hand=hand, X=X, y=y, n=n: [
            hand.train(X.reshape(len(X), -1, 2), y) for _ in range(n)
        ]
        what = f"training step, {units} units, {rows} rows, {steps} steps"
        found += rows_of(what, rounds(work, n_rounds), "ms", n / 1000)
    return found


def scoring(n_rounds, n_threads, units=64, steps=50):
    """One step of a sequence that goes on, and one whole sequence."""
    X, y = adding(64, steps, 0)
    net, fit = ours(units, X, y, 1, n_threads)
    fit()
    predictor, one, torch = Predictor(net), X[:1], peer(units, n_threads)
    many = np.tile(one.reshape(-1, 2), (10, 1))

    def stream():
        state = None
        for x in many:
            _, state = predictor.step(x, state)

    def by_hand():
        hand, h, c = Lstm(units, 2), *np.zeros((2, 1, units), np.float32)
        for x in many:
            _, h, c = hand.step(x[None], h, c)
            h @ hand.parameters[2] + hand.parameters[3]

    work = {"fastnn": stream, "NumPy by hand": by_hand}
    if torch:
        work["PyTorch's LSTMCell"] = lambda: torch.stream(many)
    found = rows_of(f"one step, {units} units", rounds(work, n_rounds), "µs", len(many) / 1e6)
    work = {"fastnn": lambda: [predictor.predict(one) for _ in range(100)]}
    if torch:
        work["PyTorch"] = lambda: [torch.score(one) for _ in range(100)]
    try:
        import onnxruntime
    except ImportError:
        print("onnxruntime is not installed")
    else:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = n_threads
        content = fastnn.to_onnx(predictor).SerializeToString()
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        difference = session.run(None, {name: X})[0].ravel() - predictor.predict(X).ravel()
        assert np.abs(difference).max() < 1e-5
        work["onnxruntime"] = lambda: [session.run(None, {name: one}) for _ in range(100)]
    what = f"one sequence of {steps} steps, {units} units"
    return found + rows_of(what, rounds(work, n_rounds), "µs", 100 / 1e6)


def peak(who, n_threads):
    """Print by how many MB the process grows in a few steps, the data being there."""
    units, rows, steps = MANY
    X, y = adding(rows, steps, 0)
    if who == "PyTorch":
        import torch  # noqa: F401

    def work():
        if who == "PyTorch":
            Torch(units, n_threads).train(X, y, 3)
        else:
            ours(units, X, y, 3, n_threads)[1]()

    print(growth(work) / 1e6)


def memory(n_threads):
    """Of a fit, each in a process of its own."""
    units, rows, steps = MANY
    what = f"memory of a fit, {units} units, {rows} rows, {steps} steps"
    return memory_rows(what, ["benchmarks.recurrent", "--threads", str(n_threads)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=machine.cpu_count())
    parser.add_argument("--only", choices=["adding", "training", "scoring", "memory"])
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.peak:
        peak(options.peak, options.threads)
        return
    parts = {
        "adding": lambda: problem(options.threads),
        "training": lambda: training(options.rounds, options.threads),
        "scoring": lambda: scoring(options.rounds, options.threads),
        "memory": lambda: memory(options.threads),
    }
    table = ["| | | | beside fastnn |", "| --- | --- | ---: | ---: |"]
    for name, part in parts.items():
        if options.only in (None, name):
            table += part()
    machine.publish("recurrent", __doc__, "\n".join(table), options)


if __name__ == "__main__":
    main()
