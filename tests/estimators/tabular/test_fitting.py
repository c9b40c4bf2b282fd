"""Folds, out-of-fold predictions, leaks, budgets, losses; tables that are small or strange."""

import time

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.metrics import log_loss, r2_score, roc_auc_score

from fastnn import TabularClassifier, TabularRegressor
from fastnn.estimators.tabular.budget import Clock
from fastnn.estimators.tabular.sizes import PRESETS, Plan, even_batches, plan
from fastnn.tables.categories import MeansOfLevels

FAST = {"preset": "fast", "n_estimators": 4, "hidden_layer_sizes": (16,), "random_state": 0}
X, y = load_diabetes(return_X_y=True, as_frame=True)


@pytest.mark.parametrize("seed", range(3))
def test_a_shuffled_target_is_not_foreseen(seed):
    """Neither by levels of a category nor by values that repeat: their means know no row's own
    target, nor that of rows watched."""
    rng = np.random.RandomState(seed)
    n = 1200
    table = pd.DataFrame(
        {
            "level": [f"l{i}" for i in rng.randint(0, 12, n)],
            "many": [f"m{i}" for i in rng.randint(0, 600, n)],
            "repeated": rng.randint(0, 25, n),
        }
    )
    target = rng.rand(n) < 0.5
    model = TabularClassifier(**{**FAST, "n_estimators": 8}).fit(table, target)
    assert abs(roc_auc_score(target, model.oof_predictions_[:, 1]) - 0.5) < 0.05


def test_means_without_a_fold_know_nothing_of_it(rng):
    levels, folds = rng.randint(0, 5, 200), rng.randint(0, 4, 200)
    targets = rng.randn(200, 2)
    means = MeansOfLevels(levels, 5, targets, folds, 4)
    other = targets.copy()
    other[folds == 2] += 100
    changed = MeansOfLevels(levels, 5, other, folds, 4)
    assert (means.without(2) == changed.without(2)).all()
    np.testing.assert_allclose(means.of_rows(2)[folds == 2], means.without(2)[levels[folds == 2]])
    own = rng.permutation(200)[:20]
    for row in own:
        moved = targets.copy()
        moved[row] += 50
        again = MeansOfLevels(levels, 5, moved, folds, 4).of_rows(None)
        np.testing.assert_allclose(again[row], means.of_rows(None)[row], atol=1e-12)


def test_means_of_levels_are_shrunk_by_the_variances_within_and_between_them(rng):
    """As by the analysis of variance, written as in the books, for a row of each level and more."""
    levels = np.concatenate([np.arange(30), rng.randint(0, 30, 370)])
    target = rng.randn(400) + 0.8 * rng.randn(30)[levels]
    found = MeansOfLevels(levels, 30, target[:, None], np.zeros(400, int), 1).of_all()[:, 0]
    size = np.bincount(levels)
    mean = np.bincount(levels, target) / size
    within = (((target - mean[levels]) ** 2).sum() + target.var()) / (400 - 30 + 1)
    between = (size * (mean - target.mean()) ** 2).sum() - 29 * within
    between /= 400 - (size**2).sum() / 400
    own = between / (between + within / size)
    np.testing.assert_allclose(found[:30], own * mean + (1 - own) * target.mean())
    assert found[30] == pytest.approx(target.mean())
    weighed = MeansOfLevels(levels, 30, target[:, None], np.zeros(400, int), 1, np.full(400, 3.0))
    np.testing.assert_allclose(weighed.of_all()[:, 0], found)


def test_levels_of_a_row_each_are_not_taken_at_their_word(rng):
    target, folds = rng.randn(200, 1), np.zeros(200, int)
    found = MeansOfLevels(np.arange(200), 200, target, folds, 1).of_all()
    assert np.ptp(found) < 0.05


def test_predictions_out_of_fold_are_those_of_who_has_not_seen_the_row():
    model = TabularRegressor(**{**FAST, "n_estimators": 8}).fit(X, y)
    assert set(model.folds_) == set(range(8))
    narrow = model._encoder.encode(_columns(model, X))
    for fold in range(8):
        rows = model.folds_ == fold
        own = [m.predict(narrow[rows]) for m in model.estimators_[fold::8]]  # one of each kind
        expected = model._scale.values(np.mean(own, axis=0).reshape(-1, 1))[:, 0]
        np.testing.assert_allclose(model.oof_predictions_[rows], expected, rtol=1e-5)
    assert model.oof_score_ == pytest.approx(r2_score(y, model.oof_predictions_))
    fewer = TabularRegressor(**FAST).fit(X, y)
    assert np.isnan(fewer.oof_predictions_[fewer.folds_ >= 4]).all()
    assert np.isfinite(fewer.oof_predictions_[fewer.folds_ < 4]).all()


def _columns(model, X):
    from fastnn.estimators.tabular.columns import read_table

    return read_table(model, X, reset=False)


def test_the_temperature_lowers_the_log_loss_of_rows_not_trained_on():
    Xc, yc = load_breast_cancer(return_X_y=True)
    model = TabularClassifier(**{**FAST, "n_estimators": 8}).fit(Xc, yc)
    p = model.oof_predictions_[:, 1].astype(float)
    z = np.log(p / (1 - p)) * model.temperature_
    assert model.temperature_ < 0.9  # smoothed labels make too little sure
    assert log_loss(yc, p) < log_loss(yc, 1 / (1 + np.exp(-z)))


