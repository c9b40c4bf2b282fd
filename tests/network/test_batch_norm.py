"""Batch normalisation: what few rows, weights and averages of the weights do to its statistics."""

import copy

import numpy as np
import pytest
from kernel_cases import DTYPES, ISAS, THREADS, make_data, same_bits, train
from reference_layers import Twin
from scipy.sparse import csr_matrix
from sklearn.datasets import make_classification

from fastnn import MLPClassifier, MLPRegressor, Network
from fastnn.estimators.mlp.blocks import Parts
from fastnn.layers import Activation, BatchNorm, Dense, Residual
from fastnn.network.compiled import CompiledNetwork
from fastnn.optimizers import SGD, Adam
from fastnn.training.objective import loss_and_grad
from fastnn.training.statistics import settle_statistics
from fastnn.training.trainer import make_trainer

DEEP = [
    Dense(17),
    BatchNorm(),
    Activation("tanh"),
    Residual([Dense(17), BatchNorm(), Activation("relu")]),
    Dense(3),
]


def deep(dtype=np.float64, isa=None):
    net = CompiledNetwork(7, DEEP, "softmax_log_loss", dtype, isa=isa)
    rng = np.random.RandomState(3)
    for block in [*net.coefs, *net.intercepts, *net.shifts]:
        block[...] = rng.normal(scale=0.4, size=block.shape)
    return net


def regression(n, seed=0):
    X = np.random.RandomState(seed).normal(size=(n, 6))
    return X, np.sin(X[:, 0]) * 2 + X[:, 1] * X[:, 2] + 5


TEST = regression(2000, 99)
COMMON = {"hidden_layer_sizes": (32,), "batch_norm": True, "random_state": 0}


def settled(model, X, weight=None):
    """The model with the true statistics of its first layer over the rows."""
    z = X @ model.coefs_[0] + model.intercepts_[0]
    mean = np.average(z, axis=0, weights=weight)
    variance = np.average((z - mean) ** 2, axis=0, weights=weight)
    model = copy.deepcopy(model)
    model.norms_ = [{**model.norms_[0], "mean": mean, "variance": variance}]
    return model


# Few rows


@pytest.mark.parametrize("n", [200, 201, 202, 401, 1001])
def test_a_last_batch_of_few_rows_counts_as_few(n):
    ratios, gaps = [], []
    for seed in range(3):
        X, y = regression(n, seed)
        model = MLPRegressor(
            **{**COMMON, "random_state": seed},
            batch_size=200,
            max_iter=100,
            n_iter_no_change=1000,
            learning_rate_init=0.01,
        ).fit(X, y)
        true = settled(model, X)
        ratios.append(np.median(model.norms_[0]["variance"] / true.norms_[0]["variance"]))
        gaps.append(true.score(*TEST) - model.score(*TEST))
    assert np.mean(ratios) == pytest.approx(1, abs=0.1)
    assert np.mean(gaps) < 0.05


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_stream_of_few_rows_leaves_a_good_model_good(rows):
    X, y = regression(1000)
    model = MLPRegressor(**COMMON)
    for _ in range(60):
        for i in range(0, 1000, 100):
            model.partial_fit(X[i : i + 100], y[i : i + 100])
    before = model.score(*TEST)
    norm = copy.deepcopy(model.norms_[0])
    for i in range(0, 20 * rows, rows):
        model.partial_fit(X[i : i + rows], y[i : i + rows])
    assert model.score(*TEST) > before - 0.1 > 0.3
    if rows == 1:
        np.testing.assert_array_equal(model.norms_[0]["mean"], norm["mean"])
        np.testing.assert_array_equal(model.norms_[0]["variance"], norm["variance"])


def test_a_stream_from_the_beginning_has_the_statistics_of_its_rows():
    X, y = regression(400)
    model = MLPRegressor(**COMMON, learning_rate_init=1e-6)
    for i in range(0, 400, 20):
        model.partial_fit(X[i : i + 20] + 50, y[i : i + 20])
    np.testing.assert_allclose(
        model.norms_[0]["variance"], settled(model, X + 50).norms_[0]["variance"], rtol=0.2
    )


