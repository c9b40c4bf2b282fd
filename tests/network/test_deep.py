"""Nets so deep that plain ones do not learn: gates that carry their input on make them learn."""

import numpy as np
import pytest

from fastnn import Network
from fastnn.layers import Dense, Highway

DEPTH, WIDTH = 30, 16


def trained(blocks, seed):
    rng = np.random.RandomState(seed)
    X = rng.uniform(-1, 1, (400, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)  # a checkerboard of four fields
    net = Network([Dense(WIDTH), *blocks, Dense(2)], "log_loss", random_state=seed)
    net.fit(X, y, epochs=60, batch_size=50, optimizer="adam", learning_rate=0.01)
    return (net.predict(X).argmax(axis=1) == y).mean()


@pytest.mark.parametrize("seed", range(3))
def test_thirty_highway_layers_learn(seed):
    """Where as many plain layers of the same units guess."""
    assert trained([Highway([Dense(WIDTH, "tanh")])] * DEPTH, seed) > 0.95
    assert trained([Dense(WIDTH, "logistic")] * DEPTH, seed) < 0.7
