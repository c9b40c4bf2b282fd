"""Networks in pipelines that skl2onnx converts: options, labels, opsets, hidden layers."""

import numpy as np
import pandas as pd
import pytest
from scoring_models import data, fit, network, target
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

import fastnn

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
skl2onnx = pytest.importorskip("skl2onnx")

ROWS = data().astype(np.float32)
LABELS = {
    "bool": np.array([False, True]),
    "float64": np.array([0.0, 1.0]),
    "float32": np.array([0, 1, 2], np.float32),
    "negative floats": np.array([-3.0, 2.0]),
    "int": np.array([3, -7, 9]),
    "int8": np.array([3, -7, 9], np.int8),
    "uint8": np.array([0, 200], np.uint8),
    "uint64": np.array([0, 2**40], np.uint64),
    "text": np.array(["a", "b", "ü"]),
    "objects": np.array(["a", "b"], dtype=object),
}


@pytest.fixture(autouse=True)
def registered():
    fastnn.register_with_skl2onnx()


def small(kind="multiclass", **params):
    return network("fastnn", kind, hidden_layer_sizes=(6,), max_iter=5, **params)


def run(proto, X=ROWS):
    session = onnxruntime.InferenceSession(proto.SerializeToString())
    inputs = session.get_inputs()
    given = {inputs[0].name: X} if isinstance(X, np.ndarray) else X
    return session.run(None, given)


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("zipmap", [True, "columns", False])
@pytest.mark.parametrize("inside", [False, True])
def test_labels_of_every_type(labels, zipmap, inside):
    y = LABELS[labels][np.arange(200) % len(LABELS[labels])]
    model = make_pipeline(PolynomialFeatures(2), small()) if inside else small()
    fit(model, data(), y)
    options = {id(model): {"zipmap": zipmap}}
    found, *rest = run(skl2onnx.to_onnx(model, ROWS[:1], options=options))
    assert (np.asarray(found) == model.predict(ROWS)).all()
    if zipmap is True:
        values = [[row[label] for label in model.classes_.tolist()] for row in rest[0]]
    else:
        values = np.transpose(rest) if zipmap else rest[0]
    np.testing.assert_allclose(values, model.predict_proba(ROWS), atol=1e-4)


@pytest.mark.parametrize(
    ("labels", "nocl"), [("int", False), ("int", True), ("text", False), ("objects", False)]
)
def test_class_labels_as_an_output(labels, nocl):
    y = LABELS[labels][np.arange(200) % len(LABELS[labels])]
    model = fit(small(), data(), y)
    options = {"zipmap": False, "output_class_labels": True, "nocl": nocl}
    found = run(skl2onnx.to_onnx(model, ROWS[:1], options={id(model): options}))[2]
    assert list(found) == (list(range(len(model.classes_))) if nocl else model.classes_.tolist())


@pytest.mark.parametrize(
    ("labels", "nocl"),
    [("bool", False), ("float64", False), ("int8", False), ("uint8", True), ("text", True)],
)
def test_class_labels_that_skl2onnx_cannot_write_are_named(labels, nocl):
    y = LABELS[labels][np.arange(200) % len(LABELS[labels])]
    model = fit(small(), data(), y)
    options = {"zipmap": False, "output_class_labels": True, "nocl": nocl}
    with pytest.raises(ValueError, match="leave the option out"):
        skl2onnx.to_onnx(model, ROWS[:1], options={id(model): options})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("opset", [9, 11, 12, 13, 15, 17, 18, 20, 21])
def test_target_opset_is_kept(opset, dtype):
    for activation in ("elu", "gelu", "selu", "softsign", "softplus", "leaky_relu"):
        model = small("regressor", activation=activation, layer_norm=True)
        fit(make_pipeline(StandardScaler(), model), data(), target("regressor"))
        proto = skl2onnx.to_onnx(model, data()[:1].astype(dtype), target_opset=opset)
        assert max(entry.version for entry in proto.opset_import if entry.domain == "") <= opset
        (found,) = run(proto, data().astype(dtype))
        expected = model.predict(data()).reshape(-1, 1)
        np.testing.assert_allclose(found, expected, rtol=1e-4 if dtype == np.float32 else 1e-9)


def test_columns_that_come_one_by_one():
    """As skl2onnx makes inputs of a data frame."""
    model = fit(small(), data(), target("multiclass"))
    frame = pd.DataFrame(ROWS, columns=list("abcdefg"))
    options = {id(model): {"zipmap": False}}
    proto = skl2onnx.to_onnx(model, frame[:1], options=options)
    columns = {name: ROWS[:, [i]] for i, name in enumerate("abcdefg")}
    label, values = run(proto, columns)
    assert (label == model.predict(data())).all()
    np.testing.assert_allclose(values, model.predict_proba(data()), atol=1e-4)


class TestHiddenLayer:
    """A network that is no last step gives its hidden layer."""

    def check(self, model, y, options=None, dtype=np.float32):
        X = data().astype(dtype)
        fit(model, X, y)
        found = run(skl2onnx.to_onnx(model, X[:1], options=options), X)[0]
        expected = model.predict(X)
        if expected.dtype.kind == "f":
            np.testing.assert_allclose(found.ravel(), expected, rtol=1e-3, atol=1e-3)
        else:
            assert (found == expected).all()

    @pytest.mark.parametrize("params", [{}, {"layer_norm": True, "residual": True}])
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_of_a_regressor(self, params, dtype):
        pipe = make_pipeline(StandardScaler(), small("regressor", **params), Ridge())
        self.check(pipe, target("regressor"), dtype=dtype)

    @pytest.mark.parametrize("params", [{}, {"batch_norm": True}])
    def test_of_a_classifier(self, params):
        pipe = make_pipeline(small(**params), LogisticRegression())
        self.check(pipe, target("multiclass"), {"zipmap": False})

    def test_before_another_network(self):
        inner = network("fastnn", "multiclass", hidden_layer_sizes=(9, 4), max_iter=5)
        pipe = make_pipeline(inner, StandardScaler(), small())
        self.check(pipe, target("multiclass"), {"zipmap": False})

    def test_in_unions_and_pipelines_of_transformers(self):
        y = target("multiclass")
        union = make_union(StandardScaler(), small(), make_pipeline(StandardScaler(), small()))
        self.check(make_pipeline(union, LogisticRegression()), y, {"zipmap": False})
        inner = make_pipeline(StandardScaler(), small())
        self.check(make_pipeline(inner, LogisticRegression()), y, {"zipmap": False})

    def test_in_a_column_transformer(self):
        columns = ColumnTransformer([("a", small(), [0, 1, 2]), ("b", StandardScaler(), [3, 4])])
        pipe = make_pipeline(columns, LogisticRegression())
        self.check(pipe, target("multiclass"), {"zipmap": False})

    def test_alone_it_predicts(self):
        model = fit(small("regressor"), data(), target("regressor"))
        (found,) = run(
            skl2onnx.to_onnx(make_pipeline(StandardScaler().fit(data()), model), ROWS[:1])
        )
        assert found.shape == (200, 1)

    def test_steps_without_one_are_refused(self):
        model = fit(small("regressor"), data(), target("regressor"))
        pipe = fit(make_pipeline(model, Ridge()), data(), target("regressor"))
        fit(pipe[0].set_params(hidden_layer_sizes=()), data(), target("regressor"))
        with pytest.raises(ValueError, match="without a hidden layer is no transformer"):
            skl2onnx.to_onnx(pipe, ROWS[:1])
