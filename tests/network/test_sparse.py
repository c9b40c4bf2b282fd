"""Sparse input gives what the same numbers give as an array, without ever becoming one."""

import tracemalloc

import numpy as np
import pytest
from kernel_cases import DTYPES, ISAS, assert_same_bits, forward_arrays
from scipy import sparse

from fastnn.layers import Dense
from fastnn.network.compiled import CompiledNetwork
from fastnn.optimizers import SGD, Adam
from fastnn.threads import FixedThreads
from fastnn.training.objective import loss_and_grad
from fastnn.training.trainer import make_trainer

TOLERANCE = {np.float64: 1e-12, np.float32: 1e-4}
# n_in, hidden: narrow first layers, ragged panels, more than four panels, many strips
SHAPES = [
    (1, ()),
    (7, ()),
    (97, (1,)),
    (200, (2,)),
    (450, (3, 5)),
    (33, (17,)),
    (300, (64,)),
    (1000, (70, 9)),
    (130, (300,)),
]


def make_csr(n, n_in, density, dtype, seed=0, index=np.int32):
    X = sparse.random(n, n_in, density=density, format="csr", rng=np.random.default_rng(seed))
    X = X.astype(dtype)
    X.indices, X.indptr = X.indices.astype(index), X.indptr.astype(index)
    return X


def make_network(n_in, hidden, dtype, isa=None, loss="softmax_log_loss", n_out=3):
    layers = [*(Dense(n, "tanh") for n in hidden), Dense(n_out)]
    network = CompiledNetwork(n_in, layers, loss, dtype, isa=isa)
    network.params[:] = np.random.default_rng(1).normal(0, 0.3, network.n_params)
    return network


def train(network, X, y, *, batch_size, n_threads=1, optimizer=None, weight=None, epochs=2):
    """Parameters, loss and moments after some epochs in a shuffled order."""
    optimizer = optimizer or Adam()
    trainer = make_trainer(
        network, optimizer, alpha=0.01, batch_size=batch_size, n_threads=n_threads
    )
    trainer._threads = FixedThreads(n_threads)
    order = np.random.default_rng(2).permutation(X.shape[0])
    n_batches = -(-len(order) // batch_size)
    for _ in range(epochs):
        trainer.run(X, y, order, 0, n_batches, learning_rate=0.01, sample_weight=weight)
    trainer.pull()
    moments = [optimizer.state[name] for name in ("m", "v") if name in optimizer.state]
    return [network.params.copy(), np.array(trainer.loss_sum), *moments]


def train_both(X, y, hidden, dtype, isa=None, **options):
    """The results of `train` from a CSR matrix and from the same numbers as an array."""
    return [
        train(make_network(X.shape[1], hidden, dtype, isa), rows, y, **options)
        for rows in (X, X.toarray())
    ]


def assert_close(actual, expected, dtype):
    for a, e in zip(actual, expected, strict=True):
        atol = TOLERANCE[dtype] * max(1.0, np.abs(e).max(initial=0))
        np.testing.assert_allclose(a, e, rtol=0, atol=atol)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("n_in", "hidden"), SHAPES)
def test_equals_dense(n_in, hidden, dtype, isa):
    X = make_csr(60, n_in, 0.1, dtype)
    y = np.random.default_rng(3).integers(0, 3, 60)
    net = make_network(n_in, hidden, dtype, isa)
    assert_close([net.forward(X)], [net.forward(X.toarray())], dtype)
    assert_close(*(loss_and_grad(net, rows, y, alpha=0.1) for rows in (X, X.toarray())), dtype)
    assert_close(*train_both(X, y, hidden, dtype, isa, batch_size=16), dtype)


@pytest.mark.parametrize("n_out", [1, 2])
@pytest.mark.parametrize("isa", ISAS)
def test_narrow_without_hidden_layer(isa, n_out):
    X = make_csr(50, 130, 0.2, np.float64)
    y = np.random.default_rng(4).random((50, n_out))
    networks = [make_network(130, (), np.float64, isa, "squared_error", n_out) for _ in range(2)]
    fits = [
        train(network, rows, y, batch_size=7, optimizer=SGD())
        for network, rows in zip(networks, (X, X.toarray()), strict=True)
    ]
    assert_close(*fits, np.float64)


@pytest.mark.parametrize("density", [0, 0.001, 0.02, 0.5, 1])
@pytest.mark.parametrize("dtype", DTYPES)
def test_any_density(density, dtype):
    X = make_csr(40, 250, density, dtype)
    y = np.random.default_rng(5).integers(0, 3, 40)
    for hidden in [(), (2,), (40,)]:
        assert_close(*train_both(X, y, hidden, dtype, batch_size=16), dtype)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("hidden", [(), (2,), (50, 20)])
