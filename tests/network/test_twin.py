"""The engine against its NumPy twin: predictions, losses, and whole training runs."""

import numpy as np
import pytest
import reference
from kernel_cases import (
    DTYPES,
    EACH_ONCE,
    ISAS,
    OPTIMIZERS,
    assert_same_bits,
    dense_layers,
    make_data,
    make_network,
    same_bits,
    train,
)
from reference_optimizers import step

from fastnn.losses import LOSSES
from fastnn.network import compiled as engine
from fastnn.training.objective import loss_and_grad
from fastnn.training.trainer import make_trainer

#: Largest difference relative to the largest parameter.
TRAINING = {np.float64: 1e-9, np.float32: 2e-3}
STEP_BY_HAND = {np.float64: 1e-13, np.float32: 1e-5}


def twin_of(network, activation):
    sizes = [layer.n_out for layer in network.layers]
    twin = reference.Network(
        network.n_in, dense_layers(sizes, activation), network.loss.name, network.dtype
    )
    twin.params[:] = network.params
    return twin


def relative_difference(a, b):
    return np.abs(a.astype(np.float64) - b).max() / np.abs(b).max()


@pytest.mark.parametrize(("activation", "loss"), EACH_ONCE)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_forward_loss_and_gradient(isa, dtype, activation, loss):
    network = make_network(13, (37, 8, 3), activation, loss, dtype, isa)
    twin = twin_of(network, activation)
    X, y, weight = make_data(29, network)
    tolerance = {np.float64: 1e-12, np.float32: 1e-4}[dtype]
    for raw in (False, True):
        got = network.forward(X, raw=raw, n_threads=2)
        assert relative_difference(got, twin.forward(X, raw=raw)) < tolerance
    for options in ({}, {"sample_weight": weight, "alpha": 0.5}):
        value, grad = loss_and_grad(network, X, y, **options)
        twin_value, twin_grad = twin.loss_and_grad(X, y, **options)
        assert abs(value - twin_value) < tolerance * abs(twin_value)
        assert relative_difference(grad, twin_grad) < tolerance


@pytest.mark.parametrize(
    ("optimizer", "loss", "weighted"),
    [(o, "softmax_log_loss", i % 2) for i, o in enumerate(OPTIMIZERS)]
    + [("nesterov", loss, 1) for loss in LOSSES],
)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_training_run(isa, dtype, optimizer, loss, weighted):
    """50 steps in epochs whose last batch is short."""
    network = make_network(10, (19, 7, 4), "tanh", loss, dtype, isa)
    twin = twin_of(network, "tanh")
    X, y, weight = make_data(90, network)
    states, sums = [], []
    for net in (network, twin):
        rule = OPTIMIZERS[optimizer]()
        rule.state["t"] = 0
        options = {"steps": 50, "batch_size": 32, "weight": weight if weighted else None}
        trainer = train(net, rule, X, y, **options)
        states.append(rule.state)
        sums.append(trainer.loss_sum)
    assert relative_difference(network.params, twin.params) <= TRAINING[dtype]
    assert abs(sums[0] - sums[1]) <= TRAINING[dtype] * abs(sums[1])
    assert states[0]["t"] == states[1]["t"] == 50
    for name in set(states[1]) - {"t"}:
        assert relative_difference(states[0][name], states[1][name]) <= 10 * TRAINING[dtype]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_step_is_the_gradient_and_an_update(dtype, optimizer):
    network = make_network(10, (40, 3), "relu", "softmax_log_loss", dtype)
    by_hand = make_network(10, (40, 3), "relu", "softmax_log_loss", dtype)
    X, y, weight = make_data(24, network)
    rule, state = OPTIMIZERS[optimizer](), {"t": 0}
    trainer = make_trainer(network, rule, alpha=0.3, batch_size=24)
    order = np.arange(24, dtype=np.intp)
    for _ in range(3):
        value, grad = loss_and_grad(by_hand, X, y, sample_weight=weight, alpha=0.3)
        trainer.loss_sum = 0.0
        trainer.run(X, y, order, 0, 1, learning_rate=0.05, sample_weight=weight)
        assert abs(trainer.loss_sum - 24 * value) <= STEP_BY_HAND[dtype] * abs(24 * value)
        coefs = np.arange(network.n_params) < sum(c.size for c in network.coefs)
        by_hand.params[:] = step(rule, state, by_hand.params, grad, 0.05, penalised=coefs)
        trainer.pull()
        assert relative_difference(network.params, by_hand.params) <= STEP_BY_HAND[dtype]


