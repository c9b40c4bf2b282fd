"""Recurrent networks: the adding problem, and training steps beside PyTorch's on one thread, by the
processor's clock. ``python -m benchmarks.recurrent [units rows steps]``
"""

import sys
import time

import numpy as np

from fastnn import Network
from fastnn.layers import LSTM, Dense


def adding(rows, steps, seed):
    """Sequences of (number, mark), and the sum of the two marked numbers (Hochreiter and
    Schmidhuber, 1997)."""
    rng = np.random.RandomState(seed)
    X = np.zeros((rows, steps, 2), np.float32)
    X[:, :, 0] = rng.uniform(size=(rows, steps))
    places = np.stack([rng.randint(0, steps // 2, rows), rng.randint(steps // 2, steps, rows)], 1)
    np.put_along_axis(X[:, :, 1], places, 1, axis=1)
    y = np.take_along_axis(X[:, :, 0], places, axis=1).sum(axis=1, keepdims=True)
    return X.reshape(rows, -1), y


def solve(seed, steps=8000, batch=32, length=100):
    """Mean squared error on new sequences after so many steps, and seconds of the processor."""
    X, y = adding(steps * batch, length, seed)
    net = Network([LSTM(8, 2), Dense(1)], dtype="float32", random_state=seed)
    began = time.process_time()
    net.fit(X, y, epochs=1, batch_size=batch, learning_rate=0.005, clip_norm=1.0, n_jobs=1)
    took = time.process_time() - began
    X, y = adding(2000, length, 1000 + seed)
    return float(((net.predict(X) - y) ** 2).mean()), took


def ratio(units, rows, steps, rounds=5):
    """Milliseconds of a training step, PyTorch's and ours, and the median of their ratios."""
    import torch

    torch.set_num_threads(1)
    X, y = adding(rows, steps, 0)
    net = Network([LSTM(units, 2), Dense(1)], dtype="float32", random_state=0)
    lstm, last = torch.nn.LSTM(2, units, batch_first=True), torch.nn.Linear(units, 1)
    parameters = [*lstm.parameters(), *last.parameters()]
    adam = torch.optim.Adam(parameters, lr=0.005)
    x, t = torch.tensor(X).reshape(rows, steps, 2), torch.tensor(y)

    def theirs(n):
        for _ in range(n):
            adam.zero_grad()
            ((last(lstm(x)[0][:, -1]) - t) ** 2).mean().backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            adam.step()

    def ours(n):
        net.fit(X, y, epochs=n, batch_size=rows, learning_rate=0.005, clip_norm=1.0, n_jobs=1)

    found = []
    theirs(1), ours(1)
    for _ in range(rounds):
        times = []
        for train, n in ((theirs, 5), (ours, 25)):
            began = time.process_time()
            train(n)
            times.append(1e3 * (time.process_time() - began) / n)
        found.append(times)
    found = np.array(found)
    return *np.median(found, axis=0), float(np.median(found[:, 0] / found[:, 1]))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print("PyTorch ms, fastnn ms, ratio:", *ratio(*map(int, sys.argv[1:])))
    else:
        for seed in range(5):
            print("seed, error, seconds of the processor:", seed, *solve(seed), flush=True)
