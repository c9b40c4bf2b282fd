"""E5: a stream in which two tasks take turns. E6: digits that come sorted by their class."""

import numpy as np
from scipy.stats import ttest_rel

from benchmarks import layout
from benchmarks.plasticity.methods import CONTROLS, METHODS, compared, digits, told

TURNS, ROWS, SEEN, EPOCHS = 12, 600, 100, 5


def returns(learner, seed):
    """Accuracy on the first rows after each return to the first task, before they are learned."""
    (X, y), _ = digits(seed)
    rng, found, learned = np.random.RandomState(seed), [], []
    tasks = np.arange(64), rng.permutation(64)
    for turn in range(TURNS):
        order, rows = tasks[turn % 2], rng.permutation(len(y))[:ROWS]
        if turn > 1 and turn % 2 == 0:
            found.append(learner.model.score(X[rows[:SEEN]][:, order], y[rows[:SEEN]]))
        for _ in range(EPOCHS):
            learner.practise(X[rows][:, order], y[rows], rng)
        learned.append(learner.model.score(X[rows][:, order], y[rows]))
    return np.mean(found), np.mean(learned)


def sorted_by_class(learner, seed):
    """Accuracy after the digits in the order of their classes."""
    (X, y), test = digits(seed)
    rng = np.random.RandomState(seed)
    for digit in range(10):
        rows = y == digit
        for _ in range(10):
            learner.practise(X[rows], y[rows], rng)
    return learner.model.score(*test), 1.0


def table(found, params):
    best = max(CONTROLS, key=lambda name: found[name][:, 0].mean())
    rows = []
    for name, runs in found.items():
        own = name.removesuffix(", shuffled")
        value, less = runs[:, 0], runs[:, 0] - found[best][:, 0]
        beside = ["–", "–"]
        if name != best:
            p = ttest_rel(value, found[best][:, 0]).pvalue
            beside = [f"{less.mean():+.3f}", f"{p:.1g}"]
        shown = f"{value.mean():.3f} ± {value.std(ddof=1):.3f}"
        rows.append([name, told(params[own]), shown, *beside])
    return layout.markdown(["method", "chosen", "accuracy", f"less {best}", "p"], rows)


def run(seeds):
    """The sections of E5 and E6."""
    free = [name for name in METHODS if METHODS[name].how != "boundary"]
    return [
        ("E5, accuracy after each return", table(*compared(returns, seeds, free))),
        ("E6, digits sorted by class", table(*compared(sorted_by_class, seeds, free))),
    ]
