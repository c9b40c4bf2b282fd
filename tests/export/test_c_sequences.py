"""Recurrent networks in C: whole sequences, and step by step with a state."""

import ctypes

import numpy as np
import pytest
from exported_c import COMPILER, FLOATS, assert_agrees, build
from sklearn.exceptions import ConvergenceWarning

from fastnn import Network, Predictor, RecurrentClassifier, to_c
from fastnn.layers import GRU, LSTM, RNN, Activation, Dense, PerStep

pytestmark = pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")

N, T, D = 20, 7, 2


def sequences():
    return np.random.RandomState(0).normal(size=(N, T * D))


def trained(layers, X):
    return Network(layers, random_state=0).fit(X, X[:, : layers[-1].n_out], epochs=1)


def test_whole_sequences(tmp_path):
    """Every kind of node, output and direction, of several lengths."""
    layers = [
        PerStep(3, D, ragged=True),
        Activation("tanh"),
        GRU(4, output="all", bidirectional=True),
        RNN(3, output="all", activation="relu"),
        LSTM(5, output="mean", bidirectional=True),
        Dense(2),
    ]
    lengths = np.resize([T, 1, 3, 0.5, T - 1], N)
    X = np.column_stack([sequences(), lengths])
    net = trained(layers, X)
    assert_agrees(net, tmp_path, X)
    assert "net_step(" not in to_c(net, "net")


class Stepping:
    """The function of a step, called as `Predictor.step` is."""

    def __init__(self, library, n_state, n_values):
        self.function, self.n_values = library.net_step, n_values
        self.state = np.zeros(n_state, np.float32)

    def __call__(self, x):
        values = np.empty(self.n_values, np.float32)
        arrays = (self.state, np.array(x, np.float32), values)
        self.function(*(array.ctypes.data_as(FLOATS) for array in arrays))
        return values


@pytest.mark.parametrize("kind", ["regressor", "binary", "multiclass"])
def test_step_by_step(kind, tmp_path):
    X = sequences()
    if kind == "regressor":
        layers = [PerStep(3, D), GRU(4, output="all"), RNN(5, output="all")]
        model = trained([*layers, LSTM(6, output="mean"), Dense(3)], X)
    else:
        y = (X[:, 0] > 0) + (kind == "multiclass") * (X[:, 1] > 0)
        model = RecurrentClassifier("lstm", hidden_layer_sizes=5, max_iter=1, random_state=0)
        with pytest.warns(ConvergenceWarning):
            model.fit(X.reshape(N, T, D), y)
    predictor, source = Predictor(model), to_c(model, "net")
    n_state = 4 + 5 + 2 * 6 + 6 + 1 if kind == "regressor" else 10
    assert "typedef struct" in source.split("#include")[0]  # the comment that tells how to use it
    state, expected = None, []
    for x in X[0].reshape(T, D):
        output, state = predictor.step(x, state)
        expected.append(output)
    assert state.shape == (n_state,)
    step = Stepping(build(source, tmp_path), n_state, len(output))
    found = [step(x) for x in X[0].reshape(T, D)]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(step.state, state, rtol=1e-5, atol=1e-6)
    assert ctypes.sizeof(ctypes.c_float) * n_state == 4 * sum(
        int(line.split("[")[1].split("]")[0])
        for line in source.split("typedef struct {")[2].split("}")[0].splitlines()
        if "[" in line
    )
