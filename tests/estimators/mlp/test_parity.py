"""The same seed gives scikit-learn's learning curve: same weights, batches, updates and stops."""

import numpy as np
import pytest
import sklearn.neural_network
from peer import as_in_1_9
from sklearn.datasets import load_diabetes, load_digits

import fastnn

X_DIGITS, Y_DIGITS = load_digits(return_X_y=True)
X_DIGITS = X_DIGITS / 16
X_DIABETES, Y_DIABETES = load_diabetes(return_X_y=True)
Y_DIABETES = Y_DIABETES / 100

ADAM = {"solver": "adam"}
SOLVERS = [
    {"solver": "sgd", "learning_rate_init": 0.1},
    {"solver": "sgd", "learning_rate_init": 0.1, "nesterovs_momentum": False, "momentum": 0.5},
    {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.5},
    ADAM,
    {"solver": "adam", "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3, "batch_size": 64},
    {"solver": "adam", "shuffle": False, "alpha": 1.0, "activation": "tanh"},
    {"solver": "adam", "activation": "logistic"},
    {"solver": "adam", "activation": "identity"},
]


def fit_both(name, X, y, sample_weight=None, **parameters):
    weighted = {} if sample_weight is None else {"sample_weight": sample_weight}
    return [
        getattr(module, name)(random_state=3, **parameters).fit(X, y, **weighted)
        for module in (fastnn, sklearn.neural_network)
    ]


def assert_same_course(ours, theirs, rtol=1e-6):
    assert ours.n_iter_ == theirs.n_iter_
    assert ours.t_ == theirs.t_
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=rtol)
    np.testing.assert_allclose(ours.loss_, theirs.loss_, rtol=rtol)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [("multiclass", solver) for solver in SOLVERS]
    + [(kind, solver) for kind in ("binary", "multilabel") for solver in (SOLVERS[0], ADAM)],
    ids=str,
)
def test_classifier_over_20_epochs(parameters, kind):
    y = {
        "multiclass": Y_DIGITS,
        "binary": Y_DIGITS > 4,
        "multilabel": np.eye(10, dtype=int)[Y_DIGITS],
    }
    parameters = {"hidden_layer_sizes": (40, 20), "max_iter": 20, **parameters}
    ours, theirs = fit_both("MLPClassifier", X_DIGITS, y[kind], **parameters)
    assert_same_course(ours, theirs)
    np.testing.assert_allclose(
        ours.predict_proba(X_DIGITS), theirs.predict_proba(X_DIGITS), rtol=1e-5, atol=1e-8
    )
    np.testing.assert_array_equal(ours.predict(X_DIGITS), theirs.predict(X_DIGITS))


@as_in_1_9
@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("targets", ["one", "two"])
@pytest.mark.parametrize("weighted", [False, True])
def test_regressor_over_20_epochs(loss, solver, targets, weighted):
    y = Y_DIABETES if targets == "one" else np.c_[Y_DIABETES, X_DIABETES[:, 2] + 0.2]
    weight = np.random.RandomState(0).uniform(0.1, 3, len(y)) if weighted else None
    ours, theirs = fit_both(
        "MLPRegressor",
        X_DIABETES,
        y,
        weight,
        loss=loss,
        hidden_layer_sizes=(20, 10),
        solver=solver,
        learning_rate_init=0.01,
        max_iter=20,
    )
    assert_same_course(ours, theirs)
    np.testing.assert_allclose(ours.predict(X_DIABETES), theirs.predict(X_DIABETES), rtol=1e-6)


