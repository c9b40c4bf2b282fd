"""Kinds of networks: what they see, which are kept, and that dropped columns leak nothing."""

import io

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import fastnn
from fastnn import Predictor, TabularClassifier, TabularRegressor
from fastnn.estimators.tabular.kinds import best_together, kinds_of
from fastnn.estimators.tabular.screening import telling_columns
from fastnn.tables.features import Feature
from fastnn.tables.views import View
from fastnn.tables.wide import Widening

FAST = {"preset": "fast", "n_estimators": 8, "random_state": 0}
NONE = np.empty(0, np.float32)


def features():
    edges = np.array([-3, -1, -0.5, 0.25, 1, 2.5], np.float32)
    return [
        Feature(0, "number", "", edges),
        Feature(1, "levels", "", NONE, 4),
        Feature(2, "number", "", edges[1:]),
        Feature(2, "gap", "", NONE),
    ]


def narrow(rng, n):
    columns = rng.randn(n), rng.randint(0, 5, n), rng.randn(n), rng.rand(n) < 0.3
    return np.stack(columns, axis=1).astype(np.float32)


@pytest.mark.parametrize("n_bins", [None, 0, 2, 3, 99])
@pytest.mark.parametrize("kept", [(1, 1, 1, 1), (1, 0, 1, 1), (0, 1, 0, 0)])
def test_what_is_learned_of_a_view_is_a_layer_of_all_columns(rng, kept, n_bins):
    rows = narrow(rng, 300)
    widening = Widening(features(), rows)
    view = View(widening, np.array(kept, bool), n_bins)
    seen = view.of(rows)
    assert seen.shape[1] == sum(kept)
    assert seen.flags.c_contiguous
    weight = rng.randn(view.columns.n_out, 3)
    expected = view.columns.transform(seen.astype(float)) @ weight
    wide = widening(rows.astype(float))
    np.testing.assert_allclose(wide @ view.spread(weight), expected, atol=2e-6)


def test_columns_that_tell_by_themselves(rng):
    x = np.concatenate([narrow(rng, 400), rng.randn(400, 20).astype(np.float32)], axis=1)
    more = [Feature(3 + i, "number", "", NONE) for i in range(20)]
    y = np.abs(x[:, 0]) + 0.7 * (x[:, 1] == 2) + 0.4 * x[:, 5] + 0.3 * rng.randn(400)
    for weight in (None, rng.rand(400) + 0.5):
        kept = telling_columns([*features(), *more], x, y[:, None], weight)
        assert kept[:2].all()
        assert kept[5]
        assert kept.sum() <= 10
        assert kept[2] == kept[3]  # of one column
    none = telling_columns([*features(), *more], x, np.zeros((400, 1)), None)
    assert none.all()


def test_the_kinds_that_are_kept_err_least_together():
    def loss(mean):
        return float((mean**2).sum())

    far, right, left = np.array([9.0, 9]), np.array([1.0, -1]), np.array([-1.0, 1.5])
    mean = lambda outputs: np.mean(outputs, axis=0)  # noqa: E731
    assert best_together([far, left, right], mean, loss) == (1, 2)
    assert best_together([far, right, right], mean, loss) == (1,)
    assert best_together([far], mean, loss) == (0,)


def test_kinds_follow_from_rows_and_columns():
    def names(*about, screens=False):
        return [kind.name for kind in kinds_of(*about, screens=screens)]

    assert names("default", 20_000, 10) == names("fast", 400, 10) == ["plain"]
    assert names("default", 400, 10) == ["plain", "smooth"]
    assert names("fast", 400, 10, screens=True) == ["plain"]
    assert names("fast", 400, 100, screens=True) == ["plain", "screened and smooth"]
    assert names("default", 400, 100, screens=True)[1:] == ["screened", "screened and smooth"]
    assert len(names("best", 20_000, 10)) == 6


@pytest.fixture(scope="module", name="sparse")
def few_of_many():
    rng = np.random.RandomState(0)
    X = pd.DataFrame(rng.randn(400, 40), columns=[f"x{i}" for i in range(40)])
    y = X["x0"] + X["x1"] - X["x2"] + 0.7 * rng.randn(400) > 0
    model = TabularClassifier(**FAST, hidden_layer_sizes=(16,), max_bins=0)
    return model.fit(X[:240], y[:240]), X, y


def test_columns_that_say_nothing_are_left_out(sparse):
    model, X, y = sparse
    assert len(model.estimators_) % 8 == 0
    assert model.score(X[240:], y[240:]) > 0.8
    at = model._widening.starts[39]
    assert [m for m in model.estimators_ if not m.coefs_[0][at:].any()]
    np.testing.assert_allclose(model.oof_predictions_.sum(axis=1), 1)
    assert abs(model.oof_score_ - model.score(X[240:], y[240:])) < 0.1


def test_a_file_and_a_predictor_of_several_kinds(sparse):
    model, X, _ = sparse
    file, expected = io.BytesIO(), model.predict_proba(X)
    fastnn.save(model, file)
    assert (fastnn.load(file.getvalue()).predict_proba(X) == expected).all()
    assert (Predictor(file.getvalue()).predict_proba(X) == expected).all()


def test_columns_left_out_do_not_tell_of_rows_watched():
    rng = np.random.RandomState(1)
    X, y = rng.randn(250, 50), rng.rand(250) < 0.5
    model = TabularClassifier(**FAST, hidden_layer_sizes=(16,), max_bins=0).fit(X, y)
    assert abs(roc_auc_score(y, model.oof_predictions_[:, 1]) - 0.5) < 0.1


def test_kinds_of_other_losses_are_averaged_as_predictions():
    rng = np.random.RandomState(2)
    X = rng.randn(200, 15)
    y = rng.poisson(np.exp(X[:, 0]))
    model = TabularRegressor(**FAST, hidden_layer_sizes=(8,), max_bins=4, loss="poisson", n_jobs=1)
    model.fit(X, y)
    assert model.oof_score_ > 0.2
    other = TabularRegressor(**model.get_params() | {"n_jobs": 2}).fit(X, y)
    assert len(model.estimators_) == len(other.estimators_)
    assert (other.predict(X) == model.predict(X)).all()
    assert (model.predict(X) >= 0).all()
    outputs = [rng.randn(5, 1), rng.randn(5, 1)]
    mean = np.exp(model._combined(outputs))
    np.testing.assert_allclose(mean, np.exp(outputs).mean(axis=0))
