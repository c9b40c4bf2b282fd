"""What docs/notes.md says, item by item, and that the tests which the documents name exist."""

import ast
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from fastnn import MLPRegressor, Network
from fastnn.inspection import check_gradients, diagnose
from fastnn.layers import Activation, Dense, Dropout
from fastnn.optimizers import SGD, Adam

ROOT = Path(__file__).parents[2]
TABLES = ("docs/notes.md", "docs/toolbox.md")
ABOUT_DOCUMENTS = (
    "test_tests_named_in_the_documents_exist",
    "test_every_item_of_the_notes_has_a_test",
)

X = np.random.RandomState(0).normal(size=(40, 5))
Y = np.c_[np.sin(X[:, 0]), X[:, 1] * X[:, 2]]


def two_layers(activation="tanh", **parameters):
    return Network([Dense(7, activation), Dense(2)], n_in=5, random_state=1, **parameters)


def step(net, X, y, rate, optimizer=None, **options):
    """One step over all rows; returns what it has added to the parameters."""
    before = net.parameters.copy()
    optimizer = optimizer or SGD(learning_rate_init=rate, momentum=0.0)
    net.fit(X, y, epochs=1, batch_size=len(X), optimizer=optimizer, shuffle=False, **options)
    return net.parameters - before


def test_a_step_goes_against_the_gradient():
    net = two_layers()
    loss, gradient = net.loss_and_grad(X, Y)
    start = net.parameters.copy()
    np.testing.assert_allclose(step(net, X, Y, 0.1), -0.1 * gradient, atol=1e-15)
    assert net.loss_and_grad(X, Y)[0] < loss
    net.parameters = start + 0.1 * gradient
    assert net.loss_and_grad(X, Y)[0] > loss


def test_errors_go_back_through_the_old_weights():
    net = two_layers()
    first, last = (net.named_parameters[f"coef_{k}"].copy() for k in (0, 1))
    hidden, _ = net.layer_outputs(X)
    error = (net.predict(X) - Y) / len(X)
    by_old = X.T @ ((error @ last.T) * (1 - hidden**2))
    new_last = last - 0.1 * hidden.T @ error
    by_new = X.T @ ((error @ new_last.T) * (1 - hidden**2))
    step(net, X, Y, 0.1)
    np.testing.assert_allclose(net.named_parameters["coef_1"], new_last, atol=1e-15)
    np.testing.assert_allclose(net.named_parameters["coef_0"], first - 0.1 * by_old, atol=1e-15)
    assert np.abs(by_new - by_old).max() > 1e-3


def test_the_gradient_of_a_random_row_is_unbiased_and_no_minimum_is_promised():
    net = two_layers()
    rows = [net.loss_and_grad(X[i : i + 1], Y[i : i + 1])[1] for i in range(40)]
    whole = net.loss_and_grad(X, Y)[1]
    np.testing.assert_allclose(np.mean(rows, axis=0), whole, atol=1e-15)
    assert np.std(rows, axis=0).max() > 2 * np.abs(whole).max()  # unbiased, and noisy

    corners = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    given = {"hidden_layer_sizes": (2,), "activation": "tanh", "solver": "sgd", "alpha": 0.0}
    given |= {"batch_size": 1, "learning_rate_init": 0.1, "max_iter": 400, "tol": 0.0}
    losses = [
        MLPRegressor(**given, random_state=seed, n_iter_no_change=np.inf)
        .fit(corners, [0, 1, 1, 0])
        .loss_
        for seed in range(8)
    ]
    assert min(losses) < 1e-3
    assert max(losses) > 0.05  # the same training, stuck elsewhere


def test_a_batch_size_is_a_number_of_rows():
    for size, steps in ((32, 4), (64, 2), (100, 1), (1, 100)):
        optimizer = Adam()
        two_layers().fit(
            np.tile(X, (3, 1))[:100],
            np.tile(Y, (3, 1))[:100],
            epochs=1,
            batch_size=size,
            optimizer=optimizer,
        )
        assert optimizer.state["t"] == steps


def one_unit(activation):
    """A network that is this function of one number."""
    net = Network([Dense(1, activation), Dense(1)], n_in=1)
    net.parameters = [1.0, 1.0, 0.0, 0.0]
    return net


