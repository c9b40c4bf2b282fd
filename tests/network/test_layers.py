"""Networks of all kinds of layers: the forward pass is the twin's, the gradient the numerical one,
and the bits depend neither on threads nor on how rows are batched."""

import numpy as np
import pytest
from kernel_cases import DTYPES, ISAS, THREADS, assert_same_bits, make_data, train
from numerical import assert_gradient
from reference_layers import Twin, drawn
from scipy.sparse import csr_matrix

from fastnn.layers import (
    Activation,
    BatchNorm,
    CustomActivation,
    Dense,
    Dropout,
    Gated,
    GaussianNoise,
    Highway,
    LayerNorm,
    LocalWinners,
    Residual,
)
from fastnn.network.compiled import CompiledNetwork
from fastnn.optimizers import SGD, Adam
from fastnn.training.objective import loss_and_grad
from fastnn.training.statistics import settle_statistics
from fastnn.training.trainer import make_trainer

SWISH = CustomActivation(
    lambda z: z / (1 + np.exp(-z)),
    lambda z: (1 + np.exp(-z) + z * np.exp(-z)) / (1 + np.exp(-z)) ** 2,
)

NETS = {
    "layer norm": [Dense(17), LayerNorm(), Activation("tanh"), Dense(3)],
    "batch norm": [Dense(17), BatchNorm(), Activation("tanh"), Dense(3)],
    "input norms": [BatchNorm(), Dense(5, "tanh"), LayerNorm(), Dense(3)],
    "dropout": [Dropout(0.2), Dense(37, "tanh"), Dropout(0.5), Dense(3)],
    "noise": [GaussianNoise(0.3), Dense(9, "logistic"), GaussianNoise(0.1), Dense(3)],
    "custom": [Dense(6, SWISH), Dense(5), Activation(SWISH), Dense(3)],
    "residual": [Residual([Dense(7, "tanh")]), Residual([Dense(19, "tanh")]), Dense(3)],
    "nested": [
        Dense(33, "tanh"),
        Residual([Residual([Dense(33, "tanh")]), Dense(33, "logistic"), Dropout(0.3)]),
        Residual([BatchNorm(), Activation("tanh"), Dense(12), Dropout(0.1)]),
        LayerNorm(),
        Dense(3),
    ],
    "winners": [Dense(17), LocalWinners(3), Dense(8, "lwta"), Dense(3)],
    "highway": [
        Gated([Dense(7, "logistic")]),
        Highway([Dense(7, "tanh")]),
        Highway([Dense(19, "tanh"), Dropout(0.2)], bias=1.0),
        Dense(3),
    ],
    "shared": [Residual([Activation("tanh"), Residual([Dropout(0.4)])]), Dense(3)],
    "everything": [
        GaussianNoise(0.1),
        Residual([Dense(20), BatchNorm(), Activation("tanh"), Dropout(0.25)]),
        Residual([Dense(20), LayerNorm(), Activation(SWISH), Dropout(0.25)]),
        Dense(3),
    ],
}


def build(name, dtype=np.float64, isa=None, n_in=7):
    net = CompiledNetwork(n_in, NETS[name], "softmax_log_loss", dtype, isa=isa)
    return drawn(net)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("name", NETS)
def test_outputs_are_the_twins(name, isa, dtype):
    net = build(name, dtype, isa)
    X, y, _ = make_data(29, net)
    tolerance = 1e-12 if dtype == np.float64 else 2e-5
    raw = net.forward(X, raw=True)
    np.testing.assert_allclose(raw, Twin(net).forward(X), rtol=tolerance, atol=tolerance)
    z = Twin(net, training=True, seed=5).forward(X)
    loss = -np.mean(z[np.arange(29), y] - np.log(np.exp(z).sum(axis=1)))
    assert loss_and_grad(net, X, y, seed=5)[0] == pytest.approx(loss, rel=10 * tolerance)


@pytest.mark.parametrize("name", NETS)
def test_gradient_is_the_numerical_one(name):
    net = build(name)
    X, y, weight = make_data(11, net)
    assert_gradient(net, X, y, sample_weight=weight, alpha=0.3, seed=2)


@pytest.mark.parametrize("name", NETS)
def test_gradient_by_the_input_is_the_numerical_one(name):
    net = build(name)
    X, _, _ = make_data(5, net)
    for unit in range(3):
        found = net.input_gradient(X, unit)
        for j in range(X.shape[1]):
            step = np.zeros_like(X)
            step[:, j] = 1e-5
            rise = net.forward(X + step, raw=True) - net.forward(X - step, raw=True)
            np.testing.assert_allclose(found[:, j], rise[:, unit] / 2e-5, atol=1e-8)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NETS)
def test_bits_do_not_depend_on_threads_or_calls(name, dtype):
    X, y, weight = make_data(203, build(name, dtype))
    results = []
    for n_threads in THREADS:
        for calls in (1, 3):
            net = build(name, dtype)
            train(net, Adam(), X, y, batch_size=37, n_threads=n_threads, calls=calls, weight=weight)
            results.append(np.concatenate([net.params, *(s for r in net.running for s in r)]))
            predicted = net.forward(X, n_threads=n_threads)
            alone = np.concatenate([net.forward(X[i : i + 1]) for i in range(0, 203, 29)])
            assert_same_bits(predicted[::29], alone)
    for result in results[1:]:
        assert_same_bits(result, results[0])


