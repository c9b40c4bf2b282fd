"""Pipelines with encoders and imputers, exported: what ONNX and C make of tables."""

import ctypes
import importlib.util
from pathlib import Path

import exported_c
import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler

import fastnn
from fastnn import MLPClassifier, Predictor


def _tests_of_scoring(name):
    path = Path(__file__).parents[1] / "scoring" / f"test_{name}.py"
    spec = importlib.util.spec_from_file_location(f"drawn_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# The pipelines and tables that are drawn there.
drawn, steps = _tests_of_scoring("pipelines"), _tests_of_scoring("pipeline_steps")

pytestmark = drawn.pytestmark


def fitted(seed):
    """A pipeline and rows that it takes; none of which lacks a job, where "" is one."""
    rng = np.random.RandomState(seed)
    X = drawn.a_table(rng)
    y = rng.choice(["a", "b", "c"][: 2 + seed % 2], len(X))
    network = MLPClassifier((7,), max_iter=4, random_state=seed, batch_size=40)
    new = drawn.new_rows(rng)
    return drawn.a_pipeline(rng, network).fit(X, y), new[new["job"].notna()]


def run_onnx(pipeline, new, dtype):
    """What onnxruntime makes of a frame: labels and probabilities."""
    onnxruntime = pytest.importorskip("onnxruntime")
    proto = fastnn.to_onnx(pipeline, dtype=dtype)
    session = onnxruntime.InferenceSession(proto.SerializeToString())
    feed = {}
    for given in session.get_inputs():
        column = new[given.name]
        if "string" in given.type:
            feed[given.name] = column.fillna("").to_numpy(object)[:, None]
        else:
            feed[given.name] = column.to_numpy(dtype)[:, None]
    return session.run(None, feed)


@pytest.mark.parametrize("seed", range(8))
def test_onnx_takes_the_columns_by_name(seed):
    pipeline, new = fitted(seed)
    for dtype, bound in (("float64", 1e-12), ("float32", 3e-5)):
        labels, probabilities = run_onnx(pipeline, new, dtype)
        expected = Predictor(pipeline, "float64").predict_proba(new)
        np.testing.assert_allclose(probabilities, expected, atol=bound, rtol=0)
        assert (labels == pipeline.predict(new)).all()


def test_every_curve_in_onnx_and_in_c(rng, tmp_path):
    X, new = steps.a_table(rng, 90), steps.a_table(rng, 40)
    new.loc[6:9, "pay"], new.loc[8:12, "age"] = 200.0, 5.0
    filled = make_pipeline(SimpleImputer(), steps.every_curve())
    columns = ColumnTransformer([("all", filled, ["age", "pay"])])
    pipeline = make_pipeline(columns, StandardScaler(with_mean=False), MLPClassifier((5,)))
    pipeline.fit(X, X["job"] == "cook")
    expected = Predictor(pipeline, "float64").predict_proba(new)
    labels, probabilities = run_onnx(pipeline, new, "float64")
    np.testing.assert_allclose(probabilities, expected, atol=1e-12, rtol=0)
    assert (labels == pipeline.predict(new)).all()
    if exported_c.COMPILER is None:
        return
    encoded = Encoded(fastnn.to_c(pipeline, "curves"), "curves", tmp_path)
    n, found = Predictor(pipeline)._model.n_features_in, (ctypes.c_float * 2)()
    for row, p in zip(new.itertuples(index=False), expected, strict=True):
        status, x = encoded.features(
            [value if i in (0, 2) else None for i, value in enumerate(row)], n
        )
        assert status == 0
        encoded._library.curves_predict(x, found)
        np.testing.assert_allclose(list(found), p, atol=1e-5)


class Encoded:
    """The two functions of a C file, called for a row as a dict."""

    def __init__(self, source, name, folder):
        self._library, self._name = exported_c.build(source, folder), name
        self._text = {
            int(line.split("labels[")[1].split("]")[0])
            for line in source.splitlines()
            if line.startswith(" * labels[") and "]: " in line
        }

    def features(self, values, n):
        numbers = (ctypes.c_double * len(values))()
        labels = (ctypes.c_char_p * len(values))()
        for c, value in enumerate(values):
            missing = value is None or value != value
            if c in self._text:
                labels[c] = None if missing else value.encode()
            else:
                numbers[c] = float("nan") if missing else value
        x = (ctypes.c_float * n)()
        return getattr(self._library, f"{self._name}_encode")(numbers, labels, x), x


@pytest.mark.skipif(exported_c.COMPILER is None, reason="there is no C compiler")
@pytest.mark.parametrize("seed", range(4))
def test_c_encodes_a_row_and_predicts(seed, tmp_path):
    pipeline, new = fitted(seed)
    predictor = Predictor(pipeline)
    encoded = Encoded(fastnn.to_c(pipeline, "drawn"), "drawn", tmp_path)
    predict, n = encoded._library.drawn_predict, predictor._model.n_features_in
    expected = predictor.predict_proba(new)
    for row, p in zip(new.itertuples(index=False), expected, strict=True):
        status, x = encoded.features(list(row), n)
        assert status == 0
        found = (ctypes.c_float * len(p))()
        code = predict(x, found)
        np.testing.assert_allclose(list(found), p, atol=1e-5)
        assert predictor.classes_[code] == predictor.predict(row)[0]


@pytest.mark.skipif(exported_c.COMPILER is None, reason="there is no C compiler")
def test_what_is_refused(rng, tmp_path):
    """C names the column, ONNX gives NaN, a Predictor raises."""
    X = drawn.a_table(rng, missing=False)[["age", "city"]]
    bins = KBinsDiscretizer(3, encode="onehot-dense", quantile_method="averaged_inverted_cdf")
    columns = ColumnTransformer([("city", OneHotEncoder(), ["city"]), ("age", bins, ["age"])])
    pipeline = make_pipeline(columns, MLPClassifier((3,), max_iter=2)).fit(X, X["age"] > 50)
    predictor = Predictor(pipeline)
    n = predictor._model.n_features_in
    encoded = Encoded(fastnn.to_c(pipeline, "strict"), "strict", tmp_path)
    rows = [(30.0, "Ulm"), (30.0, "Rome"), (30.0, None), (None, "Ulm")]
    assert [encoded.features(list(row), n)[0] for row in rows] == [0, 2, 2, 1]
    for row, name in zip(rows[1:], ("city", "city", "age"), strict=True):
        with pytest.raises(ValueError, match=f"column '{name}'"):
            predictor.predict(row)
    onnxruntime = pytest.importorskip("onnxruntime")
    proto = fastnn.to_onnx(pipeline)
    session = onnxruntime.InferenceSession(proto.SerializeToString())
    feed = {
        "age": np.array([[30], [30], [np.nan]], np.float32),
        "city": np.array([["Ulm"], ["Rome"], ["Ulm"]], object),
    }
    assert np.isnan(session.run(["probabilities"], feed)[0]).any(axis=1).tolist() == [0, 1, 1]
    with pytest.raises(ValueError, match="target_opset=13"):
        fastnn.to_onnx(pipeline, target_opset=11)
