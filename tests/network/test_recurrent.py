"""Recurrent layers: what they compute, their gradients, and bits that nothing changes."""

import json
from pathlib import Path

import numpy as np
import pytest
import reference_recurrent
from kernel_cases import DTYPES, ISAS, THREADS, assert_same_bits
from numerical import assert_gradient

from fastnn import Network, Predictor, load, save
from fastnn.layers import GRU, LSTM, RNN, Dense, Dropout, PerStep
from fastnn.network.compiled import CompiledNetwork
from fastnn.optimizers import OPTIMIZERS
from fastnn.training.objective import loss_and_grad

RECORDED = json.loads(Path(__file__).with_name("torch_recurrent.json").read_text())
CELLS = {
    "rnn": RNN,
    "relu": lambda *a, **k: RNN(*a, activation="relu", **k),
    "gru": GRU,
    "lstm": LSTM,
}


def make(layers, n_in, dtype=np.float64, isa=None, seed=0):
    network = CompiledNetwork(n_in, layers, "squared_error", dtype, isa=isa)
    network.params[...] = np.random.RandomState(seed).uniform(-0.7, 0.7, network.n_params)
    return network


def sequences(n, steps, width, lengths=None, seed=1):
    """Rows of sequences, with their lengths in a last column if there are any."""
    X = np.random.RandomState(seed).normal(size=(n, steps * width))
    return X if lengths is None else np.column_stack([X, lengths])


def twin(network, layer, X, steps, width, lengths):
    """Outputs of the first layer, sequence by sequence; all steps flattened, zero where none is."""
    pairs = list(zip(network.coefs, network.intercepts, strict=True))[: 1 + layer.bidirectional]
    found = []
    for r, row in enumerate(X.astype(float)):
        n = steps if lengths is None else lengths[r]
        sequence = row[: steps * width].reshape(steps, width)[:n]
        h = reference_recurrent.layer(layer, pairs, sequence)
        if layer.output == "all":
            h = np.vstack([h, np.zeros((steps - n, h.shape[1]))]).ravel()
        found.append(h)
    return np.array(found)


@pytest.mark.parametrize("ragged", [False, True], ids=["even", "ragged"])
@pytest.mark.parametrize("both", [False, True], ids=["", "both"])
@pytest.mark.parametrize("output", ["last", "mean", "all"])
@pytest.mark.parametrize("cell", CELLS)
def test_outputs_are_those_of_the_twin(cell, output, both, ragged):
    steps, width = 6, 3
    lengths = [6, 1, 4, 6, 2, 5, 3] if ragged else None
    X = sequences(7, steps, width, lengths)
    for units in (1, 5, 19):
        layer = CELLS[cell](units, width, output, both, ragged)
        network = make([layer, Dense(2)], X.shape[1])
        expected = twin(network, layer, X, steps, width, lengths)
        hidden, raw = network.layer_outputs(X)
        np.testing.assert_allclose(hidden, expected, atol=1e-13)
        np.testing.assert_array_equal(network.forward(X), raw)  # by the kernels of scoring
        single = make([layer, Dense(2)], X.shape[1], np.float32)
        np.testing.assert_allclose(single.layer_outputs(X)[0], expected, atol=2e-5)


def place(coefs, intercepts, case, names):
    """PyTorch's weights as ours: first what comes from the units, then what comes from the step."""
    for coef, intercept, suffix in zip(coefs, intercepts, ("", "_reverse"), strict=False):
        if f"{names[0]}_l0{suffix}" not in case:
            break
        (wi, wh, bi, bh) = (np.array(case[f"{n}_l0{suffix}"]) for n in names)
        gru = len(wi) == 9
        coef[...] = np.vstack([wh.T, *([bh[None]] if gru else []), wi.T])
        intercept[...] = bi if gru else bi + bh


