"""What a training step does beside the optimizer's formula: bounds, averages, penalties."""

import numpy as np
import pytest
from kernel_cases import DTYPES, ISAS, THREADS, assert_same_bits, make_data, make_network

from fastnn.optimizers import SGD, Adam
from fastnn.threads import FixedThreads
from fastnn.training.objective import loss_and_grad
from fastnn.training.trainer import make_trainer


def run(network, X, y, *, steps=1, n_threads=1, optimizer=None, weight=None, **options):
    """Full-batch steps; returns the optimizer."""
    optimizer = optimizer or SGD(momentum=0.0)
    trainer = make_trainer(network, optimizer, batch_size=len(X), n_threads=n_threads, **options)
    trainer._threads = FixedThreads(n_threads)
    order = np.arange(len(X), dtype=np.intp)
    for _ in range(steps):
        trainer.run(X, y, order, 0, 1, learning_rate=0.5, sample_weight=weight)
    trainer.finish()
    return optimizer


def gradient_used(network, X, y, **options):
    before = network.params.copy()
    run(network, X, y, **options)
    return (before - network.params) / 0.5


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("sizes", [(3,), (35, 3), (17, 33, 3)])
def test_the_norm_of_the_whole_gradient_is_bounded(sizes, isa):
    net = make_network(7, sizes, isa=isa)
    X, y, weight = make_data(23, net)
    _, grad = loss_and_grad(net, X, y, sample_weight=weight, alpha=0.2)
    norm = np.linalg.norm(grad)
    start = net.params.copy()
    for bound in (0.1 * norm, 0.9 * norm, 2 * norm):
        net.params[:] = start
        used = gradient_used(net, X, y, alpha=0.2, clip_norm=bound, weight=weight)
        np.testing.assert_allclose(used, grad * min(1, bound / norm), atol=1e-14)


def test_the_norm_is_that_of_all_blocks_of_a_large_batch():
    net = make_network(7, (9, 3))
    X, y, _ = make_data(2500, net)
    _, grad = loss_and_grad(net, X, y)
    used = gradient_used(net, X, y, clip_norm=0.01)
    np.testing.assert_allclose(used, grad * (0.01 / np.linalg.norm(grad)), atol=1e-14)


def test_each_element_of_the_gradient_is_bounded():
    net = make_network(7, (9, 3))
    X, y, _ = make_data(23, net)
    _, grad = loss_and_grad(net, X, y, alpha=0.2)
    bound = np.median(np.abs(grad))
    used = gradient_used(net, X, y, alpha=0.2, clip_value=bound)
    np.testing.assert_allclose(used, np.clip(grad, -bound, bound), atol=1e-14)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sizes", [(1,), (35, 3), (40, 70, 2)])
def test_units_weights_are_bounded(sizes, dtype, isa):
    plain = make_network(43, sizes, dtype=dtype, loss="squared_error", isa=isa)
    limited = make_network(43, sizes, dtype=dtype, loss="squared_error", isa=isa)
    X, y, _ = make_data(23, plain)
    run(plain, X, y)
    run(limited, X, y, max_norm=0.9)
    shrunk = 0
    for free, bound in zip(plain.coefs, limited.coefs, strict=True):
        norms = np.linalg.norm(free.astype(float), axis=0)
        shrunk += (norms > 0.9).sum()
        expected = free * np.minimum(1, 0.9 / norms)
        np.testing.assert_allclose(bound, expected, rtol=1e-5 if dtype == np.float32 else 1e-12)
    assert shrunk
    for free, bound in zip(plain.intercepts, limited.intercepts, strict=True):
        np.testing.assert_array_equal(free, bound)


def test_bounded_weights_go_into_the_next_backward_pass():
    """The transposed copies must have been bounded too."""
    net = make_network(43, (40, 70, 2), loss="squared_error")
    X, y, _ = make_data(23, net)
    run(net, X, y, max_norm=0.5)
    start = net.params.copy()
    twice = make_network(43, (40, 70, 2), loss="squared_error")
    run(twice, X, y, steps=2, max_norm=0.5)
    net.params[:] = start
    run(net, X, y, max_norm=0.5)
    np.testing.assert_array_equal(net.params, twice.params)


def test_predictions_are_those_of_the_averaged_weights():
    net = make_network(7, (9, 3))
    X, y, _ = make_data(23, net)
    weights, average = net.params.copy(), net.params.copy()
    for t in range(20):
        step = make_network(7, (9, 3))
        step.params[:] = weights
        run(step, X, y)
        weights = step.params.copy()
        decay = min(0.8, (1 + t) / (10 + t))
        average = decay * average + (1 - decay) * weights
    run(net, X, y, steps=20, average_decay=0.8)
    np.testing.assert_allclose(net.params, average, rtol=1e-12, atol=1e-14)
    assert not np.allclose(net.params, weights)


def test_snapshots_scores_and_weights_agree_on_the_average():
    net = make_network(7, (9, 3))
    X, y, _ = make_data(64, net)
    trainer = make_trainer(net, Adam(), batch_size=8, average_decay=0.99)
    trainer.run(X, y, np.arange(64, dtype=np.intp), 0, 8, learning_rate=0.1)
    scores, kept = trainer.forward(X), trainer.snapshot()
    trainer.run(X, y, np.arange(64, dtype=np.intp), 0, 8, learning_rate=0.1)
    assert not np.allclose(trainer.forward(X), scores)
    trainer.restore(kept)
    np.testing.assert_array_equal(trainer.forward(X), scores)
    trainer.finish()
    np.testing.assert_array_equal(net.forward(X), scores)


def test_the_reported_loss_has_the_penalties():
    net = make_network(7, (9, 3))
    X, y, weight = make_data(23, net)
    data = loss_and_grad(net, X, y, sample_weight=weight)[0]
    coefs = net.params[: net.n_coefs]
    expected = data + (0.3 * 0.5 * coefs @ coefs + 0.2 * np.abs(coefs).sum()) / weight.sum()
    trainer = make_trainer(net, SGD(l1=0.2), batch_size=23, alpha=0.3)
    order = np.arange(23, dtype=np.intp)
    trainer.run(X, y, order, 0, 1, learning_rate=0.1, sample_weight=weight)
    assert trainer.loss_sum / 23 == pytest.approx(expected, rel=1e-12)


OPTIONS = {"clip_norm": 0.05, "clip_value": 0.01, "max_norm": 0.8, "average_decay": 0.9}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPTIONS)
def test_bits_do_not_depend_on_threads(name, dtype):
    results = []
    for n_threads in THREADS:
        net = make_network(43, (40, 70, 3), dtype=dtype)
        X, y, weight = make_data(101, net)
        options = {name: OPTIONS[name], "alpha": 0.1, "weight": weight}
        run(net, X, y, steps=5, n_threads=n_threads, optimizer=Adam(l1=0.1), **options)
        results.append(net.params)
    for result in results[1:]:
        assert_same_bits(result, results[0])
