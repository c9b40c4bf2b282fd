"""How far a gradient goes back in time, and how long a cell holds what it was given at first."""

import numpy as np
import pytest
import reference_recurrent

from fastnn import Network, RecurrentClassifier, RecurrentRegressor, layers

STEPS, PIECE, UNITS = 5, 2, 3


def truncated_loss(cell, weights, first, X, y):
    """The loss with the states at the beginnings of pieces those of the first weights: what goes
    back no further than to these."""
    (W, b, V, c), total = weights, 0.0
    for x, target in zip(X, y, strict=True):
        for begin in range(0, STEPS, PIECE):
            _, state = reference_recurrent.run(cell, UNITS, *first[:2], x[:begin])
            piece = slice(begin, begin + PIECE)
            h, _ = reference_recurrent.run(cell, UNITS, W, b, x[piece], state=state)
            total += np.square((h @ V + c)[:, 0] - target[piece]).sum() / 2
    return total / y.size


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_bptt_goes_back_to_the_beginning_of_a_piece(cell):
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(2, STEPS, 2)), rng.normal(size=(2, STEPS))
    plain = {"solver": "sgd", "learning_rate_init": 0.1, "momentum": 0, "alpha": 0}
    model = RecurrentRegressor(
        cell,
        hidden_layer_sizes=UNITS,
        output="all",
        bptt=PIECE,
        clip_norm=None,
        batch_size=2,
        **plain,
    )
    model.partial_fit(X, y)
    first = [a.copy() for pair in zip(model.coefs_, model.intercepts_, strict=True) for a in pair]
    model.partial_fit(X, y)
    then = [a for pair in zip(model.coefs_, model.intercepts_, strict=True) for a in pair]
    for i, (before, after) in enumerate(zip(first, then, strict=True)):
        slopes = np.empty(before.size)
        for at in range(before.size):
            losses = []
            for change in (1e-6, -1e-6):
                weights = [a.copy() for a in first]
                weights[i].flat[at] += change
                losses.append(truncated_loss(cell, weights, first, X, y))
            slopes[at] = (losses[0] - losses[1]) / 2e-6
        np.testing.assert_allclose((before - after).ravel() / 0.1, slopes, atol=1e-8)


def test_forget_gates_begin_open_as_they_are_asked_to():
    X = np.random.RandomState(0).normal(size=(8, 6))
    found = {}
    for bias in (1.0, 4.0):
        model = RecurrentClassifier(
            hidden_layer_sizes=5, forget_bias=bias, solver="sgd", learning_rate_init=1e-12,
            max_iter=1, random_state=0,
        ).fit(X, X[:, 0] > 0)  # fmt: skip
        found[bias] = model.intercepts_[0].reshape(4, 5)
    np.testing.assert_allclose(
        found[4.0] - found[1.0], [[0] * 5, [3] * 5, [0] * 5, [0] * 5], atol=1e-9
    )
    net = Network([layers.LSTM(5, 1, bidirectional=True, forget_bias=2.5), layers.Dense(1)])
    for bias in net.build(6).compiled.intercepts[:2]:
        assert bias.tolist() == [0] * 5 + [2.5] * 5 + [0] * 10
    with pytest.raises(ValueError, match="forget_bias must be a finite number, got inf"):
        layers.LSTM(5, forget_bias=np.inf)
    with pytest.raises(ValueError, match="forget_bias"):
        RecurrentClassifier(forget_bias=np.nan).fit(X, X[:, 0] > 0)
