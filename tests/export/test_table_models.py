"""Models of raw tables in ONNX and C: numbers, categories by number and by name, gaps, bounds."""

import ctypes
import importlib.util
from pathlib import Path

import exported_c
import numpy as np
import pandas as pd
import pytest

import fastnn
from fastnn import Predictor, TabularClassifier, TabularRegressor

_spec = importlib.util.spec_from_file_location(
    "fronts_written", Path(__file__).with_name("test_fronts.py")
)
fronts = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fronts)

FAST = {"preset": "fast", "n_estimators": 2, "hidden_layer_sizes": (16, 8), "random_state": 0}


def a_table(n, seed=0):
    """Numbers with gaps, repeated ones, two and many levels, all by number but for the town."""
    rng = np.random.RandomState(seed)
    X = pd.DataFrame(
        {
            "plain": rng.randn(n),
            "heavy": rng.standard_t(2, n) * 1e4,
            "times": rng.randint(0, 20, n).astype(float),
            "sign": rng.randint(0, 2, n),
            "few": rng.randint(0, 5, n),
            "many": rng.randint(0, 60, n),
            "town": rng.choice(["Ulm", "Bonn", "Köln"], n),
            "flag": rng.rand(n) < 0.5,
        }
    )
    X["plain"] = X["plain"].mask(rng.rand(n) < 0.2)
    X["times"] = X["times"].mask(rng.rand(n) < 0.1)
    y = X["plain"].fillna(1) + np.sin(X["times"].fillna(3)) + (X["many"] % 7) + (X["few"] == 2)
    y += 3 * ((X["times"].fillna(20) + X["few"]) % 2) + 3 * ((X["town"] == "Ulm") ^ X["sign"])
    return X, y.to_numpy()


def new_rows():
    X, _ = a_table(60, seed=5)
    X.loc[:3, "few"], X.loc[4:6, "many"], X.loc[7, "town"] = 77, -1, "Rome"
    X.loc[9, "heavy"], X.loc[10, "times"] = 1e9, 7.4
    return X


@pytest.fixture(scope="module", params=["classes", "values", "counts", "two values"], name="model")
def fitted(request):
    X, y = a_table(700)
    categories = {"categorical_features": ["sign", "few", "many"]}
    if request.param == "classes":
        return TabularClassifier(**FAST, **categories).fit(X, np.digitize(y, [2, 5]))
    if request.param == "counts":
        model = TabularRegressor(**FAST, **categories, loss="poisson")
        return model.fit(X, np.abs(y.round()))
    if request.param == "two values":
        return TabularRegressor(**FAST, **categories).fit(X, np.stack([1e5 + 300 * y, -y], axis=1))
    return TabularRegressor(**FAST, **categories).fit(X, 1e4 + 50 * y)


def expected_of(model, X):
    pairs = [column.name for column in model._encoder.columns if column.kind == "cross"]
    assert {"times and few", "sign and town"} <= set(pairs)
    found = model.predict_proba(X) if hasattr(model, "classes_") else model.predict(X)
    return found.reshape(len(X), -1)


def test_onnx_gives_what_the_model_gives(model):
    new = new_rows()
    expected = expected_of(model, new)
    spread = np.ptp(expected, axis=0)
    for dtype, bound in (("float64", 1e-6), ("float32", 1e-4)):
        found = fronts.run_onnx(model, new.assign(flag=new["flag"].astype(int)), dtype)[-1]
        assert (np.abs(found - expected) <= bound * spread).all()
        assert found.dtype == dtype


@pytest.mark.skipif(exported_c.COMPILER is None, reason="there is no C compiler")
def test_c_gives_what_the_model_gives(model, tmp_path):
    new = new_rows()
    expected = expected_of(model, new)
    spread = np.ptp(expected, axis=0)
    encoded = fronts.Encoded(fastnn.to_c(model, "tables"), "tables", tmp_path)
    n, found = Predictor(model)._model.n_features_in, (ctypes.c_float * expected.shape[1])()
    for row, p in zip(new.itertuples(index=False), expected, strict=True):
        status, x = encoded.features(list(row), n)
        assert status == 0
        encoded._library.tables_predict(x, found)
        assert (np.abs(np.array(found) - p) <= 1e-4 * spread).all()


def test_a_file_leaves_as_well_as_the_model(tmp_path):
    X, y = a_table(300)
    model = TabularClassifier(**FAST).fit(X[["plain", "town"]], y > 3)
    fastnn.save(model, tmp_path / "model.fastnn")
    assert fastnn.to_c(tmp_path / "model.fastnn", "m") == fastnn.to_c(model, "m")


def test_a_date_is_refused_by_name():
    X, y = a_table(300)
    X = X[["plain"]].assign(day=np.datetime64("2024-01-01") + np.arange(300))
    model = TabularClassifier(**FAST).fit(X, y > 3)
    for write in (fastnn.to_onnx, lambda model: fastnn.to_c(model, "m")):
        with pytest.raises(TypeError, match=r"column 'day' is a date in .*Predictor"):
            write(model)
