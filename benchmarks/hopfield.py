"""Recall by Hopfield nets beside others: ``python -m benchmarks.hopfield [--out FILE]``.

500 units, 40 random patterns stored by Hebb's rule, and states with a fifth of the units turned
that are run unit by unit until none changes: fastnn in float64; the same sweeps in NumPy for all
states at once, which pays a step of the interpreter for a unit rather than for a unit of a state;
and the package hopfieldnetwork; these two get fewer states. Times are of a state, medians over
rounds in which all take turns; ratio is the median of the ratios within a round. All must recall
the same share of the patterns.
"""

import argparse
import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks import layout, machine
from fastnn import HopfieldNetwork
from fastnn.threads import effective_n_threads

UNITS, PATTERNS = 500, 40


class Ours:
    n_states = 2000

    def __init__(self, patterns, threads):
        self.net = HopfieldNetwork(random_state=0, n_jobs=threads).fit(patterns)

    def recall(self, states):
        return self.net.predict(states)


class Sweeps:
    n_states = 400

    def __init__(self, patterns, threads):
        self.weights = patterns.T @ patterns / UNITS
        np.fill_diagonal(self.weights, 0)

    def recall(self, states):
        states, rng, before = states.copy(), np.random.default_rng(0), None
        while before is None or (states != before).any():
            before = states.copy()
            for unit in rng.permutation(UNITS):
                states[:, unit] = np.where(states @ self.weights[unit] < 0, -1, 1)
        return states


class Package:
    n_states = 50

    def __init__(self, patterns, threads):
        from hopfieldnetwork import HopfieldNetwork

        self.net = HopfieldNetwork(N=UNITS)
        for pattern in patterns:
            self.net.train_pattern(pattern)

    def recall(self, states):
        states = states.copy()
        for state in states:  # which it works in
            self.net.set_initial_neurons_state(state)
            self.net.update_neurons(1, "async", run_max=True)
        return states


CONTENDERS = {"fastnn": Ours, "NumPy": Sweeps, "hopfieldnetwork": Package}


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hopfield", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=effective_n_threads())
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    patterns = rng.choice([-1.0, 1.0], (PATTERNS, UNITS))
    expected = patterns[np.arange(2000) % PATTERNS]
    states = np.where(rng.random(expected.shape) < 0.2, -expected, expected)
    known, times, right = {}, {}, {}
    for name, make in CONTENDERS.items():
        try:
            known[name] = make(patterns, options.threads)
        except ImportError:
            print(f"{name} is not installed")
    for _ in range(options.rounds):
        for name, one in known.items():
            begun = time.perf_counter()
            found = one.recall(states[: one.n_states])
            times.setdefault(name, []).append((time.perf_counter() - begun) / one.n_states * 1e6)
            right[name] = np.mean((found == expected[: one.n_states]).mean(axis=1) > 0.97)
    rows = [
        [
            name,
            f"{known[name].n_states:,}",
            layout.percent(right[name]),
            layout.significant(statistics.median(times[name])),
            layout.ratio(
                statistics.median(
                    t / own for t, own in zip(times[name], times["fastnn"], strict=True)
                )
            ),
        ]
        for name in known
    ]
    text = layout.markdown(["", "states", "recalled", "µs a state", "to fastnn"], rows)
    machine.publish("hopfield", __doc__, text, options)


if __name__ == "__main__":
    main()
