"""ONNX files give what the model gives, in onnxruntime, alone and inside pipelines."""

import sys

import numpy as np
import pytest
from exported_onnx import assert_agrees, run
from scoring_models import ACTIVATIONS as ALL_ACTIVATIONS
from scoring_models import (
    BLOCKS,
    CLASSIFIERS,
    FABRICATED,
    KINDS,
    LIBRARIES,
    NEAR_AND_FAR,
    data,
    fabricated,
    fit,
    fitted,
    labels_of,
    network,
    one_unit,
    raw_of,
    target,
    values_of,
    with_blocks,
)
from sklearn.compose import TransformedTargetRegressor
from sklearn.kernel_approximation import RBFSampler
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, StandardScaler

import fastnn
from fastnn import Predictor, to_onnx
from fastnn.files.sources import describe
from fastnn.layers import ACTIVATIONS

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_agrees_with_the_model(library, kind, dtype):
    model, X = fitted(library, kind), data().astype(dtype)
    proto = to_onnx(model, dtype=dtype)
    assert_agrees(run(proto, X), model, X, atol=1e-5 if dtype == "float32" else 1e-12)
    one_row = run(proto, X[:1])
    assert_agrees(one_row, model, X[:1])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation):
    model, X = fitted("fastnn", "multiclass", activation), data().astype(np.float32)
    assert_agrees(run(to_onnx(model), X), model, X)


@pytest.mark.parametrize(
    ("classes", "dtype"),
    [
        (np.array([False, True]), bool),
        (np.array([-1.5, 0.5]) * 2, np.float64),
        (np.array([-(2**63), 2**63 - 1, 3]), np.int64),
        (np.array([0, 2**63 - 1], dtype=np.uint64), np.int64),
        (np.array([3, 7, 9], dtype=np.int8), np.int64),
        (np.array(["a", "ü", "👍"]), object),
        (np.array(["a", "ü"], dtype=object), object),
    ],
)
def test_labels_of_every_type(classes, dtype):
    y = classes[np.arange(200) % len(classes)]
    model = fit(network("sklearn", "binary"), data(), y)
    found = run(to_onnx(model), data().astype(np.float32))["label"]
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, model.predict(data()))


def test_labels_beyond_int64_are_refused():
    y = np.array([0, 2**64 - 1], dtype=np.uint64)[np.arange(200) % 2]
    with pytest.raises(ValueError, match="18446744073709551615 does not fit"):
        to_onnx(fit(network("sklearn", "binary", max_iter=1), data(), y))


def test_pipelines_are_folded():
    model = make_pipeline(StandardScaler(), network("sklearn", "multilabel"))
    fit(model, data(), target("multilabel"))
    proto = to_onnx(model)
    assert_agrees(run(proto, data().astype(np.float32)), model, data())
    assert {node.op_type for node in proto.graph.node} == {
        *("Gemm", "Relu", "Sigmoid", "Greater", "Cast"),
    }
    model = TransformedTargetRegressor(network("sklearn", "regressor"), transformer=MinMaxScaler())
    fit(model, data(), target("regressor"))
    assert_agrees(run(to_onnx(model), data().astype(np.float32)), model, data())


def test_predictors_and_files(tmp_path):
    predictor = Predictor(fitted("sklearn", "multiclass"))
    fastnn.save(predictor, tmp_path / "model.fnn")
    X = data().astype(np.float32)
    expected = run(to_onnx(predictor), X)
    found = run(to_onnx(tmp_path / "model.fnn"), X)
    np.testing.assert_array_equal(found["probabilities"], expected["probabilities"])
    assert_agrees(found, predictor, X)


def test_steps_that_cannot_be_folded_are_named():
    model = make_pipeline(RBFSampler(), network("sklearn", "binary", max_iter=1))
    with pytest.raises(TypeError, match="step 'rbfsampler'"):
        to_onnx(fit(model, data(), target("binary")))


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match="pip install onnx"):
        to_onnx(fitted("sklearn", "binary"))
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(ImportError, match="pip install skl2onnx"):
        fastnn.register_with_skl2onnx()


