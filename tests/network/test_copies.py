"""Copies of a large layer's batch and other choices by size: no bit tells if there were any."""

import numpy as np
import pytest
from kernel_cases import (
    DTYPES,
    ISAS,
    OPTIMIZERS,
    assert_same_bits,
    check_gradients,
    dense_layers,
    make_data,
    make_network,
    train,
)

from fastnn._kernels.native import sizes
from fastnn._kernels.training import engine
from fastnn.layers import BatchNorm, Dense, LayerNorm, Residual
from fastnn.network.compiled import CompiledNetwork

#: Ragged: strips and panels that are not full, a last panel of few columns, a narrow layer; sums.
NETS = {
    "dense": dense_layers((75, 35, 3), "relu"),
    "tanh": dense_layers((20, 33, 1), "tanh"),
    "residual": [Residual((Dense(33, "relu"), LayerNorm())), BatchNorm(), Dense(3)],
}
NEVER = 1 << 60
NONE = {"copied_weights": NEVER, "rows_across": NEVER, "level2_bytes": NEVER, "paged_bytes": NEVER}
COPIES = {**NONE, "copied_weights": 0}
ALL = {"copied_weights": 0, "rows_across": 0, "level2_bytes": 1, "paged_bytes": 0}


@pytest.fixture
def change():
    before = sizes.change()
    yield sizes.change
    sizes.change(**before)


@pytest.mark.parametrize(("rows", "batch"), [(203, 96), (1300, 1300)])
@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_copies_change_no_bit_of_training(isa, dtype, net, rows, batch, change):
    """In several batches, the last almost empty; in one of two blocks; zeros left out or not."""
    results = []
    zeros = engine.set_most_nonzero(0)
    try:
        for choices, n_threads, most in [(NONE, 1, 0), (COPIES, 1, 0), (ALL, 3, 0), (ALL, 2, 2)]:
            change(**choices)
            engine.set_most_nonzero(most)
            loss = "squared_error" if net == "tanh" else "softmax_log_loss"
            network = CompiledNetwork(145, NETS[net], loss, dtype, isa=isa)
            network.params[:] = np.random.RandomState(1).uniform(-0.2, 0.2, network.n_params)
            X, y, weight = make_data(rows, network)
            options = {"batch_size": batch, "n_threads": n_threads, "weight": weight}
            trainer = train(network, OPTIMIZERS["adam"](), X, y, steps=3, **options)
            results.append((network.params.copy(), np.array(trainer.loss_sum)))
    finally:
        engine.set_most_nonzero(zeros)
    assert np.isfinite(results[0][0]).all()
    for other in results[1:]:
        assert_same_bits(other, results[0])


def test_a_large_layer_has_the_gradient_of_the_twin():
    network = make_network(530, (520, 3), "relu", dtype=np.float64)
    X, y, weight = make_data(40, network)
    check_gradients(network, X, y, [1, 2], sample_weight=weight)
