"""E2: steps of relearning after the labels turn round, by epochs of practice."""

import numpy as np
from scipy.stats import spearmanr

from benchmarks import layout
from benchmarks.plasticity.methods import Learner, digits

PRACTICE, RIGHT, RANK, MOST = (0, 5, 10, 20, 40), 0.9, 0.8, 8000
_USE = {"learning_rate_init": 0.1, "plasticity_strength": 0.01}
COMPARED = {
    "SGD": ("", {"learning_rate_init": 0.1}),
    "Adagrad": ("", {"solver": "adagrad", "learning_rate_init": 0.03}),
    "equal decay": ("even", {"learning_rate_init": 0.1, "even": 0.01}),
    "activity": ("", {"plasticity": "activity", **_USE}),
    "input": ("", {"plasticity": "input", **_USE}),
}


def relearning(learner, seed, practice):
    """Steps until RIGHT of the test rows are right again, looked for every four steps."""
    (X, y), test = digits(seed)
    rng, steps = np.random.RandomState(seed), 0
    while learner.model.__dict__.get("coefs_") is None or learner.model.score(*test) < RIGHT:
        learner.practise(X, y, rng)
    for _ in range(practice):
        learner.practise(X, y, rng)
    while learner.model.score(test[0], 9 - test[1]) < RIGHT and steps < MOST:
        rows = rng.permutation(len(y))[:128]
        learner.learn(X[rows], 9 - y[rows])
        steps += 4
    return steps


def run(seeds):
    """The section of E2."""
    rows = []
    for name, (how, params) in COMPARED.items():
        runs = [[relearning(Learner(how, s, **params), s, n) for n in PRACTICE] for s in seeds]
        rank = spearmanr(np.tile(PRACTICE, len(seeds)), np.ravel(runs)).statistic
        means = (f"{steps:.0f}" for steps in np.mean(runs, axis=0))
        rows.append([name, *means, f"{rank:.2f}", "yes" if rank > RANK else "no"])
    head = ["method", *map(str, PRACTICE), "rank correlation", f"above {RANK}"]
    return [("E2, steps of relearning by epochs of practice", layout.markdown(head, rows))]
