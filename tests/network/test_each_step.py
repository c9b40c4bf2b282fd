"""A loss at every step of a sequence, and steps that are categories: beside plain NumPy."""

import numpy as np
import pytest
from kernel_cases import DTYPES, ISAS, THREADS, assert_same_bits
from numerical import assert_gradient

from fastnn.layers import GRU, LSTM, PerStep
from fastnn.losses import EachStep, make_loss
from fastnn.network.compiled import CompiledNetwork
from fastnn.training.objective import loss_and_grad
from fastnn.training.validation import mean_loss

STEPS = 5
LENGTHS = np.array([5, 1, 3, 5, 2, 4])


def make(loss, k, ragged=False, dtype=np.float64, isa=None, levels=None):
    first = [PerStep(3, 1, ragged, levels)] if levels else []
    recurrent = LSTM(4, 3 if levels else 2, "all", False, ragged and not levels)
    layers = [*first, recurrent, GRU(3, output="all"), PerStep(k)]
    n_in = STEPS * (1 if levels else 2) + ragged
    network = CompiledNetwork(n_in, layers, EachStep(loss, STEPS), dtype, isa=isa)
    network.params[...] = np.random.RandomState(0).uniform(-0.7, 0.7, network.n_params)
    return network


def data(loss, k, ragged=False, dtype=np.float64, levels=None):
    rng = np.random.RandomState(1)
    X = rng.normal(size=(6, STEPS * 2)).astype(dtype)
    if levels:
        X = rng.randint(-1, levels, size=(6, STEPS)).astype(dtype)
    y = rng.randint(k, size=(6, STEPS)) if loss.integer_targets else rng.normal(size=(6, STEPS, k))
    if loss.output_activation == "logistic":
        y = (y > 0).astype(float)
    if ragged:
        X = np.column_stack([X, LENGTHS]).astype(dtype)
        y[np.arange(STEPS) >= LENGTHS[:, None]] = -1 if loss.integer_targets else np.nan
    return X, y.reshape(6, -1) if loss.integer_targets else y.reshape(6, -1).astype(dtype)


@pytest.mark.parametrize("ragged", [False, True], ids=["even", "ragged"])
@pytest.mark.parametrize(
    "loss",
    [
        *("squared_error", "softmax_log_loss", "logistic_log_loss", "gaussian_nll"),
        make_loss("softmax_log_loss", label_smoothing=0.1),
    ],
)
def test_loss_and_gradient(loss, ragged):
    loss = make_loss(loss)
    k = 4
    network, (X, y) = make(loss, k, ragged), data(loss, k, ragged)
    weight = np.arange(1.0, 7.0)
    z = network.forward(X, raw=True).reshape(6, STEPS, k)
    each = [
        np.mean(
            [
                loss.rows(z[r, t][None], y.reshape(6, STEPS, -1)[r, t].reshape(step))[0]
                for t in range(LENGTHS[r] if ragged else STEPS)
            ]
        )
        for step in [(1,) if loss.integer_targets else (1, -1)]
        for r in range(6)
    ]
    scale = k if loss.averaged else 1
    found = loss_and_grad(network, X, y, sample_weight=weight)[0]
    assert found == pytest.approx(scale * np.average(each, weights=weight), rel=1e-12)
    assert mean_loss(network.loss, z.reshape(6, -1), y, weight) == pytest.approx(found / scale)
    assert_gradient(network, X, y, sample_weight=weight, alpha=0.1)


def test_embeddings_are_rows_of_the_matrix():
    loss = make_loss("squared_error")
    network, (X, y) = make(loss, 2, True, levels=4), data(loss, 2, True, levels=4)
    assert_gradient(network, X, y)
    W, b = network.coefs[0], network.intercepts[0]
    found = network.layer_outputs(X)[0].reshape(6, STEPS, 3)
    for r, t in np.ndindex(6, STEPS):
        number = int(X[r, t])
        expected = b + (W[number] if number >= 0 else 0) if t < LENGTHS[r] else 0 * b
        np.testing.assert_allclose(found[r, t], expected, atol=1e-15)
    single = make(loss, 2, True, np.float32, levels=4)
    np.testing.assert_allclose(single.forward(X), network.forward(X), atol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_bits_depend_on_nothing_else(isa, dtype):
    loss = make_loss("softmax_log_loss")
    network, (X, y) = make(loss, 3, True, dtype, isa), data(loss, 3, True, dtype)
    found = [loss_and_grad(network, X, y, n_threads=n) for n in THREADS]
    for value, grad in found[1:]:
        assert value == found[0][0]
        assert_same_bits(grad, found[0][1])
    p = network.forward(X, n_threads=2)
    assert_same_bits(np.vstack([network.forward(X[i : i + 1]) for i in range(6)]), p)
    z = network.forward(X, raw=True).reshape(-1, 3).astype(float)
    expected = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(p.reshape(-1, 3), expected, atol=1e-6)


def test_what_does_not_fit_is_refused():
    for message, arguments in (
        ("n_levels must be at least 1", {"n_levels": 0}),
        ("n_features=1", {"n_levels": 3, "n_features": 2}),
    ):
        with pytest.raises(ValueError, match=message):
            PerStep(2, **arguments)
    network = make(make_loss("softmax_log_loss"), 3)
    X, y = data(network.loss.of, 3)
    for wrong, message in ((y[:, :-1], "must have shape"), (y + 3, "class numbers from 0 to 2")):
        with pytest.raises(ValueError, match=message):
            loss_and_grad(network, X, wrong)