def test_rows_that_the_user_sets_apart():
    model = TabularRegressor(**FAST).fit(X[:300], y[:300], X_val=X[300:], y_val=y[300:])
    assert not hasattr(model, "oof_predictions_")
    assert r2_score(y[300:], model.predict(X[300:])) > 0.3
    with pytest.raises(ValueError, match="y_val was not provided"):
        model.fit(X, y, X_val=X)
    iris, kind = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="classes not in"):
        TabularClassifier(**FAST).fit(iris[:100], kind[:100], X_val=iris, y_val=kind)


@pytest.mark.parametrize("loss", ["poisson", "gamma", "tweedie", "huber", "absolute_error"])
def test_losses(loss):
    model = TabularRegressor(loss=loss, **FAST)
    found = model.fit(X, y).predict(X)
    assert r2_score(y, found) > 0.4
    assert y.min() <= found.min()
    assert found.max() <= y.max()


def test_quantiles_and_several_targets():
    levels = [0.1, 0.5, 0.9]
    model = TabularRegressor(loss="quantile", quantile=levels, **FAST).fit(X, y)
    low, middle, high = model.predict_quantiles(X).T
    assert (low <= middle).all()
    assert (middle <= high).all()
    assert 0.6 < ((low <= y) & (y <= high)).mean() < 1
    assert model.score(X, y) > 0.2
    assert model.oof_score_ > 0.1
    both = np.stack([y, -1000 * y], axis=1)
    model = TabularRegressor(**FAST).fit(X, both)
    assert model.predict(X).shape == both.shape
    assert model.score(X, both) > 0.4
    with pytest.raises(AttributeError, match="predict_quantiles is for"):
        model.predict_quantiles(X)


def test_several_labels():
    iris, kind = load_iris(return_X_y=True)
    indicator = np.stack([kind == 0, kind > 0, iris[:, 0] > 5.8], axis=1).astype(int)
    model = TabularClassifier(**FAST).fit(iris, indicator)
    assert model.predict(iris).shape == indicator.shape
    assert model.score(iris, indicator) > 0.8
    assert model.oof_score_ > 0.8


@pytest.mark.parametrize("n", [2, 3, 9, 49, 50, 70])
def test_few_rows(n):
    iris, kind = load_iris(return_X_y=True, as_frame=True)
    rows = np.random.RandomState(n).permutation(150)[:n]
    model = TabularClassifier(**FAST).fit(iris.iloc[rows], kind.iloc[rows])
    assert model.score(iris.iloc[rows], kind.iloc[rows]) > 0.9
    assert hasattr(model, "oof_score_") == (n >= 50)
    assert np.isfinite(TabularRegressor(**FAST).fit(X[:n], y[:n]).predict(X)).all()


def test_a_class_of_two_rows_or_one():
    iris, kind = load_iris(return_X_y=True)
    for n_rare in (1, 2):
        rare = np.where(np.arange(150) < n_rare, 9, kind)
        model = TabularClassifier(**FAST).fit(iris, rare)
        assert list(model.classes_) == [0, 1, 2, 9]
        assert model.predict_proba(iris).shape == model.oof_predictions_.shape == (150, 4)
        assert all(len(member.classes_) == 4 for member in model.estimators_)


def test_a_budget_ends_a_fit():
    rng = np.random.RandomState(0)
    table = rng.randn(2000, 10)
    target = table[:, 0] + table[:, 1] ** 2
    began = time.perf_counter()
    model = TabularRegressor(time_budget=0.01, random_state=0, preset="best").fit(table, target)
    short = time.perf_counter() - began
    assert len(model.estimators_) < 8  # those that are trained side by side
    assert model.estimators_[0].n_iter_ < 0.4 * plan(PRESETS["best"], 1750).max_iter
    assert short < 60
    assert model.score(table, target) > 0.3


def test_a_budget_buys_no_trial_of_what_cannot_be_shorter():
    clock, tried = Clock(60.0, time.perf_counter()), []
    assert clock.shortened({"max_iter": 1}, 8, 2, tried.append) == {"max_iter": 1}
    assert not tried
    assert clock.shortened({"max_iter": 9}, 8, 2, tried.append) == {"max_iter": 9}
    assert tried == [{"max_iter": 9}]
    late = Clock(60.0, time.perf_counter() - 100)
    assert late.shortened({"max_iter": 9}, 8, 2, tried.append) == {"max_iter": 3}
    assert late.has_time_for(0)
    assert not late.has_time_for_another()
    late.trained(1)
    assert not late.has_time_for(1)


@pytest.mark.parametrize("n", [1, 7, 40, 131, 1000, 27_910])
def test_batches_are_cut_evenly(n):
    size = even_batches(n, 128)
    last = n % size or size
    assert last >= 0.8 * size
    assert size <= max(160, 1)


def test_plans_follow_from_rows_and_task():
    default = PRESETS["default"]
    assert plan(default, 40, tiny=True) == Plan(40, 600, 0.01, 0.0)
    assert plan(default, 13_545)[1:] == (44, 0.0025, 0.15)
    assert plan(default, 13_545, regresses=True)[1:] == (33, 0.005, 0.06)
    assert plan(default, 13_545, regresses=True).batch_size >= 500
    assert plan(default, 900) == plan(default, 900, regresses=True)
    assert plan(PRESETS["fast"], 2_000_000).max_iter == 1


def test_what_is_looked_up_is_what_is_written_out():
    """The networks' first layer and the wide matrix of `explain` are of the same rows."""
    model = TabularRegressor(**FAST).fit(X, y)
    narrow = model._encoder.encode(_columns(model, X))
    wide = model._widening(narrow)
    np.testing.assert_allclose(model._widening.columns.transform(narrow), wide, atol=1e-6)
    np.testing.assert_allclose(wide.mean(axis=0), model._widening.mean, atol=1e-5)
