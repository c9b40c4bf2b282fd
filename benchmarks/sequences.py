"""Known results of recurrent networks: what an LSTM learns, and what a plain one does not.

Four tasks, each with as many seeds as are asked for, by an LSTM and by plain units of the same
number, in float32 where there are symbols. *reber*: the embedded Reber grammar (Hochreiter and
Schmidhuber, 1997); told is the share of strings that it has not seen in which every most probable
next symbol is a legal one, and the last but one the second again. *counting*: a^n b^n (Gers and
Schmidhuber, 2001), trained for n up to 30; told is up to which n, 300 at most, the end is told
exactly once the a's are over; 65 is solved. *order*: of two symbols among distractors in sequences
of 50 to 60 steps, which came first and which second (Hochreiter and Schmidhuber, 1997); told is the
share that is right of four classes, 0.99 is solved. *adding*: the sum of the two marked numbers
among 100 (the same); told is the mean squared error, 0.17 that of always saying 1, and below 0.04
is solved.

    python -m benchmarks.sequences [reber | counting | order | adding] [--seeds N] [--out FILE]
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from benchmarks.machine import publish
from benchmarks.recurrent import solve
from fastnn import RecurrentClassifier
from fastnn.layers import LSTM, RNN
from fastnn.threads import effective_n_threads

#: As many epochs as there are to be: what takes hundreds of epochs rests on plateaus on the way.
TO_THE_END = {"tol": 0, "n_iter_no_change": np.inf}

#: From each state of the inner grammar the symbols and where they lead.
REBER = [
    {"T": 1, "P": 2},
    {"S": 1, "X": 3},
    {"T": 2, "V": 4},
    {"X": 2, "S": 5},
    {"P": 3, "V": 5},
    {"E": 6},
]


def embedded_reber(rng):
    """A string, and the legal next symbols after each of its symbols but the last."""
    outer = rng.choice(["T", "P"])
    text, legal, state = ["B", outer, "B"], [{"T", "P"}, {"B"}], 0
    while state < 6:
        legal.append(set(REBER[state]))
        symbol = rng.choice(sorted(REBER[state]))
        text.append(symbol)
        state = REBER[state][symbol]
    return "".join([*text, outer, "E"]), [*legal, {outer}, {"E"}]


def reber(cell, seed):
    """Share of unseen strings of which every step is right."""
    rng = np.random.RandomState(1000 + seed)
    train = [embedded_reber(rng)[0] for _ in range(1000)]
    test = [(text, legal) for text, legal in (embedded_reber(rng) for _ in range(600))]
    test = [(text, legal) for text, legal in test if text not in set(train)]
    model = RecurrentClassifier(
        cell, hidden_layer_sizes=16, output="all", embedding=7, batch_size=20, max_iter=80,
        schedule="cosine", learning_rate_init=0.01, random_state=seed, **TO_THE_END,
    )  # fmt: skip
    model.fit([text[:-1] for text in train], [text[1:] for text in train])
    found = model.predict([text[:-1] for text, _ in test])
    right = [
        all(symbol in options for symbol, options in zip(symbols, legal, strict=True))
        for symbols, (_, legal) in zip(found, test, strict=True)
    ]
    return float(np.mean(right))


def counting(cell, seed):
    """The largest n up to which all ends are told."""
    texts = ["S" + "a" * n + "b" * n + "T" for n in range(1, 31)]
    model = RecurrentClassifier(
        cell, hidden_layer_sizes=8, output="all", embedding=3, batch_size=1, max_iter=500,
        forget_bias=5, learning_rate_init=0.01, schedule="cosine", alpha=0, random_state=seed,
        **TO_THE_END,
    )  # fmt: skip
    model.fit([text[:-1] for text in texts], [text[1:] for text in texts])
    for n in range(1, 301):
        found = "".join(model.predict(["S" + "a" * n + "b" * n])[0][n + 1 :])
        if found != "b" * (n - 1) + "T":
            return n - 1
    return 300


def temporal_order(n, rng):
    """Sequences with two of X and Y among a, b, c and d, and which these were."""
    texts, y = [], []
    for _ in range(n):
        length = rng.randint(50, 61)
        text = rng.choice([*"abcd"], length)
        at, marks = (rng.randint(5, 11), rng.randint(25, 31)), rng.choice(["X", "Y"], 2)
        text[list(at)] = marks
        texts.append("E" + "".join(text) + "B")
        y.append("".join(marks))
    return texts, y


def order(cell, seed):
    """Share of unseen sequences that are classified."""
    rng = np.random.RandomState(2000 + seed)
    model = RecurrentClassifier(
        cell, hidden_layer_sizes=12, embedding=4, batch_size=25, max_iter=60, forget_bias=3,
        learning_rate_init=0.01, random_state=seed, **TO_THE_END,
    )  # fmt: skip
    model.fit(*temporal_order(2000, rng))
    return model.score(*temporal_order(500, rng))


def adding(cell, seed):
    """Mean squared error on sequences that it has not seen."""
    return solve(seed, effective_n_threads(), layer={"lstm": LSTM, "rnn": RNN}[cell])[0]


TASKS = {
    "reber": (reber, lambda found: found == 1.0),
    "counting": (counting, lambda found: found >= 65),
    "order": (order, lambda found: found >= 0.99),
    "adding": (adding, lambda found: found < 0.04),
}


def main():
    """Train every seed and tell how many have solved each task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", nargs="*", default=list(TASKS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    options.threads = effective_n_threads()
    warnings.simplefilter("ignore", ConvergenceWarning)
    lines = [
        "| task | units | solved | results by seed | CPU seconds a seed |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in options.task:
        run, solved = TASKS[name]
        for cell in ("lstm", "rnn"):
            began = time.process_time()
            found = [run(cell, seed) for seed in range(options.seeds)]
            seconds = (time.process_time() - began) / options.seeds
            each = ", ".join(f"{value:.3g}" for value in found)
            count = f"{sum(map(solved, found))} of {options.seeds}"
            lines.append(f"| {name} | {cell} | {count} | {each} | {seconds:.1f} |")
            print(lines[-1], flush=True)
    publish("sequences", __doc__, "\n".join(lines), options)


if __name__ == "__main__":
    main()
