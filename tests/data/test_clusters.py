"""Ray and Spark, where they are installed, give rows the bits that they get at home.

Neither is among the packages that the tests install (half a gigabyte): without them the function
that their workers call is tested alone.
"""

import os
import sys

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from fastnn import MLPClassifier, Predictor
from fastnn.data import score
from fastnn.data._clusters import WithColumns

pd = pytest.importorskip("pandas")

X = np.random.RandomState(0).normal(size=(500, 3)).astype(np.float32)
FRAME = pd.DataFrame(X, columns=list("abc"))
LABELS = np.where(X[:, 0] > X[:, 1], "up", "down")
PREDICTOR = Predictor(MLPClassifier((8,), solver="lbfgs", random_state=0).fit(FRAME, LABELS))
NAMELESS = Predictor(MLPClassifier((8,), solver="lbfgs", random_state=0).fit(X, LABELS))
ROWS = FRAME.assign(row=np.arange(500))[["row", "c", "b", "a"]]


def _is_result(frame, method):
    frame = frame.sort_values("row")
    assert list(frame.columns[:4]) == ["row", "c", "b", "a"]
    assert (frame["row"].to_numpy() == np.arange(500)).all()
    expected = getattr(PREDICTOR, method)(FRAME)
    if expected.ndim == 2:
        assert list(frame.columns[4:]) == [f"{method}_down", f"{method}_up"]
    else:
        assert list(frame.columns[4:]) == [method]
    assert (frame.iloc[:, 4:].to_numpy().reshape(expected.shape) == expected).all()


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_a_partition_keeps_its_rows_and_gets_columns(method):
    function = WithColumns(PREDICTOR, method, ROWS.columns)
    _is_result(pd.concat(function.of_frames([ROWS[:200], ROWS[200:]])), method)
    found = WithColumns(NAMELESS, method, ["data"])({"data": X})
    assert (found["data"] == X).all()
    assert (found[method] == getattr(NAMELESS, method)(X)).all()


def test_columns_that_are_missing_or_taken():
    with pytest.raises(ValueError, match="rows has no column 'c', which the model was fitted on"):
        WithColumns(PREDICTOR, "predict", ["a", "b"])
    with pytest.raises(ValueError, match="rows has a column 'predict' already: rename or drop it"):
        WithColumns(PREDICTOR, "predict", [*"abc", "predict"])


def test_datasets_and_searches_of_ray():
    ray = pytest.importorskip("ray")
    pytest.importorskip("ray.data")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        rows = ray.data.from_pandas([ROWS[:200], ROWS[200:]])
        for method in ("predict", "predict_proba"):
            _is_result(score(PREDICTOR, rows, method=method).to_pandas(), method)
        found = score(NAMELESS, ray.data.from_numpy(X), method="predict_proba").take_all()
        data, said = (np.stack([row[name] for row in found]) for name in ("data", "predict_proba"))
        assert (said == NAMELESS.predict_proba(data)).all()
        with pytest.raises(ValueError, match="rows has no column 'a'"):
            score(PREDICTOR, rows.drop_columns(["a"]))
        register = pytest.importorskip("ray.util.joblib").register_ray
        register()
        net = MLPClassifier((4,), solver="lbfgs", max_iter=9, random_state=0)
        search = GridSearchCV(net, {"alpha": [1e-4, 1.0]}, cv=2)
        alone = search.fit(X, LABELS).cv_results_
        with joblib.parallel_backend("ray"):
            on_ray = clone(search).set_params(n_jobs=2).fit(X, LABELS).cv_results_
        for name in ("split0_test_score", "split1_test_score"):
            assert (on_ray[name] == alone[name]).all()
    finally:
        ray.shutdown()


def test_frames_of_spark(monkeypatch):
    sql = pytest.importorskip("pyspark.sql")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    local = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    spark = local.config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
    try:
        rows = spark.createDataFrame(ROWS).repartition(3)
        for method in ("predict", "predict_proba"):
            _is_result(score(PREDICTOR, rows, method=method).toPandas(), method)
        with pytest.raises(ValueError, match="rows has no row"):
            score(PREDICTOR, rows.limit(0))
    finally:
        spark.stop()
