"""What docs/differences.md says, item by item."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_regression
from sklearn.metrics import mean_squared_error
from sklearn.utils import get_tags

from fastnn import MLPClassifier, MLPRegressor
from fastnn.estimators.mlp import base
from fastnn.estimators.shared import early_stopping

X, y = load_digits(return_X_y=True)
X = X[:600] / 16
y = y[:600]
X_REGRESSION, Y_REGRESSION = make_regression(200, 5, noise=1.0, random_state=0)
Y_REGRESSION = Y_REGRESSION / Y_REGRESSION.std()


def test_warm_start_keeps_the_best_weights():
    model = MLPRegressor(early_stopping=True, warm_start=True, random_state=0, max_iter=60)
    model.set_params(learning_rate_init=0.01).fit(X_REGRESSION, Y_REGRESSION)
    # From the second fit on, one seed gives one split: the first also draws weights from it.
    model.set_params(max_iter=2).fit(X_REGRESSION, Y_REGRESSION)
    best, coefs = model.best_validation_score_, [c.copy() for c in model.coefs_]
    model.set_params(learning_rate_init=0.5).fit(X_REGRESSION, Y_REGRESSION)
    assert max(model.validation_scores_[-2:]) < best - 0.1
    assert model.best_validation_score_ == best
    for coef, first in zip(model.coefs_, coefs, strict=True):
        np.testing.assert_array_equal(coef, first)


@pytest.mark.parametrize("sizes", [(30,), (20, 10), ()])
def test_warm_start_with_other_layers(sizes):
    model = MLPClassifier((20,), warm_start=True, max_iter=2).fit(X, y)
    before = model.predict_proba(X)
    model.set_params(hidden_layer_sizes=sizes)
    with pytest.raises(ValueError, match=r"hidden_layer_sizes.*warm_start=False"):
        model.fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), before)


def test_warm_start_with_another_solver():
    model = MLPClassifier(solver="lbfgs", warm_start=True, max_iter=5, random_state=0).fit(X, y)
    loss = model.loss_
    model.set_params(solver="adam").fit(X, y)
    assert len(model.loss_curve_) == 5
    assert model.loss_curve_[0] < 1.1 * loss
    model.set_params(solver="lbfgs").fit(X, y)
    for name in ("loss_curve_", "best_loss_", "validation_scores_", "validation_loss_curve_"):
        assert not hasattr(model, name)


def test_every_fit_counts_stale_epochs_from_zero():
    model = MLPClassifier(warm_start=True, tol=10.0, n_iter_no_change=3, max_iter=50)
    assert model.fit(X, y).n_iter_ == 5
    assert model.fit(X, y).n_iter_ == 4


def test_partial_fit_never_announces_a_stop(capsys):
    model = MLPClassifier(tol=10.0, n_iter_no_change=1, verbose=True)
    for _ in range(5):
        model.partial_fit(X, y, classes=np.arange(10))
    out = capsys.readouterr().out
    assert out.count("Iteration 1, loss = ") == 5
    assert "Stopping" not in out


def test_partial_fit_lowers_an_adaptive_learning_rate(capsys):
    model = MLPClassifier(
        solver="sgd", learning_rate="adaptive", tol=10.0, n_iter_no_change=2, verbose=True
    )
    for _ in range(8):
        model.partial_fit(X, y, classes=np.arange(10))
    out = capsys.readouterr().out
    assert "Setting learning rate to 0.000200" in out
    assert "Setting learning rate to 0.000040" in out


def test_partial_fit_heeds_a_new_learning_rate_and_solver():
    model = MLPClassifier(random_state=0).partial_fit(X, y, classes=np.arange(10))
    model.set_params(learning_rate_init=1e-12)
    before = [c.copy() for c in model.coefs_]
    model.partial_fit(X, y)
    for old, new in zip(before, model.coefs_, strict=True):
        np.testing.assert_allclose(old, new, atol=1e-9)
    model.set_params(solver="sgd", learning_rate_init=0.1).partial_fit(X, y)
    assert np.abs(before[0] - model.coefs_[0]).max() > 1e-4


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_partial_fit_is_there_when_it_can_be_used(estimator):
    assert hasattr(estimator(), "partial_fit")
    assert not hasattr(estimator(solver="lbfgs"), "partial_fit")
    assert not hasattr(estimator(early_stopping=True), "partial_fit")
    for error in (ValueError, AttributeError):
        with pytest.raises(error, match="partial_fit does not support early_stopping=True"):
            estimator(early_stopping=True).partial_fit(X, y)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_rows_of_weight_zero_are_absent(solver):
    weight = np.ones(len(X))
    weight[::3] = 0
    kept = weight > 0
    for estimator, target in ((MLPClassifier, y), (MLPRegressor, y / 9)):
        model = estimator(solver=solver, random_state=0, max_iter=4, batch_size=32)
        weighted = model.fit(X, target, weight).predict(X)
        absent = model.fit(X[kept], target[kept], weight[kept]).predict(X)
        np.testing.assert_allclose(weighted, absent, rtol=1e-7)


def test_no_batch_is_without_weight():
    weight = np.zeros(len(X))
    weight[:20] = 1
    model = MLPClassifier(batch_size=10, shuffle=False, max_iter=3).fit(X, y, weight)
    assert model.t_ == 60


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_float32_data_makes_a_float32_model(solver):
    X32 = X_REGRESSION.astype(np.float32)
    weight = np.linspace(1, 2, len(X32))
    model = MLPRegressor(solver=solver, max_iter=3).fit(X32, Y_REGRESSION, weight)
    assert {a.dtype for a in model.coefs_ + model.intercepts_} == {np.dtype(np.float32)}
    assert model.predict(X32).dtype == np.float32
    assert model.predict(X_REGRESSION).dtype == np.float32


def test_targets_too_large_for_float32():
    with pytest.raises(ValueError, match="y contains a value too large for float32"):
        MLPRegressor().fit(X_REGRESSION.astype(np.float32), Y_REGRESSION * 1e300)


def test_poisson_refuses_negative_targets():
    with pytest.raises(
        ValueError, match=r"loss=.poisson. needs targets in the range .*not negative"
    ):
        MLPRegressor("poisson").fit(X_REGRESSION, Y_REGRESSION)
    assert get_tags(MLPRegressor("poisson")).target_tags.positive_only


def test_a_single_class_has_one_probability():
    model = MLPClassifier(max_iter=3).fit(X, np.full(len(X), "only"))
    np.testing.assert_array_equal(model.predict_proba(X), np.ones((len(X), 1)))
    np.testing.assert_array_equal(model.predict_log_proba(X), np.zeros((len(X), 1)))
    assert set(model.predict(X)) == {"only"}
    assert model.score(X, np.full(len(X), "only")) == 1


def test_early_stopping_is_stratified(monkeypatch):
    seen = []

    class HeldOut(early_stopping.HeldOut):
        def __init__(self, X, y, *rest):
            seen.append(y)
            super().__init__(X, y, *rest)

    monkeypatch.setattr(base, "HeldOut", HeldOut)
    rare = np.where(y == 0, 0, np.where(y == 1, 1, 2))
    MLPClassifier(early_stopping=True, max_iter=1, random_state=0).fit(X, rare)
    expected = np.bincount(rare) / 10
    assert np.abs(np.bincount(seen[0]) - expected).max() <= 1


@pytest.mark.parametrize("labels", ["binary", "multiclass"])
def test_early_stopping_with_a_class_of_one(labels):
    target = np.where(y > 4, 1, 0) if labels == "binary" else y.copy()
    target[target == 1] = 0
    target[7] = 1
    model = MLPClassifier(early_stopping=True, max_iter=3, random_state=0).fit(X, target)
    assert 1 in model.classes_
    assert len(model.validation_scores_) == 3


def test_early_stopping_with_more_classes_than_held_out_rows():
    model = MLPClassifier(early_stopping=True, max_iter=2).fit(X[:30], np.arange(30) // 2)
    assert len(model.validation_scores_) == 2


def test_a_score_of_nan_is_no_improvement():
    model = MLPRegressor(
        early_stopping=True, scoring=lambda *_: np.nan, n_iter_no_change=3, max_iter=50
    )
    assert model.fit(X_REGRESSION, Y_REGRESSION).n_iter_ == 4
    assert np.isnan(model.validation_scores_).all()


def test_lbfgs_minimizes_the_loss_of_its_gradient():
    Y = np.c_[Y_REGRESSION, Y_REGRESSION[::-1], X_REGRESSION[:, 0]]
    model = MLPRegressor(
        "squared_error", (10,), "tanh", solver="lbfgs", max_iter=2000, tol=1e-8, random_state=0
    )
    model.set_params(alpha=1.0).fit(X_REGRESSION, Y)
    penalty = 0.5 * sum((c**2).sum() for c in model.coefs_) / len(Y)
    error = 0.5 * mean_squared_error(Y, model.predict(X_REGRESSION))
    assert model.loss_ == pytest.approx(error + penalty, rel=1e-9)

    def objective(scale):
        first, last = model.coefs_[0], model.coefs_[-1] * scale
        hidden = np.tanh(X_REGRESSION @ first + model.intercepts_[0])
        p = hidden @ last + model.intercepts_[1]
        weights = (first**2).sum() + (last**2).sum()
        return 0.5 * ((p - Y) ** 2).sum() / len(Y) + 0.5 * weights / len(Y)

    slope = (objective(1 + 1e-5) - objective(1 - 1e-5)) / 2e-5
    assert abs(slope) < 1e-3


def test_verbose_lbfgs(capsys):
    model = MLPClassifier(solver="lbfgs", verbose=True, max_iter=3).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"Iteration 3, loss = {model.loss_:.8f}"
