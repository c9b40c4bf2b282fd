"""Predictor.step: sequences in pieces have the outputs of whole ones, to the bit."""

import numpy as np
import pytest
from kernel_cases import assert_same_bits
from sklearn.exceptions import ConvergenceWarning

from fastnn import Network, Predictor, RecurrentClassifier
from fastnn.layers import GRU, LSTM, RNN, Activation, Dense, Dropout, PerStep

N, T, D = 53, 9, 2

NETS = {
    "lstm": [LSTM(5, D), Dense(3)],
    "gru-rnn": [GRU(7, D, "all"), Dropout(0.1), RNN(4, output="last"), Dense(4, "relu"), Dense(1)],
    "mean": [LSTM(19, D, "mean"), Dense(2)],
    "per step": [PerStep(3, D), Activation("tanh"), GRU(6, output="mean"), Dense(1)],
}


def sequences(dtype=np.float64):
    return np.random.RandomState(0).normal(size=(N, T, D)).astype(dtype)


def predictor_of(layers, dtype="float32"):
    X = sequences().reshape(N, -1)
    net = Network(layers, random_state=0).fit(X, X[:, : layers[-1].n_out], epochs=1)
    return Predictor(net, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NETS)
def test_pieces_have_the_bits_of_whole_sequences(name, dtype):
    X, predictor = sequences(), predictor_of(NETS[name], dtype)
    whole, after = predictor.step(X)
    last = predictor.predict(X.reshape(N, -1)).reshape(N, -1)
    assert_same_bits(np.ascontiguousarray(whole[:, -1]), last)
    for t in range(1, T + 1):
        first, state = predictor.step(X[:, :t])
        assert_same_bits(first, np.ascontiguousarray(whole[:, :t]))
        if t < T:
            second, state = predictor.step(X[:, t:], state)
            assert_same_bits(second, np.ascontiguousarray(whole[:, t:]))
        assert_same_bits(state, after)
    state, kept = None, []
    for x in X[7].astype(np.float32).astype(float):  # alone, a step at a time
        output, state = predictor.step(x, state)
        kept.append(output)
    assert_same_bits(np.array(kept), predictor.step(X.astype(np.float32)[7:8])[0][0])


def test_of_classifiers_the_probabilities():
    X = sequences()
    for y in (X[:, 0, 0] > 0, np.digitize(X[:, -1, 0], [-0.5, 0.5])):
        model = RecurrentClassifier("gru", hidden_layer_sizes=5, max_iter=1, random_state=0)
        with pytest.warns(ConvergenceWarning):
            predictor = Predictor(model.fit(X, y))
        output, state = predictor.step(X)
        assert_same_bits(output[:, -1].copy(), predictor.predict_proba(X.reshape(N, -1)))
        assert state.shape == (N, 5)
        assert output.shape == (N, T, len(model.classes_))


def test_the_state_that_is_handed_in_stays_as_it_is():
    predictor, X = predictor_of(NETS["lstm"]), sequences()
    _, state = predictor.step(X[:, 0])
    before = state.copy()
    one, _ = predictor.step(X[:, 1], state)
    assert_same_bits(state, before)
    assert_same_bits(predictor.step(X[:, 1].tolist(), state)[0], one)
    assert predictor.step(X[0, 1], state[0])[0].shape == (3,)


def test_refuses_what_cannot_go_on():
    predictor, X = predictor_of(NETS["lstm"]), sequences()
    _, state = predictor.step(X[:, 0])
    for x, wrong, says in (
        (X[:, :, :1], None, "d = 2, got an array of shape"),
        (X[:, 0], state[0], r"float32 array of shape \(53, 10\), or None at the beginning"),
        (X[:, 0], state.astype(float), "float32 array"),
        (X[0, 0], [1.0] * 10, "state must be what the call before returned"),
        (np.array(["a", "b"]), None, "real numbers"),
        ([np.nan, 1], None, "NaN"),
        (X[:, 0], np.full_like(state, np.nan), "NaN"),
    ):
        with pytest.raises(ValueError, match=says):
            predictor.step(x, wrong)


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ([LSTM(3, D, bidirectional=True), Dense(1)], "bidirectional=False"),
        ([LSTM(3, D, "all"), Dense(1)], "takes all steps of the sequence at once"),
        ([Dense(4), Dense(1)], "begins with a recurrent layer"),
    ],
)
def test_refuses_networks_that_need_whole_sequences(layers, says):
    with pytest.raises(TypeError, match=says):
        predictor_of(layers).step([1.0, 2.0])


def test_an_activation_behind_a_layer_at_each_step_is_scored():
    X = sequences().reshape(N, -1)
    net = Network(NETS["per step"], random_state=0).fit(X, X[:, :1], epochs=1)
    np.testing.assert_array_equal(Predictor(net, "float64").predict(X), net.predict(X))