def test_a_short_fit_has_the_statistics_of_its_rows():
    X, y = regression(100)
    model = MLPRegressor(**COMMON, max_iter=2, learning_rate_init=1e-6).fit(X + 50, y)
    true = settled(model, X + 50).norms_[0]
    np.testing.assert_allclose(model.norms_[0]["mean"], true["mean"], rtol=1e-3)
    np.testing.assert_allclose(model.norms_[0]["variance"], true["variance"], rtol=0.02)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_single_row_is_normalised_as_at_prediction(dtype, isa):
    net = deep(dtype, isa)
    X, y, _ = make_data(64, net)
    settle_statistics(net, X)
    z = net.forward(X[:1], raw=True)[0].astype(float)
    loss, gradient = loss_and_grad(net, X[:1], y[:1])
    assert loss == pytest.approx(np.log(np.exp(z).sum()) - z[y[0]], rel=1e-5)
    if dtype == np.float64:
        step = 1e-6
        for i in range(0, net.n_params, 37):
            values = []
            for sign in (1, -1):
                net.params[i] += sign * step
                values.append(loss_and_grad(net, X[:1], y[:1])[0])
                net.params[i] -= sign * step
            assert gradient[i] == pytest.approx(np.subtract(*values) / (2 * step), abs=1e-7)
    running = [np.array(pair) for pair in net.running]
    train(net, SGD(), X[:1], y[:1], steps=1, batch_size=1)
    for found, before in zip(net.running, running, strict=True):
        assert same_bits(np.array(found), before)


def test_a_network_composed_by_hand_does_the_same():
    X, y = regression(201)
    layers = [Dense(32), BatchNorm(), Activation("relu"), Dense(1)]
    net = Network(layers, random_state=0).fit(X, y[:, None], epochs=100)
    z = X @ net.compiled.coefs[0] + net.compiled.intercepts[0]
    mean, variance = (a.copy() for a in net.compiled.running[0])
    assert np.median(variance / z.var(axis=0)) == pytest.approx(1, abs=0.1)
    net.fit(X[:1], y[:1, None], epochs=3)
    np.testing.assert_array_equal(net.compiled.running[0], (mean, variance))


