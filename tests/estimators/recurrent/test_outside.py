"""Recurrent estimators as a Predictor and in ONNX."""

import copy
import io

import exported_c
import numpy as np
import pytest
from kernel_cases import assert_same_bits

from fastnn import (
    ModelFormatError,
    Network,
    Predictor,
    RecurrentClassifier,
    RecurrentRegressor,
    load,
    save,
    to_onnx,
)
from fastnn.estimators.recurrent.saved import recurrent_apart
from fastnn.files.model_file import write_model_file
from fastnn.layers import GRU, LSTM, RNN, Dense, PerStep
from fastnn.losses import EachStep, make_loss
from fastnn.model.of_network import compiled_model
from fastnn.model.of_recurrent import recurrent_as_fitted
from fastnn.network.compiled import CompiledNetwork


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


SMALL = {"hidden_layer_sizes": (5, 4), "max_iter": 1, "random_state": 0}
TEXTS = ["ab" * 3, "babba", "aab"]
SERIES = np.random.RandomState(1).normal(size=(30, 6, 2)).astype(np.float32)
SUMS = np.cumsum(SERIES[:, :, 0], axis=1)


@pytest.mark.parametrize(
    ("model", "X", "y"),
    [
        (RecurrentRegressor("gru", bidirectional=True, **SMALL), SERIES, SUMS[:, -1]),
        (RecurrentRegressor(loss="gaussian_nll", output="all", **SMALL), SERIES, SUMS),
        (RecurrentRegressor("rnn", loss="poisson", **SMALL), SERIES[:, :, 0], SUMS[:, -1] ** 2),
        (RecurrentClassifier(output="all", embedding=3, **SMALL), TEXTS, TEXTS),
        (RecurrentClassifier(embedding=3, **SMALL), TEXTS, ["r", "s", "q"]),
        (RecurrentClassifier(**SMALL), list(SERIES), SUMS[:, -1] > 0),
        (
            RecurrentClassifier(output="all", **SMALL),
            list(SERIES),
            list(np.stack([SUMS > 0, SUMS > 1], -1).astype(int)),
        ),
    ],
    ids=lambda value: getattr(value, "output", ""),
)
def test_files_have_estimators_that_go_on(model, X, y):
    classes = {}
    if isinstance(model, RecurrentClassifier):
        classes = {"classes": np.unique([*"ab"] if y is TEXTS else np.concatenate([y]))}
    model.partial_fit(X, y, **classes)
    file = io.BytesIO()
    save(model, file)
    loaded = load(file.getvalue())
    assert set(vars(loaded)) == set(vars(model))
    for _ in range(2):
        for found, expected in zip(loaded.predict(X), model.predict(X), strict=True):
            assert_same_bits(found, expected)
        loaded.partial_fit(X, y)
        model.partial_fit(X, y)
    assert loaded.loss_ == model.loss_


def test_unsound_files_are_refused():
    model = RecurrentRegressor(**SMALL).fit(SERIES, SUMS[:, -1])
    for name, value in (
        ("sequence_shape_", (7, False)),
        ("step_width_", 3),
        ("hidden_layer_sizes", (5, 5)),
        ("cell", "gru"),
        ("output", "all"),
        ("embedding", 2),
    ):
        other, file = copy.deepcopy(model), io.BytesIO()
        parts = recurrent_apart(other)
        where = parts.fitted if name.endswith("_") else parts.params
        where[name] = value
        write_model_file(file, recurrent_as_fitted(model), parts)
        with pytest.raises(ModelFormatError):
            load(file.getvalue())


def test_what_a_predictor_cannot_tell_it_refuses():
    model = RecurrentClassifier(embedding=2, **SMALL).fit(TEXTS, [0, 1, 0])
    with pytest.raises(TypeError, match="takes categories, and a Predictor rows of numbers"):
        Predictor(model)
    model = RecurrentClassifier(output="all", **SMALL).fit(SERIES, SUMS > 0)
    with pytest.raises(TypeError, match="the class of each step"):
        Predictor(model)
    each = RecurrentRegressor(output="all", **SMALL).fit(SERIES, SUMS)
    flat = SERIES.reshape(30, -1)
    assert_same_bits(Predictor(each).predict(flat).reshape(30, 6), each.predict(SERIES))


def test_embeddings_and_outputs_of_all_steps_elsewhere(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    X = np.random.RandomState(0).randint(-1, 5, size=(12, 4)).astype(np.float32)
    X = np.column_stack([X, 1 + np.arange(12) % 4]).astype(np.float32)
    layers = [PerStep(3, ragged=True, n_levels=4), GRU(5, output="all"), PerStep(2)]
    net = CompiledNetwork(5, layers, EachStep(make_loss("squared_error"), 4), np.float32)
    net.params[...] = np.random.RandomState(3).normal(size=net.n_params) / 2
    model = compiled_model(net)
    expected = net.forward(X)
    assert_same_bits(Predictor(model).predict(X), expected)
    session = onnxruntime.InferenceSession(to_onnx(model).SerializeToString())
    [found] = session.run(None, {session.get_inputs()[0].name: X})
    np.testing.assert_allclose(found, expected, atol=2e-6)
    exported_c.assert_agrees(model, tmp_path, X)


def test_onnx_is_refused_in_float64():
    net = Network([LSTM(3), Dense(1)], random_state=0, n_in=6)
    with pytest.raises(ValueError, match="in float32"):
        to_onnx(net, dtype="float64")
