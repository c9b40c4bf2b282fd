"""What stiff weights keep: ``python -m benchmarks.plasticity [--seeds N] [--fewer N]
[--ten] [--out FILE]``.

Experiments with weights that use makes hard to change, each with its controls and with what was to
be shown said in advance. E1: tasks one after the other, each a permutation of the pixels of digits,
64-100-100-10, ten passes over each by SGD in batches of 32, with neither replay nor a word about
which task it is; ACC is the mean accuracy over all tasks at the end, LEARN that of each task right
after it; rates and strengths were chosen on seeds 0 to 2, the table has ten others. "equal decay"
makes every weight as thick as the mean, "shuffled" hands the thickness of each layer to other
weights. E2: steps of relearning after the labels turn round, by epochs of practice. E4: the time of
a step. E5: a stream in which two tasks take turns, accuracy on the first 100 rows after each
return. E6: digits that come sorted by their class.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr, ttest_rel
from sklearn.datasets import load_digits

from benchmarks import layout, machine
from fastnn import MLPClassifier
from fastnn.threads import effective_n_threads

TRAIN = 1297
EVEN = 0.01  # of equal decay, as the strength of the others
_ADAGRAD = {"solver": "adagrad", "learning_rate_init": 0.03, "plasticity_strength": 0.003}
#: What is compared: parameters, and what is done to the thickness after every call.
METHODS = {
    "SGD, small rate": ({"learning_rate_init": 0.01}, None),
    "SGD": ({"learning_rate_init": 0.1}, None),
    "Adam": ({"solver": "adam", "learning_rate_init": 1e-4}, None),
    "Adagrad": ({"solver": "adagrad", "learning_rate_init": 0.003}, None),
    "Adagrad, larger rate": ({"solver": "adagrad", "learning_rate_init": 0.03}, None),
    "equal decay": ({"plasticity": "input", "plasticity_strength": 0.0}, "even"),
    "activity, shuffled": ({"plasticity": "activity"}, "shuffled"),
    "input, shuffled": ({"plasticity": "input"}, "shuffled"),
    "plasticity='activity'": ({"plasticity": "activity"}, None),
    "plasticity='input'": ({"plasticity": "input"}, None),
    "plasticity='gradient'": ({"plasticity": "gradient"}, None),
    "plasticity='activity', Adagrad": ({"plasticity": "activity", **_ADAGRAD}, None),
    "plasticity='input', Adagrad": ({"plasticity": "input", **_ADAGRAD}, None),
    "plasticity='ewc'": (
        {"plasticity": "ewc", "plasticity_strength": 100.0, "learning_rate_init": 0.01},
        "boundary",
    ),
}


def digits(seed):
    X, y = load_digits(return_X_y=True)
    order = np.random.RandomState(seed).permutation(len(y))
    X, y = X[order] / 16, y[order]
    return (X[:TRAIN], y[:TRAIN]), (X[TRAIN:], y[TRAIN:])


def network(method, seed, widths=(100, 100), **given):
    params, _ = METHODS[method]
    plain = {"solver": "sgd", "momentum": 0.0, "nesterovs_momentum": False, "n_jobs": 1}
    rest = {"learning_rate_init": 0.1, "batch_size": 32, "alpha": 0.0, "random_state": seed}
    return MLPClassifier(widths, **{**plain, **rest, **params, **given})


def practise(model, X, y, rng, how, shift=None):
    """One epoch of partial_fit, in pieces where a control changes what has been counted."""
    order = rng.permutation(len(y))
    pieces = np.array_split(order, 4) if how in ("even", "shuffled") else [order]
    for rows in pieces:
        state = model.__dict__.get("_traces")
        if how == "even":  # as thick as the mean: a rate that falls for all alike
            rate = 0.1 / (1 + EVEN * (0 if state is None else state["steps"]))
            model.set_params(learning_rate_init=rate)
        before = None
        if how == "shuffled" and state is not None:
            before, state["use"] = state["use"], shift(model, state["use"])
            placed = state["use"].copy()
        model.partial_fit(X[rows], y[rows], classes=range(10))
        if before is not None:
            model._traces["use"] = before + model._traces["use"] - placed


def shuffler(seed):
    """Gives the use of each unit to another one of its layer, always the same."""
    orders = {}

    def shift(model, use):
        widths = [len(W) for W in model.coefs_]
        parts = np.split(use, np.cumsum(widths)[:-1])
        rng = np.random.RandomState(seed)
        for k, part in enumerate(parts):
            orders.setdefault(k, rng.permutation(len(part)))
        return np.concatenate([part[orders[k]] for k, part in enumerate(parts)])

    return shift


def tasks_in_sequence(method, seed, n_tasks, epochs=10, **given):
    """(ACC, LEARN) of one method."""
    (X, y), (X_test, y_test) = digits(seed)
    rng = np.random.RandomState(1000 + seed)
    pixels = [np.arange(64), *(rng.permutation(64) for _ in range(n_tasks - 1))]
    model, how = network(method, seed, **given), METHODS[method][1]
    shift, learned = shuffler(seed), []
    for order in pixels:
        for _ in range(epochs):
            practise(model, X[:, order], y, rng, how, shift)
        learned.append(model.score(X_test[:, order], y_test))
        if how == "boundary":
            model.consolidate(X[:, order], y)
    kept = [model.score(X_test[:, order], y_test) for order in pixels]
    return np.mean(kept), np.mean(learned)


def forgetting(seeds, n_tasks, methods):
    """Rows of the table of E1, and ACC of each method by seed."""
    found, rows = {}, []
    for method in methods:
        pairs = np.array([tasks_in_sequence(method, seed, n_tasks) for seed in seeds])
        found[method] = pairs[:, 0]
        (acc, learn), spread = pairs.mean(axis=0), pairs[:, 0].std(ddof=1)
        told = "yes" if METHODS[method][1] == "boundary" else "no"
        rows.append([method, told, f"{acc:.3f} ± {spread:.3f}", f"{learn:.3f}"])
        print(f"E1, {n_tasks} tasks:", *rows[-1], flush=True)
    return found, rows


def marks(found):
    """What E1 was to show, and what it does."""
    free = [name for name in found if "plasticity" not in name and "shuffled" not in name]
    best = max(free, key=lambda name: found[name].mean())
    rows = []
    for name in [name for name in found if "plasticity" in name and "ewc" not in name]:
        gain, p = found[name] - found[best], ttest_rel(found[name], found[best]).pvalue
        rows.append([f"{name} less {best}", f"{gain.mean():+.3f}", f"{p:.2g}"])
    return rows


def turns_round(method, seed, practice):
    """Steps until reversed labels are right nine times of ten, after so many more epochs."""
    (X, y), (X_test, y_test) = digits(seed)
    rng, how = np.random.RandomState(seed), METHODS[method][1]
    model = network(method, seed, (100,))
    practise(model, X, y, rng, how)
    while model.score(X_test, y_test) < 0.9:
        practise(model, X, y, rng, how)
    for _ in range(practice):
        practise(model, X, y, rng, how)
    steps = 0
    while model.score(X_test, 9 - y_test) < 0.9 and steps < 3000:
        rows = rng.permutation(TRAIN)[:128]
        if how == "even":
            model.set_params(learning_rate_init=0.1 / (1 + EVEN * model._traces["steps"]))
        model.partial_fit(X[rows], 9 - y[rows])
        steps += 4
    return steps


def habit(seeds):
    """Rows of E2: mean steps by practice, and how they rise with it."""
    practice, rows = (0, 5, 10, 20, 40), []
    for method in ("SGD", "equal decay", "plasticity='activity'", "plasticity='input'"):
        steps = np.array([[turns_round(method, seed, n) for n in practice] for seed in seeds])
        rank = spearmanr(np.tile(practice, len(seeds)), steps.ravel()).statistic
        rows.append([method, *(f"{n:.0f}" for n in steps.mean(axis=0)), f"{rank:.2f}"])
        print("E2:", *rows[-1], flush=True)
    return rows


def step_times(rounds=9):
    """Rows of E4: time of an epoch at 64-256-256-10, batches of 200, to the plain net's."""
    (X, y), _ = digits(0)
    X, y = np.tile(X, (4, 1)).astype(np.float32), np.tile(y, 4)
    kinds = (None, "activity", "input", "gradient")
    models = {
        kind: MLPClassifier((256, 256), plasticity=kind, batch_size=200, random_state=0, n_jobs=1)
        for kind in kinds
    }
    times = {kind: [] for kind in kinds}
    for number in range(rounds + 1):
        for kind, model in models.items():
            started = time.process_time()
            for _ in range(3):
                model.partial_fit(X, y, classes=range(10))
            if number:
                times[kind].append(time.process_time() - started)
    plain = np.array(times[None])
    ratios = {kind: np.median(np.array(times[kind]) / plain) for kind in kinds[1:]}
    return [[f"plasticity={kind!r}", f"{ratio:.2f}×"] for kind, ratio in ratios.items()]


