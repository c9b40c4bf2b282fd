"""Gradients that vanish or explode on their way through the steps of a sequence are named."""

import numpy as np
import pytest

from fastnn import Network
from fastnn.inspection import diagnose
from fastnn.inspection._measures import measure
from fastnn.layers import LSTM, RNN, Dense

N, T = 60, 40


def rows(ragged=False):
    X = np.random.RandomState(0).normal(size=(N, T))
    y = X[:, :1].copy()  # what the first step was
    if ragged:
        X = np.column_stack([X, np.resize([T, T - 3], N)])
    return X, y


def scaled(layers, factor, ragged=False):
    """A network hardly trained, whose first units take their own outputs so much more."""
    X, y = rows(ragged)
    net = Network(layers, random_state=0).fit(X, y, epochs=1, learning_rate=1e-6)
    net.compiled.coefs[0][: layers[0].n_out] *= factor
    return net, X, y


@pytest.mark.parametrize("ragged", [False, True])
def test_vanishing_names_layer_and_remedy(ragged):
    net, X, y = scaled([RNN(5, 1, ragged=ragged), Dense(1)], 0.3, ragged)
    verdict = diagnose(net, X, y)["vanishing through time"]
    assert verdict.layers == ["hidden layer 1"]
    assert "cell='lstm'" in verdict.remedy


def test_exploding_names_layer_and_remedy():
    layers = [RNN(5, 1, activation="relu"), Dense(1)]
    net, X, y = scaled(layers, 1)
    net.compiled.coefs[0][:5] = 2 * np.eye(5)
    verdict = diagnose(net, X, y)["exploding through time"]
    assert verdict.layers == ["hidden layer 1"]
    assert "clip_norm" in verdict.remedy
    assert "bptt" in verdict.remedy


def test_an_lstm_that_remembers_has_no_such_verdict():
    net, X, y = scaled([LSTM(5, 1), Dense(1)], 1)
    net.compiled.intercepts[0][5:10] = 6  # open forget gates
    names = {verdict.name for verdict in diagnose(net, X, y).verdicts}
    assert not {"vanishing through time", "exploding through time"} & names
    assert measure(net, X, y).time.n_steps == T


def test_networks_without_recurrence_have_no_such_measure():
    X, y = rows()
    net = Network([Dense(4, "tanh"), Dense(1)], random_state=0).fit(X, y, epochs=1)
    assert measure(net, X, y).time is None