@pytest.mark.parametrize("name", RECORDED["cases"])
def test_recorded_values_of_pytorch(name):
    case, lengths = RECORDED["cases"][name], RECORDED["lengths"]
    cell, both = name.removesuffix("_both"), name.endswith("_both")
    kind = CELLS[{"rnn_tanh": "rnn", "rnn_relu": "relu"}.get(cell, cell)]
    X = np.array(case["x"])
    n, steps, width = X.shape
    X = np.column_stack([X.reshape(n, -1), [steps] * n])
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    for output in ("all", "last"):
        network = make([kind(3, width, output, both, ragged=True), Dense(1)], X.shape[1])
        place(network.coefs, network.intercepts, case, names)
        expected = np.array(case[output]).reshape(n, -1)
        np.testing.assert_allclose(network.layer_outputs(X)[0], expected, atol=1e-12)
        short = np.column_stack([X[:, :-1], lengths])
        expected = np.array(case["ragged" if output == "all" else "ragged_last"]).reshape(n, -1)
        np.testing.assert_allclose(network.layer_outputs(short)[0], expected, atol=1e-12)
    # the gradient of the sum of squared outputs, through a last layer that is the identity
    n_out = steps * 3 * (1 + both)
    network = make([kind(3, width, "all", both), Dense(n_out)], steps * width)
    place(network.coefs, network.intercepts, case, names)
    network.coefs[-1][...], network.intercepts[-1][...] = np.eye(n_out), 0
    found = network.views(loss_and_grad(network, X[:, :-1].copy(), np.zeros((n, n_out)))[1])
    expected = network.views(np.zeros(network.n_params))
    gradients = {key.removeprefix("grad_"): v for key, v in case.items() if key.startswith("grad")}
    place(expected.coefs, expected.intercepts, gradients, names)
    for layer in range(1 + both):
        scale = 1 / (2 * n)  # PyTorch's is of the sum; ours of half of it, over the rows
        np.testing.assert_allclose(found.coefs[layer], scale * expected.coefs[layer], atol=1e-13)
        gates = found.intercepts[layer]
        biases = np.array(gradients[f"bias_ih_l0{'_reverse' * layer}"])
        np.testing.assert_allclose(gates, scale * biases, atol=1e-13)


@pytest.mark.parametrize("ragged", [False, True], ids=["even", "ragged"])
@pytest.mark.parametrize("cell", CELLS)
def test_gradients_are_the_numerical_ones(cell, ragged):
    kind, steps = CELLS[cell], 4
    X = sequences(5, steps, 2, [4, 2, 4, 1, 3] if ragged else None)
    y = np.random.RandomState(2).normal(size=(5, 2))
    for output in ("last", "mean"):
        stack = [kind(3, 2, "all", True, ragged), PerStep(3), kind(5, output=output), Dense(2)]
        assert_gradient(make(stack, X.shape[1]), X, y)
    network = make([Dense(8, "relu"), kind(3, 2, "all", bidirectional=True), Dense(2)], X.shape[1])
    assert_gradient(network, X, y, alpha=0.3)


@pytest.mark.parametrize("cell", CELLS)
def test_the_gradient_by_the_input(cell):
    X = sequences(3, 4, 2, [4, 2, 3])
    network = make([CELLS[cell](5, 2, "last", True, ragged=True), Dense(1)], 9)
    found = network.input_gradient(X)
    for i in range(8):
        ahead, back = X.copy(), X.copy()
        ahead[:, i] += 1e-6
        back[:, i] -= 1e-6
        slope = (network.forward(ahead) - network.forward(back))[:, 0] / 2e-6
        np.testing.assert_allclose(found[:, i], slope, atol=1e-8)


