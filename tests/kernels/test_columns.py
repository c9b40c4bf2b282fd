"""Encoded columns: the products that look up against those of the wide rows, written down."""

import numpy as np
import pytest
from fastnn._kernels.training.together import run_together
from kernel_cases import DTYPES, ISAS, OPTIMIZERS, assert_same_bits, train
from reference_layers import Twin

from fastnn.layers import Category, Columns, Dense, Dropout, Embedding, Number
from fastnn.layers.piecewise import number_column
from fastnn.network.compiled import CompiledNetwork
from fastnn.training.objective import loss_and_grad
from fastnn.training.trainer import make_trainer

N_LEVELS = 600  # more than a strip of weights holds


def table(n=150, dtype=np.float64):
    """Rows of numbers, of ties, and of categories that are unknown in part."""
    rng = np.random.RandomState(1)
    X = rng.randn(n, 6)
    X[:, 1] = np.round(X[:, 1])
    X[:, 3] = rng.randint(-1, 5, n)
    X[:, 4] = rng.randint(0, N_LEVELS + 3, n)
    X[0, 3:5] = 1.5, 1e6
    return np.ascontiguousarray(X, dtype)


def columns():
    X = table(dtype=np.float32).astype(np.float64)
    inner = number_column(X[:, 0], 9)
    few = number_column(X[:, 1], 40)  # fewer values than bins
    bent = Number(np.linspace(-1, 1, 24), np.linspace(0, 1, 23), scale=2.0, shift=0.5)
    bare = Number(bent.edges, value=False)
    return Columns([inner, few, bent, Category(4), Category(N_LEVELS), bare])


COLUMNS = columns()


def pair(n_units, dtype, activation="tanh", isa=None, loss="squared_error"):
    """The network over columns, the same over wide rows, and these rows."""
    layers = [Dense(n_units, activation), Dense(3)]
    narrow = CompiledNetwork(6, [COLUMNS, *layers], loss, dtype, isa=isa)
    wide = CompiledNetwork(COLUMNS.n_out, layers, loss, dtype, isa=isa)
    narrow.params[...] = np.random.RandomState(2).uniform(-0.5, 0.5, narrow.n_params)
    wide.params[...] = narrow.params
    X = table(dtype=dtype)
    return narrow, wide, X, COLUMNS.transform(X)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("n_units", [1, 7, 35])
def test_outputs_and_gradients_are_those_of_the_wide_rows(n_units, isa, dtype):
    narrow, wide, X, W = pair(n_units, dtype, isa=isa)
    y = np.random.RandomState(3).randn(len(X), 3).astype(dtype)
    tolerance = 1e-12 if dtype is np.float64 else 2e-5
    np.testing.assert_allclose(narrow.forward(X), wide.forward(W), rtol=0, atol=tolerance)
    (loss, grad), (expected, wanted) = loss_and_grad(narrow, X, y), loss_and_grad(wide, W, y)
    assert loss == pytest.approx(expected, abs=tolerance)
    np.testing.assert_allclose(grad, wanted, rtol=0, atol=tolerance)


def test_outputs_are_those_of_the_twin():
    narrow, _, X, W = pair(20, np.float64, "relu")
    np.testing.assert_allclose(narrow.forward(X), Twin(narrow).forward(X), rtol=0, atol=1e-12)
    np.testing.assert_allclose(narrow.layer_outputs(X)[0], W, rtol=0, atol=1e-15)
    assert narrow.sizes()[1] == (20, (COLUMNS.n_out + 1) * 20, 2 * 6 * 20)


def test_an_embedding_is_a_dense_layer_on_indicators(rng):
    codes = np.array([[0.0], [2.0], [-1.0], [3.0], [0.5], [2.0]])
    network = CompiledNetwork(1, [Embedding(3), Dense(17), Dense(1)], "squared_error")
    network.params[...] = rng.randn(network.n_params)
    W, b = network.coefs[0], network.intercepts[0]
    known = np.array([[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1]])
    found = network.layer_outputs(codes)[1]
    np.testing.assert_allclose(found, known @ W + b, rtol=0, atol=1e-12)


def test_numbers_far_outside_the_edges_are_clipped_in_the_code_alone(rng):
    layer = Columns([Number([0.0, 1.0, 4.0], [0.25, 0.5], scale=3.0, shift=1.0)])
    x = np.array([[-1e6], [0.0], [0.5], [1.0], [4.0], [1e6]])
    code = np.array([[0, 0], [0, 0], [0.5, 0], [1, 0], [1, 1], [1, 1]]) - [0.25, 0.5]
    np.testing.assert_allclose(layer.transform(x), np.hstack([3 * x + 1, code]))
    network = CompiledNetwork(1, [layer, Dense(2)], "squared_error")
    network.params[...] = rng.randn(network.n_params)
    expected = layer.transform(x) @ network.coefs[0] + network.intercepts[0]
    np.testing.assert_allclose(network.forward(x, raw=True), expected, rtol=1e-12)


def test_the_gradient_by_the_raw_numbers():
    narrow, _, X, _ = pair(20, np.float64)
    X, step = X[1:30], 1e-6  # differences see no edge within a step of a random number
    X[:, :2] += 0.3  # edges are numbers of X
    found = narrow.input_gradient(X, 1)
    for j in range(6):
        low, high = X.copy(), X.copy()
        low[:, j] -= step
        high[:, j] += step
        expected = (narrow.forward(high)[:, 1] - narrow.forward(low)[:, 1]) / (2 * step)
        if isinstance(COLUMNS.columns[j], Category):
            expected = np.zeros(len(X))
        np.testing.assert_allclose(found[:, j], expected, rtol=0, atol=1e-7)


