"""Batches in groups of rows: the gradient is right, and no bit of it comes from the threads."""

import numpy as np
import pytest
import scipy.sparse
from fastnn._kernels.training.groups import number_of_groups
from kernel_cases import (
    DTYPES,
    ISAS,
    OPTIMIZERS,
    TOLERANCE,
    assert_same_bits,
    check_gradients,
    dense_layers,
    make_data,
    train,
)

import fastnn.network.compiled
from fastnn.layers import (
    Activation,
    BatchNorm,
    Dense,
    Dropout,
    GaussianNoise,
    LayerNorm,
    Residual,
)
from fastnn.network.compiled import CompiledNetwork
from fastnn.threads import FixedThreads
from fastnn.training.objective import loss_and_grad

#: Those that share out the groups evenly, and others.
THREADS = [1, 2, 3, 4, 16, 17]

#: Ragged: not a multiple of the groups, a group of several blocks, the last batch almost empty.
BATCHES = [(203, 96), (1037, 1000), (2600, 2600)]


def make_net(layers=None, dtype=np.float64, isa=None, loss="softmax_log_loss"):
    layers = layers or dense_layers((21, 9, 3), "relu")
    network = CompiledNetwork(13, layers, loss, dtype, isa=isa)
    network.params[:] = np.random.RandomState(1).uniform(-0.5, 0.5, network.n_params)
    return network


def test_small_nets_have_groups():
    params, itemsize = 3201, 4
    assert number_of_groups(32, params, itemsize) == 1  # too few rows
    assert number_of_groups(200, params, itemsize) == 4
    assert number_of_groups(2000, params, itemsize) == 16
    assert number_of_groups(10**6, params, itemsize) == 16
    assert number_of_groups(128, 235_000, itemsize) == 1  # gradients larger than the rows' own


@pytest.mark.parametrize(("rows", "batch"), BATCHES)
def test_these_batches_have_groups(rows, batch):
    network = make_net()
    assert number_of_groups(batch, network.n_params, 8) > 1


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("rows", [96, 203, 1037, 2600])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_the_gradient_is_that_of_the_twin(isa, dtype, rows, weighted, monkeypatch):
    monkeypatch.setattr(fastnn.network.compiled, "ThreadChoice", FixedThreads)
    network = make_net(dtype=dtype, isa=isa)
    X, y, weight = make_data(rows, network)
    options = {"sample_weight": weight, "alpha": 0.5} if weighted else {}
    check_gradients(network, X, y, THREADS, **options)


LAYERS = {
    "dense": dense_layers((21, 9, 3), "tanh"),
    "one output": [Dense(21, "relu"), Dense(1)],
    "linear": [Dense(3)],
    "random": [
        GaussianNoise(0.1),
        Dense(21, "relu"),
        Dropout(0.3),
        Dense(9),
        Activation("bernoulli"),
        Dense(3),
    ],
    "normed": [
        Dense(21),
        LayerNorm(),
        Residual((Dense(21, "elu"),)),
        Residual((Dense(9, "gelu"),)),
        Dense(3),
    ],
    "rectified": [
        Dense(21, "relu"),
        Residual((Dense(33, "relu"), Dense(21, "relu"), Dense(21))),
        Dense(19, "relu"),
        LayerNorm(),
        Dense(9, "relu"),
        Dense(3),
    ],
}


#: What follows on the gradient does not depend on the batch.
RULES = [({}, *batch) for batch in BATCHES] + [
    ({"clip_norm": 0.01}, *BATCHES[0]),
    ({"max_norm": 0.5, "average_decay": 0.9}, *BATCHES[0]),
]


@pytest.mark.parametrize(("rule", "rows", "batch"), RULES)
@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_threads_change_no_bit_of_training(dtype, rows, batch, kind, rule):
    results = []
    for n_threads in THREADS:
        loss = "logistic_log_loss" if kind == "one output" else "softmax_log_loss"
        network = make_net(LAYERS[kind], dtype, loss=loss)
        X, y, weight = make_data(rows, network)
        weight[: rows // 2] = 0  # whole groups may weigh nothing
        options = {"batch_size": batch, "n_threads": n_threads, "weight": weight, **rule}
        trainer = train(network, OPTIMIZERS["adam"](), X, y, steps=3, **options)
        results.append((network.params.copy(), np.array(trainer.loss_sum)))
    assert np.isfinite(results[0][0]).all()
    for other in results[1:]:
        assert_same_bits(other, results[0])


@pytest.mark.parametrize("rows", [1000, 2600])
@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_groups_and_strips_agree(dtype, kind, rows):
    """The gradient is the same, masks of dropout included: they go by the row of the batch."""
    loss = "logistic_log_loss" if kind == "one output" else "softmax_log_loss"
    grouped, plain = (make_net(LAYERS[kind], dtype, loss=loss) for _ in range(2))
    assert grouped.groups_of(rows) > 1
    plain._groups = lambda rows: 1
    X, y, _ = make_data(rows, grouped)
    tolerance = TOLERANCE[dtype]
    for seed in (0, 7):
        value, grad = loss_and_grad(grouped, X, y, seed=seed)
        expected, expected_grad = loss_and_grad(plain, X, y, seed=seed)
        assert abs(value - expected) < tolerance * abs(expected)
        assert np.abs(grad - expected_grad).max() < tolerance * np.abs(expected_grad).max()


def test_batch_normalisation_has_no_groups():
    assert make_net([Dense(21), BatchNorm(), Dense(3)]).groups_of(1000) == 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_dense_and_sparse_rows_in_turns(dtype):
    """Sparse rows do not go in groups; on one engine, neither leave a trace in the others."""
    X, y, _ = make_data(1037, make_net(dtype=dtype))
    X[X < 0] = 0
    forms = {"dense": X, "sparse": scipy.sparse.csr_matrix(X)}
    alone = {name: loss_and_grad(make_net(dtype=dtype), rows, y)[1] for name, rows in forms.items()}
    network = make_net(dtype=dtype)
    for name in ("dense", "sparse", "dense", "sparse"):
        assert_same_bits(loss_and_grad(network, forms[name], y)[1], alone[name])
    np.testing.assert_allclose(alone["dense"], alone["sparse"], atol=TOLERANCE[dtype])