def test_truncated_gradients_stop_at_the_beginning_of_a_piece():
    X, y = sequences(4, 6, 1), np.ones((4, 1))
    for kind in (RNN, GRU, LSTM):
        found = {}
        for truncate in (None, 6, 2):
            network = make([kind(3, truncate=truncate), Dense(1)], 6)
            found[truncate] = loss_and_grad(network, X, y)
        assert found[6][0] == found[2][0] == found[None][0]
        np.testing.assert_array_equal(found[6][1], found[None][1])
        # the last piece alone, from the state that it begins with: only its two steps count
        network = make([kind(3, truncate=2), Dense(1)], 6)
        unlike = X.copy()
        unlike[:, :4] = 0
        assert np.abs(found[2][1] - found[None][1]).max() > 1e-3


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("cell", CELLS)
def test_bits_depend_neither_on_threads_nor_on_the_batch(cell, isa, dtype):
    lengths = [9, 9, 8, 7, 7, 6, 3, 2, 1, 1, 5]
    X = sequences(11, 9, 2, lengths).astype(dtype)
    y = np.random.RandomState(5).normal(size=(11, 2)).astype(dtype)
    stack = [CELLS[cell](7, 2, "all", True, True), CELLS[cell](17, output="mean"), Dense(2)]
    network = make(stack, X.shape[1], dtype, isa)
    found = [loss_and_grad(network, X, y, n_threads=n) for n in THREADS]
    for loss, grad in found[1:]:
        assert loss == found[0][0]
        assert_same_bits(grad, found[0][1])
    together = network.forward(X, n_threads=2)
    assert_same_bits(np.vstack([network.forward(X[i : i + 1]) for i in range(11)]), together)
    assert_same_bits(network.layer_outputs(X)[-1], together)
    longer = np.insert(X, [18] * 4, 7, axis=1)  # room for two steps more, which no row has
    roomy = make(stack, longer.shape[1], dtype, isa)
    assert_same_bits(roomy.forward(longer), together)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_trains_the_same_weights_on_any_number_of_threads(optimizer):
    X = sequences(40, 6, 1)
    y = X.sum(axis=1, keepdims=True)
    found = []
    for n_jobs in THREADS:
        net = Network([LSTM(6, output="all"), Dropout(0.1), GRU(5), Dense(1)], random_state=0)
        size = "auto" if optimizer == "rprop" else 16
        net.fit(X, y, epochs=3, batch_size=size, optimizer=optimizer, n_jobs=n_jobs, clip_norm=1.0)
        found.append(net.parameters.copy())
    assert np.isfinite(found[0]).all()
    assert_same_bits(found[1], found[0])
    assert_same_bits(found[2], found[0])


def test_a_network_remembers_what_came_first():
    rng = np.random.RandomState(0)
    X = rng.choice([-1.0, 1.0], size=(200, 12))
    net = Network([GRU(8), Dense(1)], random_state=0)
    net.fit(X, X[:, :1], epochs=60, batch_size=20, learning_rate=0.02, clip_norm=1.0)
    assert np.abs(net.predict(X) - X[:, :1]).mean() < 0.1


def test_files_and_predictors_have_them(tmp_path):
    X = sequences(20, 5, 2, 1 + np.arange(20) % 5)
    stack = [LSTM(4, 2, "all", True, True), RNN(3, output="all"), PerStep(2), GRU(3), Dense(2)]
    net = Network(stack, random_state=0, n_in=11)
    expected = net.predict(X)
    assert_same_bits(Predictor(net, dtype="float64").predict(X), expected)
    save(net, tmp_path / "net")
    assert_same_bits(load(tmp_path / "net").predict(X), expected)
    save(Predictor(net, dtype="float64"), tmp_path / "predictor")
    assert_same_bits(load(tmp_path / "predictor").predict(X), expected)


@pytest.mark.parametrize(
    ("layers", "n_in", "message"),
    [
        ([LSTM(3, 2)], 5, "n_features=2 does not divide the 5"),
        ([LSTM(3, 2, ragged=True)], 4, "does not divide the 3"),
        ([LSTM(3, 2, "all"), GRU(3, 2)], 6, "puts out 3 a step"),
        ([LSTM(3), GRU(3, ragged=True)], 6, "give it to the first layer"),
    ],
)
def test_sequences_that_do_not_fit(layers, n_in, message):
    with pytest.raises(ValueError, match=message):
        Network([*layers, Dense(1)], n_in=n_in)


@pytest.mark.parametrize(
    ("make_layer", "message"),
    [
        (lambda: LSTM(0), "n_out must be at least 1"),
        (lambda: GRU(3, truncate=0), "truncate must be at least 1"),
        (lambda: RNN(3, output="first"), "output must be one of all, last, mean"),
        (lambda: RNN(3, activation="logistic"), "activation must be one of tanh, relu"),
    ],
)
def test_bad_numbers(make_layer, message):
    with pytest.raises(ValueError, match=message):
        make_layer()