OPTIONS = {
    "adamw": {},
    "sgd": {"clip_norm": 0.05},
    "adam": {"max_norm": 0.6},
    "rmsprop": {"average_decay": 0.9, "batch_size": 16},  # so few rows that groups share them out
    "nesterov": {"clip_value": 0.01},
    "nadam": {"alpha": 2.0},
}


@pytest.mark.parametrize("optimizer", OPTIONS)
def test_training_is_that_on_the_wide_rows(optimizer):
    """Updates, penalties, bounds and averages are those of an ordinary matrix of weights."""
    narrow, wide, X, W = pair(20, np.float64)
    y = np.random.RandomState(3).randn(len(X), 3)
    options = {"steps": 9, **OPTIONS[optimizer]}
    trainers = [
        train(network, OPTIMIZERS[optimizer](), rows, y, **options)
        for network, rows in ((narrow, X), (wide, W))
    ]
    np.testing.assert_allclose(narrow.params, wide.params, rtol=0, atol=1e-7)
    scores = [t.forward(rows, raw=True) for t, rows in zip(trainers, (X, W), strict=True)]
    np.testing.assert_allclose(*scores, rtol=0, atol=1e-7)
    # What was scored with during the fit is what its parameters give.
    assert_same_bits(scores[0], narrow.forward(X, raw=True))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [37, 2100])
def test_bits_depend_on_neither_threads_nor_calls(rows, dtype):
    """Batches that are shared out in groups of rows, and ones that go through in blocks."""
    found = []
    for n_threads, calls in ((1, 1), (2, 3), (4, 2)):
        network, _, _, _ = pair(20, dtype, "relu")
        X = table(2100, dtype)
        y = np.random.RandomState(3).randn(len(X), 3).astype(dtype)
        options = {"batch_size": rows, "n_threads": n_threads, "calls": calls}
        train(network, OPTIMIZERS["adam"](), X, y, steps=4, **options)
        found.append(network.params)
    for params in found[1:]:
        assert_same_bits(params, found[0])


def test_members_side_by_side_are_those_trained_alone():
    """Two networks with columns of their own on one X, a thread each."""
    X = table()
    y = np.random.RandomState(3).randn(len(X), 3)
    other = Columns([*COLUMNS.columns[:3], Number(), Number(), Number([-1, 0, 1])])
    order, found = np.random.RandomState(4).permutation(len(X)), []
    for together in (False, True):
        trainers = []
        for first in (COLUMNS, other):
            network = CompiledNetwork(6, [first, Dense(20, "relu"), Dense(3)], "squared_error")
            network.params[...] = np.random.RandomState(2).uniform(-0.5, 0.5, network.n_params)
            trainers.append(make_trainer(network, OPTIMIZERS["adam"](), batch_size=32))
        engines = [t.prepare(t.data(X, y), order, 0, 4, learning_rate=0.01) for t in trainers]
        if together:
            run_together(engines, 2)
        else:
            for engine in engines:
                engine.sweep(1)
        for trainer in trainers:
            trainer.trained(4)
            trainer.finish()
        found.append([trainer.network.params for trainer in trainers])
    assert_same_bits(found[1], found[0])


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_row_is_scored_alike_alone_and_among_others(dtype):
    narrow, _, X, _ = pair(35, dtype, "relu")
    together = narrow.forward(X)
    assert_same_bits(together, narrow.forward(X, n_threads=2))
    alone = np.concatenate([narrow.forward(X[i : i + 1]) for i in range(0, len(X), 7)])
    assert_same_bits(alone, np.ascontiguousarray(together[::7]))


def test_what_cannot_be_encoded_is_refused():
    with pytest.raises(ValueError, match="edges must increase strictly"):
        Number([0, 1, 1])
    with pytest.raises(ValueError, match="a number for each of 2 bins, got 3"):
        Number([0, 1, 2], [0, 0, 0])
    with pytest.raises(ValueError, match=r"must be followed by a Dense layer, not .*'dropout'"):
        CompiledNetwork(6, [COLUMNS, Dropout(0.1), Dense(1)], "squared_error")
    with pytest.raises(ValueError, match="describes 6 columns, and its input has 5"):
        CompiledNetwork(5, [COLUMNS, Dense(1)], "squared_error")
    close = Columns([Number([1e9, 1e9 + 1, 1e9 + 2])])
    CompiledNetwork(1, [close, Dense(1)], "squared_error", np.float64)
    with pytest.raises(ValueError, match=r"column 0 .* are one number in float32"):
        CompiledNetwork(1, [close, Dense(1)], "squared_error", np.float32)


def test_edges_left_over_by_ties_go_to_the_other_values():
    x = np.concatenate([np.zeros(900), np.arange(1, 101)])
    edges = number_column(x, 16).edges
    assert len(edges) == 17
    assert edges[0] == 0
    assert sum(0 < edge < 91 for edge in edges) > 8
    assert number_column(np.repeat([0.0, 1.0], 50), 16) == Number()
    few = number_column(np.arange(5.0), 16)
    assert few.edges == (0, 1, 2, 3, 4)
    np.testing.assert_allclose(few.mean, [0.8, 0.6, 0.4, 0.2])
