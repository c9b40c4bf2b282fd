"""A whole fit, as users call it, against scikit-learn with equal settings."""

import warnings

import pytest
import sklearn.neural_network
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

import fastnn
from benchmarks import data

LIBRARIES = {"fastnn": fastnn, "scikit-learn": sklearn.neural_network}


def digits(dtype):
    X, y = load_digits(return_X_y=True)
    return (X / 16).astype(dtype), y


def regression(dtype):
    X, y = data.classification(20_000, 50, 5, dtype)
    return X, (y + X[:, 0]).astype(dtype)


FITS = {
    "digits, 64-100-10, adam": (digits, "MLPClassifier", (100,), "adam"),
    "digits, 64-100-10, sgd": (digits, "MLPClassifier", (100,), "sgd"),
    "20,000 rows, 50-128-64-1, adam": (regression, "MLPRegressor", (128, 64), "adam"),
}


@pytest.mark.parametrize("contender", LIBRARIES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FITS)
def bench_fit(benchmark, name, dtype, contender):
    load, estimator, hidden, solver = FITS[name]
    X, y = load(dtype)
    model = getattr(LIBRARIES[contender], estimator)(
        hidden, solver=solver, max_iter=5, n_iter_no_change=5, tol=0.0, random_state=0
    )
    benchmark.group = f"{name}, {dtype}, 5 epochs"
    benchmark.extra_info["contender"] = contender
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        benchmark.pedantic(model.fit, (X, y), rounds=5, warmup_rounds=1)
    assert model.n_iter_ == 5
