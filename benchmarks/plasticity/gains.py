"""E3: what gains tell of features, and units that a price on them switches off."""

import numpy as np
from sklearn.datasets import make_classification
from sklearn.preprocessing import StandardScaler

from benchmarks import layout
from benchmarks.plasticity.methods import CHOOSING, digits
from fastnn import MLPClassifier

HITS, PRUNED, POINTS = 8, 0.5, 0.01
_SPARSE = {"gain": True, "gain_l1": 0.005, "alpha": 1.0}
#: Of which slimming takes the highest that costs half as much as it may, on the seeds for choosing.
PRICES = (0.001, 0.002, 0.004, 0.008)


def fitted(X, y, seed, **params):
    plain = {"learning_rate_init": 0.003, "max_iter": 150, "n_iter_no_change": np.inf}
    return MLPClassifier(random_state=seed, n_jobs=1, **{**plain, **params}).fit(X, y)


def hits(seed):
    """Of the ten features that the network makes most of, how many are among the ten that say
    something: by the gains, with a price and without, and by the weights of a plain network."""
    made = {"n_features": 100, "n_informative": 10, "n_redundant": 0, "shuffle": False}
    X, y = make_classification(1500, random_state=seed, class_sep=1.5, **made)
    X = StandardScaler().fit_transform(X)
    priced, free = (fitted(X, y, seed, **p) for p in (_SPARSE, {**_SPARSE, "gain_l1": 0.0}))
    plain = fitted(X, y, seed, alpha=1.0)
    sizes = (
        np.abs(priced.gains_[0]),
        np.abs(free.gains_[0]),
        np.linalg.norm(plain.coefs_[0], axis=1),
    )
    return [(np.argsort(-size)[:10] < 10).sum() for size in sizes]


def slim(seed, price):
    """Units that are off, and accuracy beside that of the plain network."""
    (X, y), test = digits(seed)
    priced = fitted(X, y, seed, gain=True, gain_l1=price, alpha=1.0)
    plain = fitted(X, y, seed, alpha=1.0)
    return (priced.gains_[1] == 0).mean(), priced.score(*test), plain.score(*test)


def chosen():
    """The price."""
    for price in reversed(PRICES):
        _, own, plain = np.mean([slim(seed, price) for seed in CHOOSING], axis=0)
        if own >= plain - POINTS / 2:
            break
    return price


def run(seeds):
    """The sections of E3."""
    found = np.array([hits(seed) for seed in seeds])
    names = ("gains, with a price", "gains, without", "norms of weights, no gains")
    rows = [
        [name, f"{of.mean():.1f}", of.min(), "yes" if of.mean() >= HITS else "no"]
        for name, of in zip(names, found.T, strict=True)
    ]
    head = ["by", "of ten", "least of the seeds", f"at least {HITS}"]
    price = chosen()
    off, own, plain = np.mean([slim(seed, price) for seed in seeds], axis=0)
    passed = "yes" if off >= PRUNED and own >= plain - POINTS else "no"
    slimmed = [[f"{price:g}", f"{off:.0%}", f"{own:.3f}", f"{plain:.3f}", passed]]
    return [
        ("E3, the ten features that say something", layout.markdown(head, rows)),
        (
            "E3, units of a 64-100-10 network of digits that are off",
            layout.markdown(
                ["price", "off", "accuracy", "of the plain network", "half for a point at most"],
                slimmed,
            ),
        ),
    ]
