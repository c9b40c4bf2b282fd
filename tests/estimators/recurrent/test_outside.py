"""Recurrent estimators as a Predictor and in ONNX."""

import io

import numpy as np
import pytest
from kernel_cases import assert_same_bits

from fastnn import Network, Predictor, RecurrentClassifier, RecurrentRegressor, save, to_onnx
from fastnn.layers import GRU, LSTM, RNN, Dense, PerStep


def ragged(n=12, width=2):
    """Sequences of several lengths, and the same as rows with their lengths."""
    rng = np.random.RandomState(0)
    X = [rng.normal(size=(1 + i % 5, width)).astype(np.float32) for i in range(n)]
    rows = np.zeros((n, 5 * width + 1), np.float32)
    for row, x in zip(rows, X, strict=True):
        row[: x.size], row[-1] = x.ravel(), len(x)
    return X, rows


def test_a_predictor_has_the_same_bits():
    X, rows = ragged()
    y = np.array(["no", "yes", "maybe"])[np.arange(12) % 3]
    model = RecurrentClassifier("gru", hidden_layer_sizes=4, max_iter=2, random_state=0).fit(X, y)
    found = Predictor(model)
    assert_same_bits(found.predict_proba(rows), model.predict_proba(X))
    assert (found.predict(rows) == model.predict(X)).all()
    even = np.array([x for x in X if len(x) == 4])
    second = RecurrentRegressor(hidden_layer_sizes=4, max_iter=2, random_state=0)
    second.fit(even, np.arange(len(even)))
    flat = even.reshape(len(even), -1)
    assert_same_bits(Predictor(second).predict(flat), second.predict(even))


@pytest.mark.parametrize("kind", [RNN, GRU, LSTM, lambda *a: RNN(*a, activation="relu")])
def test_onnxruntime_computes_the_same(kind):
    onnxruntime = pytest.importorskip("onnxruntime")
    _, rows = ragged()
    for output in ("last", "mean"):
        stack = [kind(5, 2, "all", True, True), PerStep(3), kind(4, None, output, True), Dense(2)]
        for drop in (0, 1):  # lengths, or none
            X = rows[:, : rows.shape[1] - drop].copy()
            layers = [kind(5, 2, "all", True, not drop), *stack[1:]]
            net = Network(layers, dtype="float32", random_state=1, n_in=X.shape[1])
            net.parameters = np.random.RandomState(3).normal(size=len(net.parameters)) / 2
            session = onnxruntime.InferenceSession(to_onnx(net).SerializeToString())
            [found] = session.run(None, {session.get_inputs()[0].name: X})
            np.testing.assert_allclose(found.reshape(12, 2), net.predict(X), atol=2e-6)


def test_files_are_refused_with_what_to_do():
    X, _ = ragged()
    model = RecurrentRegressor(hidden_layer_sizes=4, max_iter=2, random_state=0)
    with pytest.raises(TypeError, match=r"save Predictor\(model\)"):
        save(model.fit(X, np.arange(12)), io.BytesIO())


def test_onnx_is_refused_in_float64():
    net = Network([LSTM(3), Dense(1)], random_state=0, n_in=6)
    with pytest.raises(ValueError, match="in float32"):
        to_onnx(net, dtype="float64")
