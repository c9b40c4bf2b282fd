"""Small fitted models of every kind that a Predictor takes, from both libraries."""

import warnings
from functools import cache

import numpy as np
import sklearn.neural_network

import fastnn

LIBRARIES = ("fastnn", "sklearn")
CLASSIFIERS = ("binary", "multiclass", "multilabel", "two_labels", "single_class")
REGRESSORS = ("regressor", "multioutput", "poisson")
KINDS = CLASSIFIERS + REGRESSORS


@cache
def data():
    """200 rows of 7 features with unlike means and spreads, float64."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 7)) * [1, 2, 0.5, 3, 1, 1, 2] + [0, 1, -1, 2, 0, 0.5, 0]
    X.setflags(write=False)
    return X


def target(kind):
    """A target of that kind that `data` determines."""
    X = data()
    score = X[:, 0] + 0.5 * X[:, 3] - 1
    return {
        "binary": np.array(["no", "yes"])[(score > 0).astype(int)],
        "multiclass": np.digitize(score, [-1, 0.5, 1.5]) * 2**40 - 5,
        "multilabel": (X[:, :3] > [0, 1, -1]).astype(int),
        "two_labels": (X[:, :2] > [0, 1]).astype(int),
        "single_class": np.full(len(X), 3),
        "regressor": score,
        "multioutput": X[:, :3] @ np.array([[1.0, 0, 2], [0, 1, 1], [1, -1, 0]]),
        "poisson": np.exp(0.3 * score),
    }[kind]


def network(library, kind, **params):
    """An unfitted MLPClassifier or MLPRegressor that suits the kind."""
    module = fastnn if library == "fastnn" else sklearn.neural_network
    params = {"hidden_layer_sizes": (17, 9), "max_iter": 25, "random_state": 0, **params}
    if kind in CLASSIFIERS:
        return module.MLPClassifier(**params)
    loss = "poisson" if kind == "poisson" else "squared_error"
    return module.MLPRegressor(loss=loss, **params)


def fit(estimator, X, y):
    """Fit without a word about convergence."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit(X, y)


@cache
def fitted(library, kind, activation="relu"):
    """A fitted network; shared among tests, which must not change it."""
    return fit(network(library, kind, activation=activation), data(), target(kind))
