"""Weights of reduced precision in ONNX and in C."""

import numpy as np
import pytest
from exported_c import COMPILER, build, score
from exported_onnx import run
from kernel_cases import assert_same_bits
from scoring_models import data, fabricated, fitted

from fastnn import Predictor, to_c, to_onnx


@pytest.mark.parametrize("dtype", ["bfloat16", "int8"])
@pytest.mark.parametrize("opset", [13, 18])
def test_onnx_quantises_rows_alike(dtype, opset):
    predictor = Predictor(fitted("fastnn", "multiclass"), dtype)
    X = np.float32(data())
    X[0] = 0
    proto = to_onnx(predictor, target_opset=opset)
    operators = {node.op_type for node in proto.graph.node}
    assert operators >= ({"DequantizeLinear"} if dtype == "int8" else {"Cast"})
    assert {t.data_type for t in proto.graph.initializer} & ({3} if dtype == "int8" else {16})
    difference = np.abs(run(proto, X)["probabilities"] - predictor.predict_proba(X))
    # onnxruntime divides by the scale, so that a number in the middle may get the next code
    assert difference.max() < 0.02
    assert np.mean(difference > 1e-5) < 0.02
    with pytest.raises(ValueError, match="target_opset=13"):
        to_onnx(predictor, target_opset=12)


@pytest.mark.skipif(COMPILER is None, reason="no C compiler")
def test_c_by_integers_gives_the_bits_of_the_predictor(tmp_path):
    source, X = fitted("fastnn", "multioutput"), np.float32(data())
    X[0], X[1:20] = 0, np.abs(X[1:20])
    predictor = Predictor(source, "int8")
    code = to_c(predictor, "net")
    assert "signed char net_dense0_weight" in code
    assert "float net_dense0_weight" not in code
    _, values = score(build(code, tmp_path), "net", predictor._model, X, 3)
    assert_same_bits(values, predictor.predict(X))
    with pytest.raises(TypeError, match="bfloat16"):
        to_c(Predictor(source, "bfloat16"), "net")


@pytest.mark.skipif(COMPILER is None, reason="no C compiler")
def test_other_nodes_stay_float_in_c(tmp_path):
    predictor = Predictor(fabricated("multiclass", "everything"), "int8")
    library = build(to_c(predictor, "net"), tmp_path)
    _, values = score(library, "net", predictor._model, data(), 4)
    np.testing.assert_allclose(values, predictor.predict_proba(data()), rtol=0, atol=0.02)