class TestBlocks:
    """Fabricated models with normalisations, skips and every activation, against NumPy."""

    def check(self, model, dtype):
        X = data().astype(dtype)
        outputs = run(to_onnx(model, dtype=dtype), X)
        model = describe(model).astype(dtype)
        expected = values_of(model, X)
        name = "variable" if model.kind == "regressor" else "probabilities"
        found = outputs[name if model.kind == "regressor" or model.has_probabilities else "scores"]
        assert found.dtype == dtype
        assert found.shape == expected.shape
        tolerance = 1e-5 if dtype == "float32" else 1e-12
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)
        if model.kind != "regressor":
            np.testing.assert_array_equal(outputs["label"], labels_of(model, X))

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("blocks", BLOCKS)
    @pytest.mark.parametrize("kind", FABRICATED)
    def test_every_kind(self, kind, blocks, dtype):
        self.check(fabricated(kind, blocks, "tanh"), dtype)

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("activation", ALL_ACTIVATIONS)
    def test_every_activation(self, activation, dtype):
        self.check(fabricated("multiclass", "everything", activation), dtype)

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("activation", ALL_ACTIVATIONS)
    def test_activations_near_and_far(self, activation, dtype):
        """Of one unit; nothing overflows."""
        model, X = one_unit(activation, dtype), NEAR_AND_FAR.astype(dtype)
        found = run(to_onnx(model, dtype=dtype), X)["variable"]
        tolerance = 1e-6 if dtype == "float32" else 1e-13
        np.testing.assert_allclose(found, raw_of(model, X), rtol=tolerance, atol=tolerance)

    def test_predictors_and_pipelines(self):
        mlp = with_blocks()
        X = data().astype(np.float32)
        expected = values_of(describe(mlp), X)
        found = run(to_onnx(mlp), X)["probabilities"]
        np.testing.assert_allclose(found, expected, atol=1e-5)
        scaler = MinMaxScaler((0, 2)).fit(data())
        pipeline = make_pipeline(scaler, mlp)
        expected = values_of(describe(mlp), scaler.transform(data()))
        found = run(to_onnx(pipeline), X)["probabilities"]
        np.testing.assert_allclose(found, expected, atol=1e-5)

    def test_plain_models_have_plain_nodes(self):
        proto = to_onnx(fabricated("regressor", "plain", "relu"))
        assert [n.name for n in proto.graph.node][:2] == ["dense0", "activation0"]
        proto = to_onnx(fabricated("regressor", "layer_norm", "relu"))
        assert "LayerNormalization" in {node.op_type for node in proto.graph.node}


class TestSkl2onnx:
    """Pipelines with steps that fastnn does not fold."""

    @pytest.fixture
    def skl2onnx(self):
        skl2onnx = pytest.importorskip("skl2onnx")
        fastnn.register_with_skl2onnx()
        # Subclasses, so that the conversion of scikit-learn's own stays as it is.
        fastnn.register_with_skl2onnx(Classifier, Regressor)
        return skl2onnx

    @pytest.mark.parametrize("library", LIBRARIES)
    @pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "single_class"])
    def test_inside_a_pipeline(self, skl2onnx, library, kind):
        net = network(library, kind)
        if library == "sklearn":
            net = (Classifier if kind in CLASSIFIERS else Regressor)(**net.get_params())
        model = make_pipeline(PolynomialFeatures(2), StandardScaler(), net)
        fit(model, data(), target(kind))
        X = data().astype(np.float32)
        options = {"zipmap": False} if kind in CLASSIFIERS else None
        assert_agrees(run(skl2onnx.to_onnx(model, X[:1], options=options), X), model, X, atol=1e-4)

    def test_float64_input_is_scored_in_float64(self, skl2onnx):
        model = make_pipeline(StandardScaler(), network("fastnn", "multioutput"))
        fit(model, data(), target("multioutput"))
        outputs = run(skl2onnx.to_onnx(model, data()[:1]), np.array(data()))
        assert_agrees(outputs, model, data(), atol=1e-10)

    @pytest.mark.parametrize("nocl", [False, True])
    def test_options(self, skl2onnx, nocl):
        model = fitted("fastnn", "multiclass")
        X = data().astype(np.float32)
        options = {"nocl": nocl, "zipmap": not nocl}
        outputs = list(run(skl2onnx.to_onnx(model, X[:1], options=options), X).values())
        if nocl:
            np.testing.assert_array_equal(model.classes_[outputs[0]], model.predict(X))
        else:
            assert list(outputs[1][0]) == model.classes_.tolist()

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_blocks(self, skl2onnx, dtype):
        X = data().astype(dtype)
        scaler = StandardScaler().fit(X)
        mlp = with_blocks()
        options = {"zipmap": False}
        proto = skl2onnx.to_onnx(make_pipeline(scaler, mlp), X[:1], options=options)
        expected = values_of(describe(mlp), scaler.transform(X))
        found = run(proto, X)["probabilities"]
        tolerance = 1e-5 if dtype == np.float32 else 1e-11
        np.testing.assert_allclose(found, expected, atol=tolerance)

    @pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
    @pytest.mark.parametrize("zipmap", [False, True])
    def test_classifiers_without_probabilities(self, skl2onnx, kind, zipmap):
        mlp = fit(network("fastnn", kind), data(), target(kind))
        mlp.out_activation_ = "identity"
        X = data().astype(np.float32)
        proto = skl2onnx.to_onnx(mlp, X[:1], options={"zipmap": zipmap and kind != "multilabel"})
        label, found = run(proto, X).values()
        model = describe(mlp)
        np.testing.assert_array_equal(label, labels_of(model, X))
        if isinstance(found, list):
            found = np.array([[row[label] for label in model.classes] for row in found])
        np.testing.assert_allclose(found, values_of(model, X), atol=1e-4)


class Classifier(MLPClassifier):
    """scikit-learn's, under another name."""


class Regressor(MLPRegressor):
    """scikit-learn's, under another name."""
