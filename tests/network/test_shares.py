"""Threads take shares as their cores are quick: no bit tells, and shares find their way."""

import numpy as np
import pytest
from kernel_cases import (
    DTYPES,
    OPTIMIZERS,
    assert_same_bits,
    dense_layers,
    make_data,
    make_network,
    train,
)
from scipy import sparse

from fastnn._kernels.training import engine
from fastnn._kernels.training import shares as kernel
from fastnn.layers import BatchNorm, Dense, Dropout
from fastnn.network.compiled import CompiledNetwork
from fastnn.threads import FixedThreads
from fastnn.training.trainer import make_trainer

#: Uneven, with nothing for some, with more threads than groups, and equal ones for comparison.
SHARES = [
    [1.0],
    [0.9, 0.1],
    [0.44, 0.56],
    [0.0, 1.0],
    [0.2, 0.5, 0.3],
    [0.6, 0.0, 0.05, 0.35],
    [0.01] * 10 + [0.3] * 3,
    [1 / 17] * 17,
]

#: (rows, rows of a batch): several batches, the last almost empty; one, and one of several parts.
BATCHES = [(203, 96), (1037, 1000), (2600, 2600)]

#: What follows on the gradient does not depend on the batch.
RULES = [({}, *batch) for batch in BATCHES] + [
    ({"clip_norm": 0.01}, *BATCHES[0]),
    ({"max_norm": 0.5}, *BATCHES[0]),
]

NETS = {
    "strips": dense_layers((300, 40, 3), "relu"),
    "groups": dense_layers((33, 3), "tanh"),
    "batch norm": [Dense(33), BatchNorm(), Dropout(0.2), Dense(3)],
}


@pytest.mark.parametrize(("rule", "rows", "batch"), RULES)
@pytest.mark.parametrize("kind", NETS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_shares_change_no_bit_of_training(dtype, rows, batch, kind, rule):
    results = []
    for shares in SHARES:
        network = CompiledNetwork(37, NETS[kind], "softmax_log_loss", dtype)
        network.params[:] = np.random.RandomState(1).uniform(-0.3, 0.3, network.n_params)
        X, y, _ = make_data(rows, network)
        options = {"batch_size": batch, "n_threads": len(shares), "shares": shares, **rule}
        trainer = train(network, OPTIMIZERS["adam"](), X, y, steps=3, **options)
        results.append((network.params.copy(), np.array(trainer.loss_sum)))
    assert np.isfinite(results[0][0]).all()
    for other in results[1:]:
        assert_same_bits(other, results[0])


@pytest.mark.parametrize("convert", [lambda X: X, sparse.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("sizes", [(300, 3), (33, 3)])
def test_shares_of_rows_with_zeros(sizes, convert, default_share):
    engine.set_most_nonzero(1)
    results = []
    for shares in SHARES:
        network = make_network(145, sizes, "relu")
        X, y, _ = make_data(330, network)
        X[np.random.RandomState(2).random(X.shape) < 0.8] = 0
        options = {"batch_size": 128, "n_threads": len(shares), "shares": shares}
        trainer = train(network, OPTIMIZERS["sgd"](), convert(X), y, steps=5, **options)
        results.append((network.params.copy(), np.array(trainer.loss_sum)))
    for other in results[1:]:
        assert_same_bits(other, results[0])


def test_shares_go_by_the_speeds():
    equal = [0, 0.25, 0.5, 0.75, 1]
    moved, bounds = kernel.new_bounds(equal, [1.0, 1.0, 2.0, 2.0])
    assert moved
    np.testing.assert_allclose(bounds, [0, 1 / 3, 2 / 3, 5 / 6, 1])
    again, same = kernel.new_bounds(bounds, [1.0, 1.0, 2.0, 2.0])
    assert not again
    np.testing.assert_allclose(same, bounds)
    assert not kernel.new_bounds(equal, [1.0, 1.001, 1.0, 1.002])[0]


def test_nobody_is_left_without_anything_to_measure():
    _, bounds = kernel.new_bounds([0, 0.5, 1], [1.0, 1e6])
    assert np.diff(bounds).min() > 0.1


def test_shares_stay_while_a_speed_is_unknown():
    moved, bounds = kernel.new_bounds([0, 0.3, 1], [0.0, 5.0])
    assert not moved
    assert list(bounds) == [0, 0.3, 1]


def trained_from_lopsided_shares(sizes, held):
    """Yields the shares of rows and of strips, a hundred times after three steps each."""
    network = make_network(100, sizes, "relu")
    X, y, _ = make_data(2000, network)
    trainer = make_trainer(network, OPTIMIZERS["sgd"](), batch_size=800, n_threads=2)
    trainer._threads = FixedThreads(2)
    trainer._engine.share_out([0.85, 0.15])
    order = np.arange(2000, dtype=np.intp)
    for setting, calls in held:
        trainer._engine.hold_shares(setting)
        for _ in range(calls):
            trainer.run(X, y, order, 0, 3, learning_rate=1e-3)
            yield trainer._engine.shares()


@pytest.mark.parametrize("sizes", [(300, 200, 3), (33, 3)])
def test_held_shares_stay(sizes):
    for found in trained_from_lopsided_shares(sizes, [(True, 30)]):
        for shares in found:
            assert list(shares) == pytest.approx([0.85, 0.15])


@pytest.mark.parametrize("calls_held", [0, 30])
@pytest.mark.parametrize("sizes", [(300, 200, 3), (33, 3)])
def test_lopsided_shares_even_out(sizes, calls_held):
    """Sooner or later: two cores are not five times as quick as each other."""
    for rows, strips in trained_from_lopsided_shares(sizes, [(True, calls_held), (False, 100)]):
        assert rows.sum() == pytest.approx(1)
        if rows[0] < 0.8 and strips[0] < 0.84:
            return
    pytest.fail(f"still {rows} and {strips}")
