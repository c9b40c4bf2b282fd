"""What a search costs and finds: ``python -m benchmarks.tuning [--out FILE]``.

Digits, half of them to search on, half to score the winner, over five random halves. Learning rate,
penalty and dropout of 64-100-10 are drawn. Side by side: 13 candidates on three folds, all in one
call of ``fit_together``, ten epochs each, and the best one fitted for 45 on all rows. Halving:
scikit-learn's ``HalvingRandomSearchCV`` from 9 candidates and 5 epochs to one and 45, about as many
epochs in all; with networks on all threads, or fits in two processes. The contenders take turns.
The processor's seconds are those of this process, and so none of other processes.
"""

import argparse
import statistics
import time
import warnings
from pathlib import Path

import numpy as np
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    HalvingRandomSearchCV,
    ParameterSampler,
    StratifiedKFold,
    train_test_split,
)

from benchmarks import layout, machine
from fastnn import MLPClassifier, fit_together
from fastnn.threads import effective_n_threads

SPACE = {
    "learning_rate_init": loguniform(1e-4, 1e-1),
    "alpha": loguniform(1e-6, 1e-1),
    "dropout": [0.0, 0.1, 0.2, 0.4],
}
NET = MLPClassifier((100,), batch_size=32, random_state=0)


def side_by_side(X, y, seed):
    """The candidates on all folds in one call."""
    drawn = list(ParameterSampler(SPACE, 13, random_state=seed))
    candidates = [clone(NET).set_params(max_iter=10, **found) for found in drawn]
    splits = list(StratifiedKFold(3).split(X, y)) * len(candidates)
    nets = [clone(candidate) for candidate in candidates for _ in range(3)]
    fitted = fit_together(nets, X, y, samples=[train for train, _ in splits])
    scores = [
        -np.inf if net is None else net.score(X[test], y[test])
        for net, (_, test) in zip(fitted, splits, strict=True)
    ]
    best = int(np.reshape(scores, (-1, 3)).mean(axis=1).argmax())
    return candidates[best].set_params(max_iter=45).fit(X, y)


def halving(X, y, seed, n_jobs=None):
    """scikit-learn's search, by processes if n_jobs is 2."""
    net = clone(NET).set_params(n_jobs=None if n_jobs is None else 1)
    resources = {"resource": "max_iter", "min_resources": 5, "max_resources": 45, "factor": 3}
    search = HalvingRandomSearchCV(
        net, SPACE, n_candidates=9, cv=3, random_state=seed, n_jobs=n_jobs, **resources
    )
    return search.fit(X, y).best_estimator_


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tuning", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, help="a Markdown file to write")
    options = parser.parse_args()
    options.threads = effective_n_threads()
    warnings.simplefilter("ignore")
    X, y = load_digits(return_X_y=True)
    contenders = {
        "side by side": side_by_side,
        "halving": halving,
        "halving, two processes": lambda *data: halving(*data, n_jobs=2),
    }
    found = {name: [] for name in contenders}
    for seed in range(options.rounds):
        halves = train_test_split(X / 16, y, test_size=0.5, stratify=y, random_state=seed)
        rows, rest, labels, others = halves
        for name, search in contenders.items():
            begun, worked = time.perf_counter(), time.process_time()
            model = search(rows, labels, seed)
            taken = time.perf_counter() - begun, time.process_time() - worked
            found[name].append((*taken, model.score(rest, others)))
    table = [
        [
            name,
            *(layout.significant(statistics.median(column)) for column in zip(*rows, strict=True)),
        ]
        for name, rows in found.items()
    ]
    header = ["search", "seconds", "processor's seconds", "accuracy"]
    machine.publish("tuning", __doc__, layout.markdown(header, table), options)


if __name__ == "__main__":
    main()