@as_in_1_9
@pytest.mark.parametrize("weighted", [False, True])
def test_early_stopping(weighted):
    weight = np.random.RandomState(0).uniform(0.1, 3, len(X_DIGITS)) if weighted else None
    parameters = {"early_stopping": True, "max_iter": 60, "n_iter_no_change": 3}
    ours, theirs = fit_both("MLPClassifier", X_DIGITS, Y_DIGITS > 4, weight, **parameters)
    assert ours.n_iter_ < 60
    assert_same_course(ours, theirs)
    np.testing.assert_allclose(ours.validation_scores_, theirs.validation_scores_, rtol=1e-12)
    assert ours.best_validation_score_ == pytest.approx(theirs.best_validation_score_, rel=1e-12)
    np.testing.assert_allclose(ours.coefs_[0], theirs.coefs_[0], rtol=1e-5, atol=1e-8)

    weight = None if weight is None else weight[: len(X_DIABETES)]
    ours, theirs = fit_both("MLPRegressor", X_DIABETES, Y_DIABETES, weight, **parameters)
    assert_same_course(ours, theirs)
    np.testing.assert_allclose(ours.validation_scores_, theirs.validation_scores_, rtol=1e-6)


@pytest.mark.parametrize("y", [Y_DIABETES, Y_DIABETES > 1.5], ids=["regressor", "classifier"])
def test_lbfgs(y):
    name = "MLPRegressor" if y.dtype == float else "MLPClassifier"
    ours, theirs = fit_both(name, X_DIABETES, y, solver="lbfgs", max_iter=15, alpha=0.1)
    assert (ours.n_iter_, ours.t_) == (theirs.n_iter_, theirs.t_)
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-6)
    np.testing.assert_allclose(ours.coefs_[0], theirs.coefs_[0], rtol=1e-3, atol=1e-5)


def test_warm_starts_and_partial_fits_continue():
    for name, y in (("MLPClassifier", Y_DIGITS > 4), ("MLPRegressor", Y_DIGITS / 9)):
        few = {"hidden_layer_sizes": (20,), "max_iter": 3}
        ours, theirs = fit_both(name, X_DIGITS, y, warm_start=True, **few)
        for estimator in (ours, theirs):
            estimator.fit(X_DIGITS, y)
            estimator.partial_fit(X_DIGITS[:500], y[:500])
            estimator.partial_fit(X_DIGITS[500:], y[500:])
        assert len(ours.loss_curve_) == 8
        assert_same_course(ours, theirs)
        assert ours.best_loss_ == pytest.approx(theirs.best_loss_)


def test_partial_fit_from_the_start():
    estimators = [m.MLPClassifier(random_state=0) for m in (fastnn, sklearn.neural_network)]
    for estimator in estimators:
        for first in range(0, 1500, 300):
            rows = slice(first, first + 300)
            estimator.partial_fit(X_DIGITS[rows], Y_DIGITS[rows], classes=np.arange(10))
    assert_same_course(*estimators)


def test_shuffling_goes_on_across_epochs_and_fits_with_one_random_state():
    ours, theirs = (
        m.MLPClassifier(random_state=np.random.RandomState(5), max_iter=2, warm_start=True)
        for m in (fastnn, sklearn.neural_network)
    )
    for estimator in (ours, theirs):
        estimator.fit(X_DIGITS, Y_DIGITS).fit(X_DIGITS, Y_DIGITS)
    assert_same_course(ours, theirs)


def test_float32_starts_from_the_rounded_weights():
    X, y = X_DIGITS.astype(np.float32), Y_DIGITS
    ours, theirs = fit_both("MLPClassifier", X, y, max_iter=5)
    assert ours.coefs_[0].dtype == ours.predict_proba(X).dtype == np.float32
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-4)


@pytest.mark.parametrize("parameters", [{"n_iter_no_change": 2, "tol": 0.02}, {"tol": 0.5}])
def test_stopping_rule(parameters):
    parameters = {"hidden_layer_sizes": (20,), "max_iter": 100, **parameters}
    ours, theirs = fit_both("MLPClassifier", X_DIGITS, Y_DIGITS, **parameters)
    assert ours.n_iter_ < 100
    assert_same_course(ours, theirs)


def test_adaptive_learning_rate_until_it_is_too_small(capsys):
    parameters = {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.1}
    parameters |= {"tol": 0.5, "n_iter_no_change": 1, "max_iter": 100, "verbose": True}
    parameters |= {"hidden_layer_sizes": (20,)}
    ours, theirs = fit_both("MLPClassifier", X_DIGITS, Y_DIGITS, **parameters)
    assert_same_course(ours, theirs)
    assert "Learning rate too small. Stopping." in capsys.readouterr().out