def test_the_slope_of_the_logistic_function_is_at_most_a_quarter():
    a = np.linspace(-30, 30, 6001).reshape(-1, 1)
    slopes = one_unit("logistic").input_gradient(a)
    assert slopes.max() == slopes[3000] == 0.25
    assert slopes.min() > 0
    h = one_unit("logistic").predict(a)
    np.testing.assert_allclose(slopes, h * (1 - h), rtol=1e-12)


def test_relu_is_flat_below_zero():
    net = one_unit("relu")
    a = np.array([[-5.0], [-1.0], [-1e-9], [0.0], [1e-9], [2.0]])
    assert net.predict(a).ravel().tolist() == [0, 0, 0, 0, 1e-9, 2]
    assert net.input_gradient(a).ravel().tolist() == [0, 0, 0, 0, 1, 1]


def size_of_signals(activation, init):
    """Mean square of the last of 20 layers' outputs over that of the first."""
    layers = [Dense(200, activation) for _ in range(20)]
    net = Network([*layers, Dense(1)], init=init, random_state=0, n_in=200)
    outputs = net.layer_outputs(np.random.RandomState(1).normal(size=(100, 200)))
    return (outputs[19] ** 2).mean() / (outputs[0] ** 2).mean()


def test_lecun_weights_are_for_selu_and_he_weights_for_leaky_relu():
    assert 0.5 < size_of_signals("selu", "lecun_normal") < 2
    assert 0.5 < size_of_signals("leaky_relu", "he_normal") < 2
    # A unit that cuts off half of a signal halves its square: 19 layers, 19 halvings.
    assert size_of_signals("leaky_relu", "lecun_normal") < 2**-18


def test_the_penalty_has_a_half_and_decay_is_by_the_learning_rate():
    net = two_layers()
    coefs = np.arange(net.parameters.size) < net.compiled.n_coefs
    plain, penalised = (net.loss_and_grad(X, Y, alpha=alpha) for alpha in (0.0, 3.0))
    w = np.where(coefs, net.parameters, 0)  # biases are left alone
    assert penalised[0] - plain[0] == pytest.approx(3.0 / 40 / 2 * (w**2).sum())
    np.testing.assert_allclose(penalised[1] - plain[1], 3.0 / 40 * w, atol=1e-15)

    def trained(optimizer, **options):
        net = two_layers()
        step(net, X, Y, None, optimizer, **options)
        return step(net, X, Y, None, optimizer, **options)

    given = {"learning_rate_init": 0.1}
    moved = step(two_layers(), X, Y, None, SGD(momentum=0.0, weight_decay=0.5, **given))
    np.testing.assert_allclose(moved - step(two_layers(), X, Y, 0.1), -0.05 * w, atol=1e-15)
    for optimizer, alike in ((SGD, True), (Adam, False)):
        more = {"momentum": 0.0} if optimizer is SGD else {}
        decayed = trained(optimizer(weight_decay=0.5, **given, **more))
        coupled = trained(optimizer(**given, **more), alpha=0.5 * len(X))
        assert np.allclose(decayed, coupled, atol=1e-12) == alike


def steps_under_a_steady_gradient(optimizer, n, slope):
    """Lengths of n steps of a bias whose gradient stays all but the same."""
    net = Network([Dense(1)], n_in=1)
    net.parameters = [0.0, 0.0]
    return [step(net, np.zeros((1, 1)), [[-slope]], None, optimizer)[1] for _ in range(n)]


def test_adam_corrects_its_bias_and_momentum_is_a_sum():
    for slope in (1e-2, 1.0, 1e4):
        lengths = steps_under_a_steady_gradient(Adam(learning_rate_init=1e-8), 50, slope)
        np.testing.assert_allclose(lengths, -1e-8, rtol=1e-4)  # from the first step on
    # Without the correction the first step would be (1 - 0.9) / sqrt(1 - 0.999) times as long.
    sgd = SGD(learning_rate_init=1e-8, momentum=0.9, nesterov=False)
    lengths = steps_under_a_steady_gradient(sgd, 200, 1.0)
    np.testing.assert_allclose(lengths[:3], [-1e-8, -1.9e-8, -2.71e-8], rtol=1e-5)
    assert lengths[-1] == pytest.approx(-1e-8 / (1 - 0.9), rel=1e-4)


