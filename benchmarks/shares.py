"""What shares that follow the cores gain: ``python -m benchmarks.shares [--out FILE]``.

Training steps with all threads (Adam, float32), with equal shares and with shares that follow the
speed of the cores (fastnn/_kernels/training/shares.pyx), in turns; first undisturbed, then while
another process asks for a part of one core, in bursts of a tenth of a millisecond: a step shorter
than that meets a slow core at one time and only quick ones at another, and no share is right for
both. Times are medians over the rounds; gain is the median over the rounds of the ratio of the two
times of one round. The threads should be as many as the cores, and pinning the process needs Linux.
"""

import argparse
import multiprocessing
import os
import statistics
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks import layout, machine
from benchmarks.bench_epoch import network, targets
from benchmarks.peers.cases import BY_NAME
from fastnn.optimizers import Adam
from fastnn.threads import FixedThreads, effective_n_threads
from fastnn.training.trainer import make_trainer

CASES = ["tiny", "small", "medium, no zeros", "large"]
BURST = 1e-4
STRETCH = 0.03  # seconds of one measurement


class Training:
    """Steps of one net."""

    def __init__(self, case, X, y, threads, *, equal):
        self.trainer = make_trainer(
            network(case, X.dtype), Adam(), batch_size=case.batch, n_threads=threads
        )
        self.trainer._threads = FixedThreads(threads)
        self.trainer._engine.hold_shares(equal)
        self.data = X, targets(case, X, y)
        self.order = np.random.default_rng(0).permutation(len(X))

    def steps(self, n):
        """Seconds of one of n."""
        begun = time.perf_counter()
        self.trainer.run(*self.data, self.order, 0, n, learning_rate=1e-4)
        return (time.perf_counter() - begun) / n


def take_part_of(cpu, part):
    """Keep one CPU busy for a part of the time, until killed."""
    os.sched_setaffinity(0, {cpu})
    while True:
        end = time.perf_counter() + BURST
        while time.perf_counter() < end:
            pass
        time.sleep(BURST * (1 - part) / part)


@contextmanager
def neighbour(part):
    """A process that takes a part of the last CPU; of none, no process."""
    if not part:
        yield
        return
    arguments = max(os.sched_getaffinity(0)), part
    process = multiprocessing.get_context("spawn").Process(target=take_part_of, args=arguments)
    process.start()
    try:
        time.sleep(1)  # until it has its modules
        yield
    finally:
        process.kill()
        process.join()


def measure(case, rounds, threads, part):
    """Median seconds of a step with equal shares and with those that follow; gain; the latter."""
    X, y = case.data()
    equal, follow = (Training(case, X, y, threads, equal=hold) for hold in (True, False))
    with neighbour(part):
        n = min(case.steps, max(1, int(STRETCH / max(equal.steps(8), follow.steps(8)))))
        for _ in range(10):  # time for the shares to find their way
            equal.steps(n), follow.steps(n)
        pairs = [(equal.steps(n), follow.steps(n)) for _ in range(rounds)]
    times = (statistics.median(column) for column in zip(*pairs, strict=True))
    gain = statistics.median(before / after for before, after in pairs)
    return *times, gain, follow.trainer._engine.shares()


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shares", description=__doc__)
    parser.add_argument("--rounds", type=int, default=41)
    parser.add_argument("--threads", type=int, default=effective_n_threads())
    parser.add_argument("--parts", nargs="+", type=float, default=[0, 0.33, 0.5], metavar="P")
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    if options.threads < 2:
        parser.error("a single thread shares nothing: --threads must be at least 2")
    rows = []
    for name in CASES:
        for part in options.parts:
            *times, gain, shares = measure(BY_NAME[name], options.rounds, options.threads, part)
            spread = (f"{100 * kind.min():.0f} to {100 * kind.max():.0f}" for kind in shares)
            times = (layout.significant(seconds * 1e6) for seconds in times)
            rows.append([name, f"{part:.0%}", *times, f"{gain:.2f}×", *spread])
    header = ["net", "of a core asked for", "equal, µs a step", "following, µs", "gain"]
    text = layout.markdown([*header, "shares of rows, %", "of strips, %"], rows)
    machine.publish("shares", __doc__, text, options)


if __name__ == "__main__":
    main()