def test_running_statistics_follow_the_batches():
    net = build("batch norm")
    X, y, _ = make_data(64, net)
    mean, variance = (a.copy() for a in net.running[0])
    twin = Twin(net, training=True)
    twin.forward(X)
    train(net, SGD(), X, y, steps=1, batch_size=64, learning_rate=1e-9)
    batch_mean, batch_variance = twin.batch[0]
    np.testing.assert_allclose(net.running[0][0], 0.9 * mean + 0.1 * batch_mean)
    np.testing.assert_allclose(net.running[0][1], 0.9 * variance + 0.1 * batch_variance)
    settle_statistics(net, X)
    twin = Twin(net, training=True)
    twin.forward(X)
    np.testing.assert_allclose(net.running[0], twin.batch[0], rtol=1e-12)


def test_layer_outputs_end_with_the_raw_outputs():
    net = build("nested")
    X, _, _ = make_data(60, net)
    outputs = net.layer_outputs(X)
    assert [h.shape[1] for h in outputs] == [33, 33, 12, 12, 3]
    np.testing.assert_array_equal(outputs[-1], net.forward(X, raw=True))
    np.testing.assert_allclose(outputs[0], np.tanh(X @ net.coefs[0] + net.intercepts[0]))


def test_masks_change_from_step_to_step_and_with_the_seed():
    X, y, _ = make_data(64, build("dropout"))

    def fitted(seed):
        net = build("dropout")
        order = np.arange(64, dtype=np.intp)
        trainer = make_trainer(net, SGD(momentum=0.0), batch_size=64, seed=seed)
        for _ in range(2):
            trainer.run(X, y, order, 0, 1, learning_rate=1e-12)
            yield trainer.loss_sum
            trainer.loss_sum = 0.0

    first, again, other = list(fitted(1)), list(fitted(1)), list(fitted(2))
    assert first == again
    assert len({*first, *other}) == 4


def test_what_a_custom_activation_raises_reaches_the_caller():
    calls = []

    def f(z):
        calls.append(z.shape)
        if len(calls) > 4:
            raise ArithmeticError("no more")
        return z

    net = CompiledNetwork(
        7, [Dense(5, CustomActivation(f, np.ones_like)), Dense(3)], "squared_error"
    )
    X = np.ones((9, 7))
    loss_and_grad(net, X, np.ones((9, 3)))
    with pytest.raises(ArithmeticError, match="no more"):
        loss_and_grad(net, X, np.ones((9, 3)))
    with pytest.raises(ArithmeticError, match="no more"):
        net.forward(X)


def test_a_wrong_derivative_is_found():
    with pytest.raises(ValueError, match="df must be the derivative of f"):
        CustomActivation(np.sin, np.sin)
    with pytest.raises(ValueError, match="shape of their argument"):
        CustomActivation(np.sum, np.cos)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (lambda: Dropout(1.0), "rate must be"),
        (lambda: GaussianNoise(-1), "scale must be"),
        (lambda: BatchNorm(momentum=0), "momentum must be"),
        (lambda: LayerNorm(epsilon=0), "epsilon must be"),
        (lambda: CompiledNetwork(3, [Residual([Dropout(0)]), Dense(1)], "poisson"), "do something"),
    ],
)
def test_what_a_layer_cannot_be_is_refused(layer, message):
    with pytest.raises(ValueError, match=message):
        layer()
    with pytest.raises(TypeError, match=r"of fastnn\.layers"):
        Residual([3])


def test_gradient_of_more_rows_than_go_through_at_a_time():
    net = CompiledNetwork(300, [Dense(300, "relu"), Dense(3)], "squared_error")
    rng = np.random.RandomState(0)
    net.params[:] = rng.normal(scale=0.1, size=net.n_params)
    X, y = rng.normal(size=(12000, 300)), rng.normal(size=(12000, 3))
    loss, grad = loss_and_grad(net, X, y)
    parts = [loss_and_grad(net, X[i : i + 1000], y[i : i + 1000]) for i in range(0, 12000, 1000)]
    assert loss == pytest.approx(np.mean([part for part, _ in parts]))
    np.testing.assert_allclose(grad, np.mean([g for _, g in parts], axis=0), atol=1e-12)


@pytest.mark.parametrize(
    "first", [Dropout(0.5), Residual([Dense(3, "relu")])], ids=["dropout", "skip"]
)
def test_sparse_rows_are_for_dense_layers(first):
    net = CompiledNetwork(3, [first, Dense(1)], "squared_error")
    X = csr_matrix(np.eye(3)[[0, 1, 2, 0]])
    for call in (
        net.layer_outputs,
        net.input_gradient,
        lambda X: loss_and_grad(net, X, np.ones((4, 1))),
    ):
        with pytest.raises(ValueError, match="X is sparse, and a layer other than Dense"):
            call(X)
    np.testing.assert_array_equal(net.forward(X), net.forward(X.toarray()))