def test_threads_give_the_same_bits(hidden, dtype, isa):
    X = make_csr(101, 500, 0.03, dtype)
    y = np.random.default_rng(6).integers(0, 3, 101)
    fits = [
        train(make_network(500, hidden, dtype, isa), X, y, batch_size=30, n_threads=n_threads)
        for n_threads in (1, 2, 4)
    ]
    for fit in fits[1:]:
        assert_same_bits(fit, fits[0])
    net = make_network(500, hidden, dtype, isa)
    for n_threads in (2, 4):
        np.testing.assert_array_equal(net.forward(X, n_threads=n_threads), net.forward(X))
        assert_same_bits(loss_and_grad(net, X, y, n_threads=n_threads), loss_and_grad(net, X, y))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("hidden", [(), (2,), (50, 20), (200,)])
def test_row_alone_has_the_bits_it_has_in_a_batch(hidden, dtype, isa):
    X = make_csr(70, 300, 0.05, dtype)
    net = make_network(300, hidden, dtype, isa)
    together = net.forward(X)
    for i in range(70):
        np.testing.assert_array_equal(net.forward(X[i : i + 1])[0], together[i])


@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_give_the_bits_of_the_network(dtype):
    for hidden in [(), (2,), (50, 20), (200,)]:
        net = make_network(300, hidden, dtype)
        for n in (1, 5, 100):
            X = make_csr(n, 300, 0.05, dtype)
            out = forward_arrays(net.coefs, net.intercepts, "tanh", "softmax_log_loss", X)
            np.testing.assert_array_equal(out, net.forward(X))


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("hidden", [(), (2,), (40,)])
def test_blocks_of_a_large_batch_add_up(hidden, n_threads):
    X = make_csr(2500, 120, 0.05, np.float64)
    y = np.random.default_rng(7).integers(0, 3, 2500)
    fits = train_both(X, y, hidden, np.float64, batch_size=2100, n_threads=n_threads)
    assert_close(*fits, np.float64)


@pytest.mark.parametrize("hidden", [(), (2,), (40,)])
def test_sample_weight(hidden):
    X = make_csr(90, 120, 0.1, np.float64)
    rng = np.random.default_rng(8)
    y, w = rng.integers(0, 3, 90), rng.integers(0, 3, 90).astype(float)
    assert_close(*train_both(X, y, hidden, np.float64, batch_size=20, weight=w), np.float64)


@pytest.mark.parametrize("hidden", [(), (2,), (40,)])
def test_index_types_give_the_same_bits(hidden):
    y = np.random.default_rng(9).integers(0, 3, 50)
    narrow = make_csr(50, 200, 0.1, np.float64, index=np.int32)
    wide = make_csr(50, 200, 0.1, np.float64, index=np.int64)
    mixed = wide.copy()
    mixed.indices = narrow.indices
    reference = train(make_network(200, hidden, np.float64), narrow, y, batch_size=16)
    for X in (wide, mixed, sparse.csr_matrix(narrow), sparse.csr_array(narrow)):
        fit = train(make_network(200, hidden, np.float64), X, y, batch_size=16)
        assert_same_bits(fit, reference)


@pytest.mark.parametrize("hidden", [(), (2,), (40,)])
def test_unsorted_and_repeated_indices_and_explicit_zeros(hidden):
    rng = np.random.default_rng(10)
    indptr = np.array([0, 0, 12, 12, 40, 41, 60])
    X = sparse.csr_array((rng.normal(size=60), rng.integers(0, 25, 60), indptr), shape=(6, 25))
    X.data[::7] = 0
    y = rng.integers(0, 3, 6)
    assert_close(*train_both(X, y, hidden, np.float64, batch_size=4), np.float64)


def test_values_of_the_other_dtype_are_converted():
    X = make_csr(30, 80, 0.2, np.float64)
    y = np.random.default_rng(11).integers(0, 3, 30)
    for dtype, other in [(np.float32, np.float64), (np.float64, np.float32)]:
        rows = X.astype(other)
        a = train(make_network(80, (20,), dtype), rows, y, batch_size=8)
        b = train(make_network(80, (20,), dtype), rows.astype(dtype), y, batch_size=8)
        assert_same_bits(a, b)