def test_the_loss_is_not_the_residual():
    y = np.array([1.0, 2.0, 6.0])
    model = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs", alpha=0.0)
    model.fit(np.zeros((3, 1)), y)
    residual = y - model.predict(np.zeros((3, 1)))
    assert residual.sum() == pytest.approx(0, abs=1e-6)
    assert model.loss_ == pytest.approx(0.5 * (residual**2).mean())
    assert model.loss_ > 1
    net = one_unit("identity")
    (below, slope_below), (above, slope_above) = (
        net.loss_and_grad([[1.0]], [[target]]) for target in (3.0, -1.0)
    )
    assert below == above == 2.0
    assert (slope_below[-1], slope_above[-1]) == (-2.0, 2.0)  # prediction - target


def test_two_players_are_no_clustering():
    """A generator learns where the data are from nothing but a critic's gradient by its input."""
    rng = np.random.RandomState(0)
    generator = Network([Dense(1)], n_in=1, random_state=0)
    generator.parameters = [1.0, 0.0]
    critic = Network([Dense(8, "tanh"), Dense(1)], "logistic_log_loss", n_in=1, random_state=0)
    rates = SGD(0.05, momentum=0.0), Adam(0.02)
    labels = np.repeat([[1.0], [0.0]], 64, axis=0)
    centres = []
    for _ in range(300):
        noise = rng.normal(size=(64, 1))
        fake = generator.predict(noise)
        both = np.concatenate([rng.normal(3, 1, (64, 1)), fake])
        critic.fit(both, labels, epochs=1, batch_size=128, optimizer=rates[1])
        # -log D(G(z)) has slope -(1 - D) by the critic's raw output. A squared error whose
        # residual is the slope by the fake brings it back through the generator.
        slope = -(1 - critic.predict(fake)) * critic.input_gradient(fake)
        step(generator, noise, fake - slope, None, rates[0])
        centres.append(generator.predict([[0.0]])[0, 0])
    assert abs(np.mean(centres[-100:]) - 3) < 0.5
    # Nothing was assigned to a unit: what has been learned is to make rows, not to tell them apart.
    assert 0.3 < critic.predict(both).mean() < 0.7


def test_identity_hurts_in_hidden_layers_only():
    y = X @ [[1.0, 0], [2, 1], [0, 1], [0, 0], [0, 3]] + [100.0, 0.0]
    given = {"solver": "lbfgs", "max_iter": 2000, "random_state": 0}
    deep = MLPRegressor(hidden_layer_sizes=(9, 1, 8), activation="identity", **given).fit(X, y)
    product = np.linalg.multi_dot(deep.coefs_)
    moved = deep.predict(X) - deep.predict(np.zeros((1, 5)))
    np.testing.assert_allclose(moved, X @ product, atol=1e-9)
    assert np.linalg.matrix_rank(product) == 1  # that of the narrowest layer
    # At the output it is what lets predictions leave the range of a bounded unit.
    bent = MLPRegressor(hidden_layer_sizes=(9,), activation="tanh", **given).fit(X, y)
    assert bent.out_activation_ == "identity"
    assert bent.predict(X)[:, 0].max() > 100
    assert bent.score(X, y) > 0.99


def test_zeros_are_exact_by_the_proximal_step_and_by_no_subgradient(rng):
    y = X[:, 0] + 0.1 * rng.normal(size=40)
    given = {"hidden_layer_sizes": (), "solver": "sgd", "momentum": 0.0, "batch_size": 40}
    given |= {"learning_rate_init": 0.1, "max_iter": 300, "tol": 0.0, "n_iter_no_change": np.inf}
    model = MLPRegressor(alpha=8.0, l1_ratio=1.0, random_state=0, **given).fit(X, y)
    assert (model.coefs_[0][1:] == 0).all()
    assert 0.5 < model.coefs_[0][0, 0] < 1

    net = Network([Dense(1)], n_in=5, random_state=0)
    for _ in range(300):
        w = net.parameters
        slope = net.loss_and_grad(X, y.reshape(-1, 1))[1]
        slope[:5] += 8.0 / 40 * np.sign(w[:5])
        net.parameters = w - 0.1 * slope
    assert (np.abs(net.parameters[1:5]) < 0.05).all()  # they hover about zero
    assert net.parameters[:5].all()


def test_dropout_drops_units():
    net = Network([Dense(50), Dropout(0.5), Activation("tanh"), Dense(3)], n_in=5, random_state=0)
    _, gradient = net.loss_and_grad(X[:1], np.ones((1, 3)), seed=3)
    into, out_of = net.compiled.views(gradient).coefs
    dropped = (into == 0).all(axis=0)
    assert 15 < dropped.sum() < 35
    assert into[:, ~dropped].all()  # of a unit all weights or none: single ones never
    np.testing.assert_array_equal((out_of == 0).all(axis=1), dropped)
    np.testing.assert_array_equal(net.predict(X), net.predict(X))  # and none at prediction


