"""Graphs of every opset that onnxruntime loads, and what they tell about themselves."""

import json

import numpy as np
import pandas as pd
import pytest
from scoring_models import (
    ACTIVATIONS,
    FABRICATED,
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
)

import fastnn
from fastnn import to_onnx
from fastnn.files.sources import describe

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

OPSETS = range(8, onnx.defs.onnx_opset_version() + 1)
DTYPES = {"float32": 1e-5, "float64": 1e-12}


def run(proto, X, name):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # opsets newer than the runtime's latest official one
    session = onnxruntime.InferenceSession(proto.SerializeToString(), options)
    return session.run([name], {"X": X})[0]


def opset_of(proto):
    return next(entry.version for entry in proto.opset_import if entry.domain == "")


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_activation_in_every_opset(dtype, opset):
    """With layer normalisation, skips and a softmax; each graph is run."""
    for activation in ACTIVATIONS:
        model, X = fabricated("multiclass", "everything", activation), data().astype(dtype)
        proto = to_onnx(model, dtype=dtype, target_opset=opset)
        assert opset_of(proto) == opset
        expected = values_of(describe(model).astype(dtype), X)
        found = run(proto, X, "probabilities")
        np.testing.assert_allclose(found, expected, rtol=0, atol=DTYPES[dtype])


@pytest.mark.parametrize("opset", OPSETS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_kind_in_every_opset(dtype, opset):
    for kind in FABRICATED:
        model, X = fabricated(kind, "batch_norm", "relu"), data().astype(dtype)
        proto = to_onnx(model, dtype=dtype, target_opset=opset)
        model = describe(model).astype(dtype)
        if model.kind != "regressor":
            assert (run(proto, X, "label") == labels_of(model, X)).all()
        name = proto.graph.output[-1].name
        tolerance = DTYPES[dtype]
        expected = values_of(model, X)
        np.testing.assert_allclose(run(proto, X, name), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("opset", [OPSETS[0], 12, 17, OPSETS[-1]])
@pytest.mark.parametrize("dtype", DTYPES)
def test_activations_near_and_far(dtype, opset):
    """Of one unit: nothing overflows, and nothing is lost near zero."""
    for activation in ACTIVATIONS:
        model, X = one_unit(activation, dtype), NEAR_AND_FAR.astype(dtype)
        found = run(to_onnx(model, dtype=dtype, target_opset=opset), X, "variable")
        tolerance = 1e-6 if dtype == "float32" else 1e-13
        expected = raw_of(model, X)
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


def test_an_opset_that_lacks_an_operator_names_the_one_that_has_it():
    model = fabricated("multiclass", "plain", "gelu")
    with pytest.raises(ValueError, match="operator Max, which ONNX has from target_opset=8 on"):
        to_onnx(model, dtype="float64", target_opset=7)
    with pytest.raises(ValueError, match=r"operator Gemm, .*target_opset=7 on; got target_opset=5"):
        to_onnx(model, target_opset=5)
    assert opset_of(to_onnx(fabricated("multiclass", "plain", "relu"), target_opset=7)) == 7


@pytest.mark.parametrize("opset", [0, -1, 999, 18.0, "18", True])
def test_what_is_no_opset_is_refused(opset):
    newest = onnx.defs.onnx_opset_version()
    with pytest.raises(ValueError, match=f"target_opset must be an int up to {newest}"):
        to_onnx(fitted("fastnn", "binary"), target_opset=opset)


def test_metadata():
    names = [f"Größe {i}" for i in range(7)]
    X = pd.DataFrame(data(), columns=names)
    model = fit(network("fastnn", "binary", max_iter=2), X, target("binary"))
    told = {entry.key: entry.value for entry in to_onnx(model).metadata_props}
    assert told["fastnn_version"] == fastnn.__version__
    assert json.loads(told["feature_names"]) == names
    assert json.loads(told["classes"]) == ["no", "yes"]
    regressor = to_onnx(fitted("sklearn", "regressor"))
    assert [entry.key for entry in regressor.metadata_props] == ["fastnn_version"]
    for labels in (np.array([False, True]), np.array([-2.0, 1.0]), np.arange(2, dtype=np.uint64)):
        model = fit(network("fastnn", "binary", max_iter=1), data(), labels[np.arange(200) % 2])
        told = {entry.key: entry.value for entry in to_onnx(model).metadata_props}
        assert json.loads(told["classes"]) == labels.tolist()
