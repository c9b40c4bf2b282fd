"""Run exported ONNX and compare what it gives with the model."""

import numpy as np


def run(proto, X):
    """The outputs of an ONNX model by name."""
    import onnxruntime

    session = onnxruntime.InferenceSession(proto.SerializeToString())
    found = session.run(None, {session.get_inputs()[0].name: X})
    return dict(zip((output.name for output in session.get_outputs()), found, strict=True))


def assert_agrees(outputs, model, X, atol=1e-5):
    if not hasattr(model, "predict_proba"):
        expected = model.predict(X).reshape(len(X), -1)
        assert outputs["variable"].shape == expected.shape
        np.testing.assert_allclose(outputs["variable"], expected, rtol=0, atol=atol)
        return
    expected = model.predict_proba(X)
    assert outputs["probabilities"].shape == expected.shape
    np.testing.assert_allclose(outputs["probabilities"], expected, rtol=0, atol=atol)
    expected = model.predict(X)
    assert outputs["label"].shape == expected.shape
    np.testing.assert_array_equal(outputs["label"], expected)