def test_wider_nets_come_closer_to_a_sine_where_they_were_shown_it():
    x = np.linspace(-3 * np.pi, 3 * np.pi, 200).reshape(-1, 1)
    y = np.sin(x.ravel())
    given = {"activation": "tanh", "alpha": 0.0, "random_state": 0}
    sought = {"solver": "lbfgs", "max_iter": 3000, "max_fun": 10**5, "tol": 1e-8, "n_init": 5}
    models = [
        MLPRegressor(hidden_layer_sizes=(width,), **given, **sought).fit(x, y)
        for width in (1, 2, 4, 8)
    ]
    assert (np.diff([model.loss_ for model in models]) < 0).all()
    worst = [np.abs(model.predict(x) - y).max() for model in models]
    assert worst[0] > 1
    assert worst[-1] < 0.1
    # That such weights exist says nothing of other places, nor that a training finds them.
    assert abs(models[-1].predict([[20.0]])[0] - np.sin(20.0)) > 1
    lazy = MLPRegressor(hidden_layer_sizes=(8,), solver="sgd", learning_rate_init=1e-5, **given)
    assert lazy.fit(x, y).loss_ > 100 * models[-1].loss_


def test_kinks_and_steps_can_be_trained_through():
    assert check_gradients(two_layers("relu"), X, Y).passed
    net = two_layers("step")
    gradient = net.loss_and_grad(X, Y)[1]
    nudged = net.parameters.copy()
    start = net.loss_and_grad(X, Y)[0]
    net.named_parameters["coef_0"][...] += 1e-12
    assert net.loss_and_grad(X, Y)[0] == start  # the derivative is zero almost everywhere
    net.parameters = nudged
    assert net.compiled.views(gradient).coefs[0].any()  # straight through: that of a ramp
    corners = np.random.RandomState(0).normal(size=(200, 2))
    y = (corners[:, :1] * corners[:, 1:] > 0).astype(float)
    net = Network([Dense(4, "step"), Dense(1)], n_in=2, random_state=0)
    hidden = np.hstack([net.layer_outputs(corners)[0], np.ones((200, 1))])
    best = hidden @ np.linalg.lstsq(hidden, y, rcond=None)[0]  # of the first steps as they are
    net.fit(corners, y, epochs=100, batch_size=20, optimizer=Adam(0.01))
    assert net.loss_and_grad(corners, y)[0] < 0.7 * 0.5 * ((best - y) ** 2).mean()


def test_signals_vanish_and_gradients_vanish_each_without_the_other():
    y = X[:, 0]

    def verdicts(activation, widths, scale, last):
        model = MLPRegressor(hidden_layer_sizes=widths, activation=activation, random_state=0)
        model.set_params(init="normal", init_scale=scale, max_iter=1, learning_rate_init=1e-300)
        model.fit(X, y)
        model.coefs_[-1][...] = last
        return {verdict.name for verdict in diagnose(model, X, y).verdicts}

    # Signals shrink by the root of a layer's inputs, gradients by that of its outputs.
    forward = verdicts("tanh", (90, 800), 0.005, 1.0)
    assert "vanishing signals" in forward
    assert "vanishing gradients" not in forward
    backward = verdicts("tanh", (30, 30), 0.2, 1e-5)
    assert "vanishing gradients" in backward
    assert "vanishing signals" not in backward


@cache
def names_in(path):
    """Tests of a file, methods as Class::name."""
    tree, names = ast.parse((ROOT / path).read_text()), set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{f.name}" for f in node.body if isinstance(f, ast.FunctionDef)}
    return {name for name in names if name.split("::")[-1].startswith("test_")}


@pytest.mark.parametrize("table", TABLES)
def test_tests_named_in_the_documents_exist(table):
    named = re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", (ROOT / table).read_text())
    assert len(named) >= 17
    missing = [f"{path}::{name}" for path, name in named if name not in names_in(path)]
    assert not missing


def test_every_item_of_the_notes_has_a_test():
    named = re.findall(r"`tests/docs/test_notes\.py::(\w+)`", (ROOT / "docs/notes.md").read_text())
    own = {name for name in names_in("tests/docs/test_notes.py") if name not in ABOUT_DOCUMENTS}
    assert sorted(named) == sorted(own)
    assert len(named) == 17