def returns(method, seed, **given):
    """Accuracy on the first 100 rows after each return to the first of two tasks."""
    (X, y), _ = digits(seed)
    rng, how = np.random.RandomState(seed), METHODS[method][1]
    other, model, found = rng.permutation(64), network(method, seed, **given), []
    shift = shuffler(seed)
    for turn in range(12):
        order = np.arange(64) if turn % 2 == 0 else other
        rows = rng.permutation(TRAIN)[:600]
        if turn > 1 and turn % 2 == 0:
            found.append(model.score(X[rows[:100]][:, order], y[rows[:100]]))
        for _ in range(5):
            practise(model, X[rows][:, order], y[rows], rng, how, shift)
    return np.mean(found)


def sorted_stream(method, seed, **given):
    """Accuracy after digits in the order of their classes."""
    (X, y), (X_test, y_test) = digits(seed)
    model, rng, how = (
        network(method, seed, **given),
        np.random.RandomState(seed),
        METHODS[method][1],
    )
    shift = shuffler(seed)
    for digit in range(10):
        rows = y == digit
        for _ in range(10):
            practise(model, X[rows], y[rows], rng, how, shift)
    return model.score(X_test, y_test)


def of_streams(seeds):
    """Rows of E5 and E6."""
    rows = []
    for method in METHODS:
        if METHODS[method][1] == "boundary":
            continue
        pairs = [[run(method, seed) for seed in seeds] for run in (returns, sorted_stream)]
        shown = (f"{np.mean(p):.3f} ± {np.std(p, ddof=1):.3f}" for p in pairs)
        rows.append([method, *shown])
        print("E5, E6:", *rows[-1], flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--fewer", type=int, default=10, help="seeds of E2, E5 and E6")
    parser.add_argument("--ten", action="store_true", help="ten tasks as well")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    options.threads = effective_n_threads(None)
    warnings.simplefilter("ignore")
    seeds = range(100, 100 + options.seeds)
    found, five = forgetting(seeds, 5, METHODS)
    fewer = seeds[: options.fewer]
    head = ["method", "told of tasks", "ACC", "LEARN"]
    parts = [
        ("E1, five tasks", layout.markdown(head, five)),
        (
            "E1, differences in ACC, pairs of seeds",
            layout.markdown(["", "mean", "p"], marks(found)),
        ),
        (
            "E2, steps of relearning by epochs of practice, and Spearman's rank correlation",
            layout.markdown(["method", "0", "5", "10", "20", "40", "rank"], habit(fewer)),
        ),
        ("E4, time of training", layout.markdown(["", "to the plain net"], step_times())),
        (
            "E5 tasks that take turns, E6 digits sorted by class: accuracy",
            layout.markdown(["method", "E5", "E6"], of_streams(fewer)),
        ),
    ]
    if options.ten:
        rest = [m for m in METHODS if "shuffled" not in m and METHODS[m][1] != "boundary"]
        parts.insert(2, ("E1, ten tasks", layout.markdown(head, forgetting(seeds, 10, rest)[1])))
    table = "\n\n".join(f"## {title}\n\n{text}" for title, text in parts)
    machine.publish("plasticity", __doc__, table, options)


if __name__ == "__main__":
    main()