def test_read_only_input_is_left_alone():
    X = make_csr(30, 80, 0.2, np.float64)
    for array in (X.data, X.indices, X.indptr):
        array.flags.writeable = False
    net = make_network(80, (20,), np.float64)
    np.testing.assert_array_equal(net.forward(X), net.forward(X.copy()))


def test_dense_and_sparse_calls_may_alternate():
    X = make_csr(64, 100, 0.1, np.float64)
    y = np.random.default_rng(12).integers(0, 3, 64)
    order = np.arange(64)
    results = []
    for inputs in [(X, X.toarray()), (X.toarray(), X)]:
        net = make_network(100, (20,), np.float64)
        trainer = make_trainer(net, Adam(), batch_size=16)
        trainer.run(inputs[0], y, order, 0, 2, learning_rate=0.01)
        trainer.run(inputs[1], y, order, 2, 4, learning_rate=0.01)
        results.append([trainer.forward(X)])
    assert_close(*results, np.float64)


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("value", [-1, 50, 2**31 - 1])
def test_index_out_of_range_is_refused(value, index):
    X = make_csr(20, 50, 0.2, np.float64, index=index)
    X.indices[-1] = value
    net = make_network(50, (20,), np.float64)
    y = np.zeros(20, np.intp)
    calls = [
        lambda: net.forward(X),
        lambda: loss_and_grad(net, X, y),
        lambda: make_trainer(net, Adam(), batch_size=5).run(
            X, y, np.arange(20), 0, 4, learning_rate=0.1
        ),
        lambda: forward_arrays(net.coefs, net.intercepts, "tanh", "softmax_log_loss", X),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="not a valid CSR matrix"):
            call()


@pytest.mark.parametrize("indptr", [[0, 5, 3, 6], [-1, 2, 4, 6], [0, 2, 4, 7]])
def test_broken_indptr_is_refused(indptr):
    X = sparse.csr_array((np.ones(6), np.arange(6), [0, 2, 4, 6]), shape=(3, 8))
    X.indptr = np.array(indptr, np.int32)
    with pytest.raises(ValueError, match="not a valid CSR matrix"):
        make_network(8, (20,), np.float64).forward(X)


def test_other_formats_types_and_shapes_are_refused():
    net = make_network(50, (20,), np.float64)
    X = make_csr(20, 50, 0.2, np.float64)
    for bad in (X.tocsc(), X.tocoo(), X.astype(np.int64), X.astype(np.complex128)):
        with pytest.raises(ValueError, match=r"CSR matrix.* of float32 or float64"):
            net.forward(bad)
        with pytest.raises(ValueError, match=r"CSR matrix.* of float32 or float64"):
            forward_arrays(net.coefs, net.intercepts, "tanh", "softmax_log_loss", bad)
    with pytest.raises(ValueError, match=r"shape \(n, 50\)"):
        net.forward(X[:, :49])


@pytest.mark.parametrize("n", [3, 100])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_found_when_asked(value, n):
    net = make_network(50, (20,), np.float32)
    X = make_csr(n, 50, 0.2, np.float64)
    X.data[3] = value
    with pytest.raises(ValueError, match="NaN, infinity"):
        forward_arrays(net.coefs, net.intercepts, "tanh", "softmax_log_loss", X, check_finite=True)
    if np.isnan(value):  # tanh makes a number of infinity
        assert np.isnan(net.forward(X)).any()


@pytest.mark.parametrize("n_rows", [0, 1])
def test_few_rows(n_rows):
    net = make_network(50, (20,), np.float64)
    X = make_csr(n_rows, 50, 0.2, np.float64)
    np.testing.assert_allclose(net.forward(X), net.forward(X.toarray()), rtol=1e-12)


def test_memory_stays_within_the_batch():
    """As an array these rows would take 4 GB, and a block of 1,024 of them 800 MB."""
    n, n_in = 5000, 200_000
    X = make_csr(n, n_in, 0.0002, np.float32)
    y = np.random.default_rng(13).integers(0, 3, n)
    net = CompiledNetwork(n_in, [Dense(4, "relu"), Dense(3)], "softmax_log_loss", np.float32)
    wide = CompiledNetwork(n_in, [Dense(17, "relu"), Dense(3)], "softmax_log_loss", np.float32)
    for network in (net, wide):
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        train(network, X, y, batch_size=1024, n_threads=2, epochs=1)
        network.forward(X)
        loss_and_grad(network, X, y)
        peak = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
        # weights and moments in two orders, padded to whole vectors, and the sorted batch
        assert peak < 16 * network.params.nbytes + 30e6