@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("isa", ISAS)
def test_a_batch_in_blocks_is_the_batch_whole(isa, n_threads, monkeypatch):
    X, y, weight = make_data(70, make_network(9, (21, 1, 5), isa=isa))
    results = []
    for rows in (1024, 16, 7):
        monkeypatch.setattr(engine, "BLOCK_ROWS", rows)
        network = make_network(9, (21, 1, 5), isa=isa)
        value, grad = loss_and_grad(network, X, y, sample_weight=weight, n_threads=n_threads)
        rule = OPTIMIZERS["adam"]()
        options = {"batch_size": 50, "weight": weight, "n_threads": n_threads}
        trainer = train(network, rule, X, y, steps=10, **options)
        results.append([np.array([value, trainer.loss_sum]), grad, network.params])
    for blocked in results[1:]:
        for got, whole in zip(blocked, results[0], strict=True):
            assert relative_difference(got, whole) <= 1e-12


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_chunks_of_a_run_change_no_bit(dtype, optimizer):
    results = []
    for calls in (1, 2, 7):
        network = make_network(9, (21, 5), dtype=dtype)
        X, y, _ = make_data(101, network)
        trainer = train(network, OPTIMIZERS[optimizer](), X, y, batch_size=8, calls=calls)
        results.append((network.params, trainer.loss_sum))
    for params, loss_sum in results[1:]:
        assert_same_bits(params, results[0][0])
        assert loss_sum == results[0][1]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_second_trainer_goes_on_where_the_first_stopped(dtype, optimizer):
    networks = [make_network(9, (21, 1), loss="squared_error", dtype=dtype) for _ in range(2)]
    X, y, _ = make_data(48, networks[0])
    order = np.arange(48, dtype=np.intp)
    for network, pieces in zip(networks, ([(0, 6)], [(0, 2), (2, 6)]), strict=True):
        rule = OPTIMIZERS[optimizer]()
        for begin, end in pieces:
            trainer = make_trainer(network, rule, batch_size=8)
            trainer.run(X, y, order, begin, end, learning_rate=0.01)
            trainer.pull()
    assert_same_bits(networks[0].params, networks[1].params)


def test_snapshot_restores_the_weights():
    network = make_network()
    X, y, _ = make_data(40, network)
    trainer = make_trainer(network, OPTIMIZERS["adam"](), batch_size=10)
    before = trainer.forward(X)
    assert_same_bits(before, network.forward(X))
    snapshot = trainer.snapshot()
    trainer.run(X, y, np.arange(40, dtype=np.intp), 0, 4, learning_rate=0.1)
    assert not same_bits(trainer.forward(X), before)
    trainer.restore(snapshot)
    assert_same_bits(trainer.forward(X), before)


def test_a_batch_that_weighs_nothing_changes_nothing():
    network = make_network()
    start = network.params.copy()
    X, y, weight = make_data(10, network)
    trainer = make_trainer(network, OPTIMIZERS["sgd"](), alpha=1.0, batch_size=10)
    order = np.arange(10, dtype=np.intp)
    trainer.run(X, y, order, 0, 1, learning_rate=0.1, sample_weight=np.zeros_like(weight))
    trainer.pull()
    assert_same_bits(network.params, start)
    assert trainer.loss_sum == 0
