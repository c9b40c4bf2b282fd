"""E1: tasks one after the other, each a permutation of the pixels of digits."""

import numpy as np
from scipy.stats import ttest_rel

from benchmarks import layout
from benchmarks.plasticity.methods import (
    CONTROLS,
    LEARNS,
    METHODS,
    SHUFFLED,
    compared,
    digits,
    told,
)

EPOCHS = 10
#: What E1 was to show: gain over the best control, its p, and the share of the gain over SGD that
#: is lost where use is handed to other units.
GAIN, P, LOST = 0.02, 0.01, 0.8


def measure(n_tasks):
    """Mean accuracy over all tasks at the end, and that of each right after it."""

    def of(learner, seed):
        (X, y), (X_test, y_test) = digits(seed)
        rng = np.random.RandomState(1000 + seed)
        tasks = [np.arange(64), *(rng.permutation(64) for _ in range(n_tasks - 1))]
        learned = []
        for order in tasks:
            for _ in range(EPOCHS):
                learner.practise(X[:, order], y, rng)
            learned.append(learner.model.score(X_test[:, order], y_test))
            if learner.how == "boundary":
                learner.model.consolidate(X[:, order], y)
        kept = [learner.model.score(X_test[:, order], y_test) for order in tasks]
        return np.mean(kept), np.mean(learned)

    return of


def table(found, params):
    """ACC and LEARN of each method."""
    rows = []
    for name, runs in found.items():
        own = name.removesuffix(", shuffled")
        mean, spread = runs.mean(axis=0), runs[:, 0].std(ddof=1)
        boundary = "yes" if METHODS[own].how == "boundary" else "no"
        acc = f"{mean[0]:.3f} ± {spread:.3f}"
        rows.append([name, told(params[own]), boundary, acc, f"{mean[1]:.3f}"])
    return layout.markdown(["method", "chosen", "told of tasks", "ACC", "LEARN"], rows)


def marks(found):
    """What was to be shown, and whether it is: of each method of stiff weights that is not told of
    tasks, over the best control."""
    best = max(CONTROLS, key=lambda name: found[name][:, 0].mean())
    sgd, rows = found["SGD"][:, 0].mean(), []
    for name in found:
        if name in CONTROLS or METHODS.get(name) is None or METHODS[name].how == "boundary":
            continue
        acc, learned = found[name].T
        gain, p = acc - found[best][:, 0], ttest_rel(acc, found[best][:, 0]).pvalue
        lost = "–"
        passed = gain.mean() >= GAIN and p < P and learned.mean() >= LEARNS
        if name in SHUFFLED:
            share = 1 - (found[f"{name}, shuffled"][:, 0].mean() - sgd) / (acc.mean() - sgd)
            lost, passed = f"{share:.0%}", passed and share >= LOST
        rows.append([name, f"{gain.mean():+.3f}", f"{p:.1g}", lost, "yes" if passed else "no"])
    head = ["method", f"ACC less that of {best}", "p", "gain over SGD lost if shuffled", "passes"]
    return layout.markdown(head, rows)


def run(seeds, ten):
    """The sections of E1."""
    found, params = compared(measure(5), seeds)
    parts = [("E1, five tasks", table(found, params)), ("E1, what was to be shown", marks(found))]
    if ten:
        of_ten = compared(measure(10), seeds, shuffled=(), params=params)[0]
        parts.insert(1, ("E1, ten tasks, with the numbers of five", table(of_ten, params)))
    return parts
