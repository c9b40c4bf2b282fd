"""Inputs as they come, NaN, errors; and the floating-point environment left as found."""

import time

import numpy as np
import pytest
from kernel_cases import (
    DTYPES,
    EACH_ONCE,
    ISAS,
    OPTIMIZERS,
    assert_same_bits,
    chain_scorer,
    forward_arrays,
    make_data,
    make_network,
    train,
)

from fastnn._kernels.testing import probe
from fastnn.layers import Dense
from fastnn.network.compiled import CompiledNetwork
from fastnn.optimizers import SGD, Adam
from fastnn.training.objective import loss_and_grad
from fastnn.training.trainer import make_trainer


def read_only(array, tmp_path):
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def memory_mapped(array, tmp_path):
    path = tmp_path / f"{abs(hash(array.tobytes()))}.npy"
    np.save(path, array)
    return np.load(path, mmap_mode="r")


def off_by_four_bytes(array, tmp_path):
    raw = np.zeros(array.nbytes + 64, np.uint8)
    start = -raw.ctypes.data % 64 + 4
    result = raw[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    result[...] = array
    return result


@pytest.mark.parametrize("convert", [read_only, memory_mapped, off_by_four_bytes])
@pytest.mark.parametrize("loss", ["softmax_log_loss", "squared_error"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_inputs_are_taken_as_they_lie_and_not_modified(isa, dtype, loss, convert, tmp_path):
    results = []
    for change in (lambda array, tmp_path: array, convert):
        network = make_network(7, (21, 2), loss=loss, dtype=dtype, isa=isa)
        plain = make_data(40, network)
        X, y, weight = (change(array, tmp_path) for array in plain)
        forward = network.forward(X)
        value, grad = loss_and_grad(network, X, y, sample_weight=weight)
        train(network, OPTIMIZERS["adam"](), X, y, weight=weight, steps=3)
        results.append([forward, np.array(value), grad, network.params])
        assert_same_bits((X, y, weight), plain)
    assert_same_bits(*results)


@pytest.mark.parametrize(("activation", "loss"), EACH_ONCE)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_nan_in_gives_nan_out(isa, dtype, loss, activation):
    for sizes in ((1,), (20, 3)):
        network = make_network(37, sizes, activation, loss, dtype, isa)
        X, y, _ = make_data(30, network)
        clean = network.forward(X)
        for column in (0, 36):
            bad = X.copy()
            bad[17, column] = np.nan
            result = network.forward(bad)
            if loss != "softmax_log_loss" or sizes != (1,):
                assert np.isnan(result[17]).all()
            assert_same_bits(np.delete(result, 17, 0), np.delete(clean, 17, 0))
            value, grad = loss_and_grad(network, bad, y)
            assert np.isnan(value)
            assert np.isnan(grad).any()
            trainer = train(network, OPTIMIZERS["sgd"](), bad, y, steps=1)
            assert not trainer.all_finite()
            assert np.isnan(trainer.loss_sum)
            network = make_network(37, sizes, activation, loss, dtype, isa)


def exported_calls(network, X, y):
    """Every way into the kernels, by name."""
    arrays = network.coefs, network.intercepts
    loss = network.loss.name
    scorer = chain_scorer(*arrays, ["tanh", "identity"], network.loss.output_activation, X.dtype)
    trainer = make_trainer(network, Adam(), batch_size=8)
    order = np.arange(len(X), dtype=np.intp)
    for n_threads in (1, 2):
        threaded = make_trainer(network, Adam(), batch_size=8, n_threads=n_threads)
        yield "forward", lambda n=n_threads: network.forward(X, n_threads=n)
        yield "loss_and_grad", lambda n=n_threads: loss_and_grad(network, X, y, n_threads=n)
        yield "run", lambda t=threaded: t.run(X, y, order, 0, 4, learning_rate=0.1)
        yield (
            "forward_arrays",
            lambda n=n_threads: forward_arrays(*arrays, "tanh", loss, X, n_threads=n),
        )
    yield "score_arrays", lambda: forward_arrays(*arrays, "tanh", loss, X[:5])
    for method in (scorer.raw, scorer.proba, scorer.log_proba, scorer.codes):
        yield "Scorer", lambda m=method: m(X)
    yield "Trainer.forward", lambda: trainer.forward(X)
    yield "pull and push", lambda: (trainer.pull(), trainer.push())

    def refused():
        with pytest.raises(ValueError, match="X must have shape"):
            network.forward(X[:, :2])

    yield "refused", refused


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_floating_point_environment_is_left_as_found(dtype):
    network = make_network(7, (21, 3), dtype=dtype)
    X, y, _ = make_data(70, network)
    tiny = np.finfo(dtype).smallest_normal
    before = probe.float_control()
    for name, call in exported_calls(network, X, y):
        call()
        assert probe.float_control() == before, name
        assert tiny / dtype(4) > 0, name
        assert np.nextafter(dtype(0), dtype(1)) * dtype(2) > 0, name


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("dtype", DTYPES)
def test_moments_that_decay_into_denormals_become_zero(dtype, n_threads):
    network = make_network(40, (64, 3), "relu", dtype=dtype)
    X, y, _ = make_data(32, network)
    network.intercepts[0][:] = -1e3  # dead units: their gradients are exactly zero
    adam = Adam()
    small = np.full(network.n_params, 1.5 * np.finfo(dtype).smallest_normal, dtype)
    adam.state = {"t": 10, "m": small, "v": small.copy()}
    trainer = make_trainer(network, adam, batch_size=32, n_threads=n_threads)
    order = np.arange(32, dtype=np.intp)
    trainer.run(X, y, np.tile(order, 8), 0, 8, learning_rate=1e-3)
    trainer.pull()
    dead = slice(0, network.coefs[0].size)
    assert (adam.state["m"][dead] == 0).all()
    denormal = np.abs(adam.state["m"]) < np.finfo(dtype).smallest_normal
    assert (adam.state["m"][denormal] == 0).all()


def test_denormals_do_not_slow_training():
    """In seconds of this thread's own, of which a busy machine takes none away; on processors that
    are slow with denormals they would cost ten times as much and more."""
    seconds = []
    for scale in (1.0, 1e-39):
        network = make_network(256, (256, 256, 3), "identity", dtype=np.float32)
        X, y, _ = make_data(128, network)
        X *= np.float32(scale)
        network.params *= np.float32(scale)
        trainer = make_trainer(network, SGD(), batch_size=128)
        order = np.arange(128, dtype=np.intp)
        runs = []
        for _ in range(7):
            start = time.thread_time()
            trainer.run(X, y, order, 0, 1, learning_rate=0.0)
            runs.append(time.thread_time() - start)
        seconds.append(min(runs))
    assert seconds[1] < 3 * seconds[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda net, X, y: net.forward(X[:, :3]), r"X must have shape \(n, 7\), got \(12, 3\)"),
        (lambda net, X, y: net.forward(X[0]), r"X must have shape"),
        (lambda net, X, y: net.forward(X.astype(int)), "of float32 or float64"),
        (lambda net, X, y: net.forward(np.asfortranarray(X)), "C-contiguous"),
        (lambda net, X, y: net.forward(X, out=np.empty((12, 2))), "out must be"),
        (lambda net, X, y: net.forward(X, out=np.empty((3, 12)).T), "out must be"),
        (lambda net, X, y: loss_and_grad(net, X, y, grad=np.empty(3)), "grad must have shape"),
        (lambda net, X, y: loss_and_grad(net, X, y[:5]), "y must hold 12 class numbers"),
        (lambda net, X, y: loss_and_grad(net, X, y + 3), "class numbers from 0 to 2"),
        (lambda net, X, y: loss_and_grad(net, X, y - 9), "class numbers from 0 to 2"),
        (
            lambda net, X, y: loss_and_grad(net, X, y, sample_weight=np.ones(5)),
            r"sample_weight must have shape \(12,\)",
        ),
        (
            lambda net, X, y: CompiledNetwork(7, [Dense(3, "tanh")], "squared_error"),
            "linear Dense layer",
        ),
        (lambda net, X, y: CompiledNetwork(7, [], "squared_error"), "linear Dense layer"),
        (lambda net, X, y: CompiledNetwork(7, [Dense(3)], "hinges"), "loss must be one of"),
        (lambda net, X, y: CompiledNetwork(7, [Dense(3)], "poisson", np.int32), "dtype must be"),
        (lambda net, X, y: Dense(0), "n_out must be at least 1"),
        (lambda net, X, y: Dense(3, "sine"), "activation must be one of"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    network = make_network()
    X, y, _ = make_data(12, network)
    with pytest.raises(ValueError, match=message):
        call(network, X, y)


def test_targets_of_the_wrong_shape_are_refused():
    network = make_network(loss="squared_error")
    X, y, _ = make_data(12, network)
    with pytest.raises(ValueError, match=r"y must have shape \(12, 3\), got \(12, 2\)"):
        loss_and_grad(network, X, np.ascontiguousarray(y[:, :2]))


def test_an_unknown_isa_is_refused():
    with pytest.raises(ImportError, match="sse9"):
        make_network(isa="sse9")
