"""What is compared: networks of stiff weights, their controls, and how their numbers are chosen.

"equal decay" lowers the rate of all weights alike, "shuffled" hands the use of each unit to another
one of its layer, always the same.
"""

import functools
import itertools
from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_digits

from fastnn import MLPClassifier

TRAIN = 1297
#: Seeds that numbers are chosen on; no table has them.
CHOOSING = (0, 1, 2)
#: Least accuracy right after learning of what may be chosen.
LEARNS = 0.85


class Method(NamedTuple):
    """Parameters that are fixed, those that are chosen with their candidates, and what is done
    beside partial_fit: "even" (equal decay), "shuffled", "boundary" (told of the ends of tasks)."""

    fixed: dict
    grid: dict
    how: str = ""


_RATES, _STRENGTHS = (0.1, 0.3), (0.003, 0.01, 0.03)
_USE = {"learning_rate_init": _RATES, "plasticity_strength": _STRENGTHS}
_ADAGRAD_USE = {"learning_rate_init": (0.03, 0.06), "plasticity_strength": (0.001, 0.003, 0.01)}
_ADAGRAD = {"solver": "adagrad"}
METHODS = {
    "SGD": Method({}, {"learning_rate_init": (0.003, 0.01, 0.03, 0.1)}),
    "Adam": Method({"solver": "adam"}, {"learning_rate_init": (1e-4, 3e-4, 1e-3)}),
    "Adagrad": Method(_ADAGRAD, {"learning_rate_init": (0.003, 0.01, 0.03, 0.06)}),
    "equal decay": Method({}, {"learning_rate_init": _RATES, "even": (0.003, 0.01, 0.03)}, "even"),
    "activity": Method({"plasticity": "activity"}, _USE),
    "input": Method({"plasticity": "input"}, {**_USE, "plasticity_decay": (0.999, 1.0)}),
    "gradient": Method({"plasticity": "gradient"}, _USE),
    "activity, Adagrad": Method({"plasticity": "activity", **_ADAGRAD}, _ADAGRAD_USE),
    "input, Adagrad": Method({"plasticity": "input", **_ADAGRAD}, _ADAGRAD_USE),
    "ewc": Method(
        {"plasticity": "ewc"},
        {"learning_rate_init": (0.01, 0.03), "plasticity_strength": (10, 30, 100)},
        "boundary",
    ),
}
#: Controls with the numbers of another method.
SHUFFLED = ("activity", "input", "input, Adagrad")
#: What a method of stiff weights has to beat: it is told as little.
CONTROLS = ("SGD", "Adam", "Adagrad", "equal decay")


@functools.cache
def _digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


def digits(seed):
    """((X, y) of training, (X, y) of test)."""
    X, y = _digits()
    order = np.random.RandomState(seed).permutation(len(y))
    X, y = X[order], y[order]
    return (X[:TRAIN], y[:TRAIN]), (X[TRAIN:], y[TRAIN:])


class Learner:
    """A network and how it is to practise.

    Parameters
    ----------
    how : str
        Of a `Method`.
    seed : int
    even : float
        Of equal decay, as the strength of others.
    **params
        Of the network, 64-100-100-10, by SGD in batches of 32 unless they say otherwise.
    """

    def __init__(self, how, seed, even=0.0, **params):
        plain = {"solver": "sgd", "momentum": 0.0, "nesterovs_momentum": False, "n_jobs": 1}
        rest = {"learning_rate_init": 0.1, "batch_size": 32, "alpha": 0.0, "random_state": seed}
        self.model = MLPClassifier((100, 100), **{**plain, **rest, **params})
        self.how, self._even, self._steps = how, even, 0
        self._rate, self._seed, self._orders = self.model.learning_rate_init, seed, {}

    def practise(self, X, y, rng):
        """One epoch of partial_fit, in pieces where a control changes something on the way."""
        order = rng.permutation(len(y))
        for rows in np.array_split(order, 4) if self.how in ("even", "shuffled") else [order]:
            self.learn(X[rows], y[rows])

    def learn(self, X, y):
        """One call of partial_fit."""
        if self.how == "even":
            self.model.set_params(learning_rate_init=self._rate / (1 + self._even * self._steps))
        state = self.model.__dict__.get("_traces") if self.how == "shuffled" else None
        if state is not None:
            before, placed = state["use"], self._handed_on(state["use"])
            state["use"] = placed.copy()
        self.model.partial_fit(X, y, classes=range(10))
        if state is not None:
            self.model._traces["use"] = before + self.model._traces["use"] - placed
        self._steps += -(-len(y) // 32)

    def _handed_on(self, use):
        """The use of each unit, at another one of its layer."""
        parts = np.split(use, np.cumsum([len(W) for W in self.model.coefs_])[:-1])
        if not self._orders:
            rng = np.random.RandomState(self._seed)
            self._orders = [rng.permutation(len(part)) for part in parts]
        return np.concatenate([part[o] for part, o in zip(parts, self._orders, strict=True)])


def candidates(method):
    """The parameters that a method may have."""
    fixed, grid, _ = METHODS[method]
    return [
        {**fixed, **dict(zip(grid, values, strict=True))}
        for values in itertools.product(*grid.values())
    ]


def chosen(measure, method):
    """The parameters with which a method has the highest mean measure on the seeds for choosing,
    of those with which it learns its tasks, if there are such."""

    def worth(params):
        runs = [measure(Learner(METHODS[method].how, s, **params), s) for s in CHOOSING]
        value, learned = np.mean(runs, axis=0)
        return (learned >= LEARNS, value)

    return max(candidates(method), key=worth)


def compared(measure, seeds, methods=tuple(METHODS), shuffled=SHUFFLED, params=None):
    """A measure of each method, with numbers chosen for it, on other seeds.

    measure : callable
        (Learner, seed) -> (what is to be high, accuracy right after learning)
    params : dict, optional
        Of methods whose numbers have been chosen.

    Returns
    -------
    found : dict of ndarray (n_seeds, 2)
    params : dict
    """
    params, found = dict(params or {}), {}
    for method in methods:
        if method not in params:
            params[method] = chosen(measure, method)
        how = METHODS[method].how
        found[method] = _over(measure, how, params[method], seeds)
        if method in shuffled:
            found[f"{method}, shuffled"] = _over(measure, "shuffled", params[method], seeds)
    return found, params


def _over(measure, how, params, seeds):
    return np.array([measure(Learner(how, s, **params), s) for s in seeds])


def told(params):
    """What was chosen, in a few words."""
    names = {"learning_rate_init": "rate", "plasticity_strength": "strength", "even": "strength"}
    names["plasticity_decay"] = "decay"
    return ", ".join(f"{names[n]} {value:g}" for n, value in params.items() if n in names)