# Weights


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_statistics_are_weighted(dtype, isa):
    net = deep(dtype, isa)
    X, y, weight = make_data(64, net)
    weight[:9] = 0
    twin = Twin(net, training=True, weight=weight)
    z = twin.forward(X)
    rows = np.log(np.exp(z).sum(axis=1)) - z[np.arange(64), y]
    loss = loss_and_grad(net, X, y, sample_weight=weight)[0]
    tolerance = 1e-12 if dtype == np.float64 else 1e-4
    assert loss == pytest.approx(np.average(rows, weights=weight), rel=tolerance)
    settle_statistics(net, X, weight)
    for running, batch in zip(net.running, twin.batch, strict=True):
        np.testing.assert_allclose(running, batch, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_row_of_weight_zero_is_absent(solver, dtype):
    X, y = regression(120)
    weight = np.random.RandomState(1).uniform(0.5, 2, 120)
    weight[:40] = 0
    X[:40] = 1e3
    options = {**COMMON, "solver": solver, "max_iter": 5, "shuffle": False, "batch_size": 40}
    X = X.astype(dtype)
    alone = MLPRegressor(**options).fit(X[40:], y[40:], weight[40:])
    model = MLPRegressor(**options).fit(X, y, weight)
    found, wanted = Parts.fitted(model).arrays(), Parts.fitted(alone).arrays()
    tolerance = 1e-9 if dtype == np.float64 else 1e-3
    for name, array in wanted.items():
        np.testing.assert_allclose(found[name], array, rtol=tolerance, atol=tolerance)
    net, rows = deep(dtype), make_data(64, deep(dtype))
    rows[2][:9] = 0
    rows[0][:9] = 1e3
    np.testing.assert_allclose(
        loss_and_grad(net, rows[0], rows[1], sample_weight=rows[2])[1],
        loss_and_grad(net, *(a[9:] for a in rows[:2]), sample_weight=rows[2][9:])[1],
        atol=1e-9 if dtype == np.float64 else 1e-4,
    )


def test_two_rows_are_one_of_twice_the_weight():
    net = deep()
    X, y, _ = make_data(24, net)
    weight = np.r_[np.full(12, 2.0), np.ones(12)]
    twice = np.r_[np.arange(12), np.arange(24)]
    loss, gradient = loss_and_grad(net, X, y, sample_weight=weight)
    other, other_gradient = loss_and_grad(net, X[twice], y[twice])
    assert loss == pytest.approx(other, rel=1e-12)
    np.testing.assert_allclose(gradient, other_gradient, atol=1e-12)


def test_all_weights_times_a_number_are_the_same_statistics():
    X, y = regression(130)
    weight = np.random.RandomState(1).uniform(0.5, 2, 130)
    fits = [
        MLPRegressor(**COMMON, max_iter=5, alpha=0, batch_size=40).fit(X, y, scale * weight)
        for scale in (1, 1024)
    ]
    for name in ("mean", "variance"):
        np.testing.assert_allclose(*(m.norms_[0][name] for m in fits), rtol=1e-9)


def test_one_row_that_outweighs_the_rest_has_no_statistics():
    net = deep()
    X, y, weight = make_data(8, net)
    weight[:] = 1e-9
    weight[3] = 1.0
    loss, gradient = loss_and_grad(net, X, y, sample_weight=weight)
    z = net.forward(X[3:4], raw=True)[0]
    assert loss == pytest.approx(np.log(np.exp(z).sum()) - z[y[3]], rel=1e-6)
    assert np.isfinite(gradient).all()


# Averages of the weights


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("averaging", ["ema", "swa"])
def test_averaged_weights_have_statistics_of_their_own(averaging, early_stopping):
    X, y = regression(401)
    more = {"learning_rate_init": 0.03, "max_iter": 30, "batch_size": 100}
    if early_stopping:
        more |= {"early_stopping": True, "n_iter_no_change": 99}
    model = MLPRegressor(
        **COMMON, averaging=averaging, averaging_start=0.3, averaging_decay=0.99, **more
    )
    watched = {"X_val": TEST[0], "y_val": TEST[1]} if early_stopping else {}
    model.fit(X, y, **watched)
    true = settled(model, X)
    for name in ("mean", "variance"):
        found, wanted = model.norms_[0][name], true.norms_[0][name]
        np.testing.assert_allclose(found, wanted * (401 / 400 if name == "variance" else 1))
    if early_stopping:  # what was watched is what is kept
        assert model.score(*TEST) == pytest.approx(model.best_validation_score_, rel=1e-9)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("averaging", ["ema", "swa"])
def test_settled_bits_do_not_depend_on_threads(averaging, sparse, dtype):
    X, y = make_classification(203, 12, n_informative=6, n_classes=3, random_state=0)
    X = csr_matrix(X * (np.abs(X) > 1), dtype=dtype) if sparse else X.astype(dtype)
    weight = np.random.RandomState(0).uniform(0, 2, 203)
    fits = [
        MLPClassifier(
            **{**COMMON, "hidden_layer_sizes": (17, 9)},
            averaging=averaging,
            averaging_start=0,
            max_iter=3,
            batch_size=67,
            n_jobs=n_threads,
        ).fit(X, y, weight)
        for n_threads in THREADS
    ]
    wanted = Parts.fitted(fits[0]).arrays()
    for model in fits[1:]:
        for name, array in Parts.fitted(model).arrays().items():
            assert same_bits(array, wanted[name])


def test_statistics_that_training_never_had_are_not_made_up():
    X, y = regression(30)
    model = MLPRegressor(**COMMON, averaging="swa", averaging_start=0, batch_size=1, max_iter=3)
    model.fit(X, y)
    np.testing.assert_array_equal(model.norms_[0]["mean"], np.zeros(32))
    np.testing.assert_array_equal(model.norms_[0]["variance"], np.ones(32))


def test_averaging_in_a_trainer_driven_by_hand():
    net = deep()
    X, y, _ = make_data(64, net)
    trainer = make_trainer(net, Adam(), batch_size=64, average_decay=0.9)
    order = np.arange(64, dtype=np.intp)
    trainer.run(X, y, order, 0, 1, learning_rate=0.1)
    trainer.pull()
    twin = Twin(net, training=True)
    twin.forward(X)
    for running, batch in zip(net.running, twin.batch, strict=True):
        np.testing.assert_allclose(running, batch, rtol=1e-10, atol=1e-12)
