"""Zeros of the input that are left out: no result tells whether they were."""

import numpy as np
import pytest
from kernel_cases import (
    DTYPES,
    ISAS,
    OPTIMIZERS,
    TOLERANCE,
    assert_same_bits,
    chain_scorer,
    check_gradients,
    dense_layers,
    make_data,
    make_network,
    tile,
    train,
    twin_of,
)

import fastnn.network.compiled
from fastnn._kernels.training import engine
from fastnn.layers import Dense, Dropout, LayerNorm, Residual
from fastnn.network.compiled import CompiledNetwork
from fastnn.threads import FixedThreads
from fastnn.training.objective import loss_and_grad
from fastnn.training.trainer import make_trainer

THREADS = [1, 2, 3, 4, 17]

#: (rows, rows of a batch): in several batches, the last almost empty; in one of several parts.
BATCHES = [(203, 96), (330, 128), (2600, 2600)]

#: Ragged: below and above a block of columns, a last strip of one column, several strips.
WIDTHS = [1, 2, 3, 7, 37, 145, 211]


pytestmark = pytest.mark.usefixtures("default_share")


#: A width for every share, and every width for one of them.
SHARES = [*((n_in, 0.6) for n_in in WIDTHS), *((n_in, s) for n_in in (2, 145) for s in (0.0, 3.0))]


@pytest.fixture(params=[0, 2], ids=["kept", "left out"])
def zeros(request, default_share):
    """Both ways, whatever the data."""
    engine.set_most_nonzero(request.param)


def with_zeros(X, share=0.6, seed=3):
    """Runs of zeros as in images, and rows and columns of nothing else."""
    rng = np.random.RandomState(seed)
    X = X.copy()
    for row in X:
        for _ in range(4):
            first = rng.randint(X.shape[1])
            row[first : first + int(share * X.shape[1] / 2)] = 0
    X[:, rng.random(X.shape[1]) < share / 3] = 0
    X[rng.random(len(X)) < share / 6] = 0
    X[X == 0] *= -1  # some of them negative
    return X


@pytest.mark.parametrize(("n_in", "share"), SHARES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_the_gradient_is_that_of_the_twin(isa, dtype, n_in, share, zeros, monkeypatch):
    monkeypatch.setattr(fastnn.network.compiled, "ThreadChoice", FixedThreads)
    lanes, rows = tile(dtype, isa)
    network = make_network(n_in, (2 * lanes + 3, 9, 3), "relu", dtype=dtype, isa=isa)
    for n in (1, rows - 1, rows + 1, 33, 131):
        X, y, weight = make_data(n, network)
        options = {"sample_weight": weight, "alpha": 0.5}
        threads = THREADS if n == 131 else [2]
        check_gradients(network, with_zeros(X, share), y, threads, **options)


NETS = {
    "large": dense_layers((300, 40, 3), "relu"),  # shared out in strips
    "small": dense_layers((33, 3), "tanh"),  # in groups of rows
    "ragged": dense_layers((35, 20, 3), "relu"),  # a few columns beyond whole vectors
    "linear": [Dense(3)],
    "one output": [Dense(1)],
    "residual": [Residual((Dense(33, "relu"), LayerNorm())), Dense(3)],
    "dropout": [Dropout(0.4), Dense(33, "relu"), Dense(3)],
}


@pytest.mark.parametrize(
    ("kind", "rows", "batch"),
    [(kind, *BATCHES[0]) for kind in NETS]
    + [(kind, *batch) for kind in ("large", "small") for batch in BATCHES[1:]],
)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_leaving_zeros_out_changes_no_bit_of_training(isa, dtype, rows, batch, kind):
    results = []
    loss = "logistic_log_loss" if kind == "one output" else "softmax_log_loss"
    for most_nonzero in (0, 2):
        engine.set_most_nonzero(most_nonzero)
        for n_threads in (1, 3):
            network = CompiledNetwork(145, NETS[kind], loss, dtype, isa=isa)
            network.params[:] = np.random.RandomState(1).uniform(-0.2, 0.2, network.n_params)
            X, y, weight = make_data(rows, network)
            options = {"batch_size": batch, "n_threads": n_threads, "weight": weight}
            trainer = train(network, OPTIMIZERS["adam"](), with_zeros(X), y, steps=3, **options)
            results.append((network.params.copy(), np.array(trainer.loss_sum)))
    assert np.isfinite(results[0][0]).all()
    for other in results[1:]:
        assert_same_bits(other, results[0])


def test_not_finite_input_is_not_taken_for_zero(zeros):
    network = make_network(37, (33, 3), "tanh")
    X, y, _ = make_data(20, network)
    X = with_zeros(X)
    X[7, 11] = np.nan
    loss, grad = loss_and_grad(network, X, y)
    assert np.isnan(loss)
    assert np.isnan(grad).any()


def test_data_without_zeros_and_then_with_them(default_share):
    """An engine looks anew at every call."""
    results = []
    for first in (False, True):
        network = make_network(145, (70, 3), "relu")
        X, y, _ = make_data(200, network)
        Z = with_zeros(X)
        trainer = make_trainer(network, OPTIMIZERS["adam"](), batch_size=50, n_threads=1)
        order = np.arange(200)
        engine.set_most_nonzero(0 if first else default_share)
        for data in (X, Z, X, Z):
            trainer.run(data, y, order, 0, 4, learning_rate=1e-3)
        trainer.finish()
        results.append(network.params.copy())
    assert_same_bits(*results)


@pytest.mark.parametrize("sizes", [(1,), (9, 2), (200, 33, 10), (300, 60)])
@pytest.mark.parametrize("n_in", [*WIDTHS, 513])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_predictions_are_equal_for_any_batch(isa, dtype, n_in, sizes):
    """Tiles of other rows leave other columns out, a single row those that are zero in it, and
    hidden units that ReLU has set to zero."""
    network = make_network(n_in, sizes, "relu", "squared_error", dtype, isa)
    X = with_zeros(make_data(131, network)[0], 1.2)
    whole, expected = network.forward(X), twin_of(network).forward(X)
    assert np.abs(whole - expected).max() <= TOLERANCE[dtype] * np.abs(expected).max()
    scorer = chain_scorer(
        network.coefs,
        network.intercepts,
        ["relu"] * (len(sizes) - 1) + ["identity"],
        "identity",
        np.dtype(dtype).name,
        isa=isa,
    )
    for n_threads in (1, 2, 3):
        for start, end in [(0, 131), (0, 1), (5, 6), (7, 19), (2, 50), (3, 100)]:
            rows = np.ascontiguousarray(X[start:end])
            assert_same_bits(network.forward(rows, n_threads=n_threads), whole[start:end])
            assert_same_bits(scorer.raw(rows, n_threads=n_threads), whole[start:end])
            other = rows.astype(np.float32 if dtype == np.float64 else np.float64)
            if dtype == np.float32:
                assert_same_bits(scorer.raw(other, n_threads=n_threads), whole[start:end])
