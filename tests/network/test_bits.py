"""Bits do not depend on threads, on batching, or on which entry point computes them."""

import numpy as np
import pytest
from kernel_cases import (
    DTYPES,
    ISAS,
    OPTIMIZERS,
    OUTPUTS,
    THREADS,
    assert_same_bits,
    chain_scorer,
    forward_arrays,
    make_data,
    make_network,
    train,
)

from fastnn.losses import LOSSES
from fastnn.training.objective import loss_and_grad
from fastnn.training.trainer import make_trainer


@pytest.mark.parametrize(
    ("optimizer", "loss"),
    [(o, "softmax_log_loss") for o in OPTIMIZERS] + [("adam", "squared_error")],
)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_weights_are_equal_for_any_number_of_threads(isa, dtype, optimizer, loss):
    results = []
    for n_threads in THREADS:
        network = make_network(70, (130, 33, 3), "relu", loss, dtype, isa)
        X, y, weight = make_data(150, network)
        rule = OPTIMIZERS[optimizer]()
        trainer = train(network, rule, X, y, steps=12, weight=weight, n_threads=n_threads)
        results.append([network.params, np.array(trainer.loss_sum), rule.state["m"]])
    assert np.isfinite(results[0][0]).all()
    for other in results[1:]:
        assert_same_bits(other, results[0])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_gradients_are_equal_for_any_number_of_threads(isa, dtype):
    network = make_network(70, (130, 33, 3), dtype=dtype, isa=isa)
    X, y, weight = make_data(61, network)
    results = [
        loss_and_grad(network, X, y, sample_weight=weight, alpha=0.1, n_threads=n) for n in THREADS
    ]
    for value, grad in results[1:]:
        assert value == results[0][0]
        assert_same_bits(grad, results[0][1])


@pytest.mark.parametrize("sizes", [(1,), (9, 2), (33, 17, 10), (2, 40)])
@pytest.mark.parametrize("loss", OUTPUTS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_predictions_are_equal_for_any_batch_and_any_number_of_threads(isa, dtype, loss, sizes):
    network = make_network(23, sizes, "logistic", loss, dtype, isa)
    X = make_data(131, network)[0]
    whole = network.forward(X)
    for n_threads in THREADS[1:]:
        assert_same_bits(network.forward(X, n_threads=n_threads), whole)
    for step in (1, 5, 48, 77):
        parts = [network.forward(X[i : i + step]) for i in range(0, len(X), step)]
        assert_same_bits(np.concatenate(parts), whole, step)
    out = np.empty_like(whole)
    assert network.forward(X, out=out) is out
    assert_same_bits(out, whole)


@pytest.mark.parametrize("sizes", [(1,), (9, 2), (33, 17, 10), (100, 64, 4)])
@pytest.mark.parametrize("loss", OUTPUTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_entry_point_gives_the_same_bits(dtype, loss, sizes):
    network = make_network(23, sizes, "tanh", loss, dtype)
    arrays = network.coefs, network.intercepts
    activations = [layer.activation for layer in network.layers]
    scorer = chain_scorer(*arrays, activations, LOSSES[loss].output_activation, dtype)
    trainer = make_trainer(network, OPTIMIZERS["sgd"](), batch_size=10)
    X = make_data(150, network)[0]
    for rows in (1, 2, 63, 64, 150):
        x = X[:rows]
        for raw in (False, True):
            expected = network.forward(x, raw=raw)
            found = {
                "forward_arrays": forward_arrays(*arrays, "tanh", loss, x, raw=raw),
                "threads": forward_arrays(*arrays, "tanh", loss, x, raw=raw, n_threads=2),
                "Scorer": (scorer.raw if raw else scorer.proba)(x),
                "Trainer": trainer.forward(x, raw=raw),
            }
            for name, result in found.items():
                assert_same_bits(result, expected, (rows, raw, name))


@pytest.mark.parametrize("other", DTYPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_the_other_dtype_gives_the_bits_of_casting_first(isa, dtype, other):
    network = make_network(23, (33, 3), dtype=dtype, isa=isa)
    X, y, _ = make_data(100, network)
    X = (X + np.random.RandomState(3).normal(size=X.shape)).astype(other)
    cast = X.astype(dtype)
    assert_same_bits(network.forward(X), network.forward(cast))
    value, grad = loss_and_grad(network, X, y)
    cast_value, cast_grad = loss_and_grad(network, cast, y)
    assert value == cast_value
    assert_same_bits(grad, cast_grad)
    params = []
    for x in (X, cast):
        net = make_network(23, (33, 3), dtype=dtype, isa=isa)
        train(net, OPTIMIZERS["adam"](), x, y)
        params.append(net.params)
    assert_same_bits(*params)
