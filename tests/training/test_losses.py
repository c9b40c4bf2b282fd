"""fastnn.losses: parameters, targets, predictions' losses, and what minimises them."""

import numpy as np
import pytest
from kernel_cases import DTYPES, make_data, make_network, train
from numerical import assert_gradient
from reference_losses import LOSSES as TWIN
from reference_losses import targets
from sklearn import neural_network
from sklearn._loss import loss as sklearn_losses
from sklearn.linear_model import (
    GammaRegressor,
    LogisticRegression,
    Perceptron,
    PoissonRegressor,
    Ridge,
    TweedieRegressor,
)
from sklearn.metrics import hinge_loss, mean_pinball_loss

from fastnn import MLPClassifier, Network, losses
from fastnn.inspection import check_gradients
from fastnn.layers import Dense
from fastnn.losses import LOSSES, loss_of_output, make_loss
from fastnn.network.compiled import CompiledNetwork
from fastnn.optimizers import SGD
from fastnn.training.lbfgs import minimize_lbfgs
from fastnn.training.objective import loss_and_grad
from fastnn.training.trainer import make_trainer
from fastnn.training.validation import accuracy, mean_loss

VARIANTS = [
    *LOSSES.values(),
    losses.SoftmaxLogLoss(label_smoothing=0.2),
    losses.LogisticLogLoss(label_smoothing=0.2),
    losses.SoftmaxFocalLoss(gamma=0.0),
    losses.SoftmaxFocalLoss(gamma=0.7),
    losses.LogisticFocalLoss(gamma=0.7),
    losses.Huber(delta=0.3),
    losses.Quantile(level=[0.1, 0.5, 0.8]),
    losses.Tweedie(power=1.2),
    losses.GaussianNLL(floor=0.2),
]


def case(loss, n=40, dtype=np.float64):
    """A network with the loss, X, and targets as the loss takes them."""
    network = make_network(5, (6, 4 if loss.paired else 3), "tanh", loss, dtype)
    X, y, _ = make_data(n, network)
    if loss.name == "quantile" and len(loss.levels) > 1:
        y = loss.encode(y[:, :1])
    return network, X, y


@pytest.mark.parametrize("loss", VARIANTS, ids=repr)
def test_gradient_with_parameters(loss):
    network, X, y = case(loss, 9)
    assert_gradient(network, X, y, alpha=0.3)


@pytest.mark.parametrize("loss", VARIANTS, ids=repr)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_loss_of_predictions_is_that_of_training(dtype, loss, rng):
    network, X, y = case(loss, dtype=dtype)
    expected, _ = loss_and_grad(network, X, y)
    if loss.averaged:
        expected /= network.n_out
    got = mean_loss(loss, network.forward(X, raw=True), y, None)
    assert got == pytest.approx(expected, rel=1e-12 if dtype == np.float64 else 1e-5)
    weight = rng.uniform(size=len(X)).astype(dtype)
    expected, _ = loss_and_grad(network, X, y, sample_weight=weight)
    got = mean_loss(loss, network.forward(X, raw=True), y, weight)
    assert got == pytest.approx(expected / (network.n_out if loss.averaged else 1), rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_names_stand_for_default_parameters(name, rng):
    loss = make_loss(name)
    assert loss == LOSSES[name] == make_loss(loss)
    assert loss.kernel == name
    function, output, parameter = TWIN[name]
    assert loss.output_activation == output
    q = loss.parameter(4)
    assert q is None if parameter is None else (q == parameter).all()
    y = targets(name, rng, 30, 4)
    loss.check_targets(y)
    z = rng.normal(size=(30, 4))
    one_hot = np.eye(4)[y] if y.dtype == np.intp else y
    expected = function(z, one_hot, parameter, 0)[0].sum(axis=1)
    p = np.exp(z) if output == "exp" else 1 / (1 + np.exp(-z)) if output == "logistic" else z
    if output == "softmax":
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(loss.predictions(z), p, rtol=1e-13)
    got = loss.rows(z, y) * (4 if loss.averaged else 1)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("loss", "theirs"),
    [
        (losses.Gamma(), sklearn_losses.HalfGammaLoss()),
        (losses.Poisson(), sklearn_losses.HalfPoissonLoss()),
        (losses.Tweedie(power=1.3), sklearn_losses.HalfTweedieLoss(power=1.3)),
        (losses.Huber(delta=0.7), sklearn_losses.HuberLoss(quantile=0.5, delta=0.7)),
        (losses.AbsoluteError(), sklearn_losses.AbsoluteError()),
        (losses.Quantile(level=0.2), sklearn_losses.PinballLoss(quantile=0.2)),
        (losses.SquaredError(), sklearn_losses.HalfSquaredError()),
        (losses.LogisticLogLoss(), sklearn_losses.HalfBinomialLoss()),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_values_are_those_of_scikit_learn(loss, theirs, rng):
    y, z = targets(loss.name, rng, 50, 1), rng.normal(size=(50, 1))
    expected = theirs.loss(y.ravel(), z.ravel().copy())
    if loss.name != "logistic_log_loss":  # there the constant is the entropy of y, not the loss
        expected = expected + theirs.constant_to_optimal_zero(y.ravel())
    np.testing.assert_allclose(loss.rows(z, y), expected, rtol=1e-9, atol=1e-12)


def test_margins_and_quantiles_are_those_of_scikit_learn(rng):
    y, z = rng.randint(0, 2, (50, 1)), rng.normal(size=(50, 1))
    assert mean_loss("hinge", z, y, None) == pytest.approx(hinge_loss(y.ravel(), z.ravel()))
    assert accuracy("hinge", z, y, None) == np.mean((z > 0) == y)
    y, z = rng.normal(size=(2, 50, 1))
    loss = losses.Quantile(level=[0.1, 0.8])
    Y = loss.encode(np.hstack([y, 2 * y]))
    np.testing.assert_array_equal(Y, np.hstack([y, y, 2 * y, 2 * y]))
    np.testing.assert_array_equal(loss.parameter(4), [0.1, 0.8, 0.1, 0.8])
    expected = sum(mean_pinball_loss(t * y, z, alpha=q) for t in (1, 2) for q in (0.1, 0.8))
    assert mean_loss(loss, np.tile(z, 4), Y, None) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("loss", "theirs"),
    [
        ("gamma", GammaRegressor(alpha=0.1, tol=1e-9, max_iter=1000)),
        ("poisson", PoissonRegressor(alpha=0.1, tol=1e-9, max_iter=1000)),
        (
            losses.Tweedie(power=1.7),
            TweedieRegressor(power=1.7, link="log", alpha=0.1, tol=1e-9, max_iter=1000),
        ),
        ("squared_error", Ridge(alpha=20.0)),
        ("logistic_log_loss", LogisticRegression(C=1 / 20, tol=1e-9, max_iter=1000)),
        ("softmax_log_loss", LogisticRegression(C=1 / 20, tol=1e-9, max_iter=1000)),
    ],
    ids=str,
)
def test_without_hidden_layers_it_is_the_linear_model(loss, theirs, rng):
    """An alpha of theirs, relative to the mean loss, is one of ours relative to the sum."""
    loss, n = make_loss(loss), 200
    X = rng.normal(size=(n, 4))
    y = targets(loss.name, rng, n, 3 if loss.integer_targets else 1)
    network = CompiledNetwork(4, [Dense(3 if loss.integer_targets else 1)], loss)
    minimize_lbfgs(network, X, y, alpha=20.0, tol=1e-10, max_iter=1000)
    theirs.fit(X, y.ravel())
    coef, intercept = network.coefs[0].T, network.intercepts[0]
    if loss.integer_targets:  # softmax does not change with what is added to all
        intercept = intercept - intercept.mean()
    np.testing.assert_allclose(coef, np.atleast_2d(theirs.coef_), atol=1e-4)
    np.testing.assert_allclose(intercept, theirs.intercept_, atol=1e-4)


@pytest.mark.parametrize("level", [0.2, 0.5, 0.9])
def test_the_minimum_of_the_pinball_loss_is_the_quantile(level, rng):
    y = rng.normal(size=(501, 1))
    network = CompiledNetwork(1, [Dense(1)], losses.Quantile(level))
    X, order = np.zeros((501, 1)), np.arange(501, dtype=np.intp)
    trainer = make_trainer(network, SGD(momentum=0.0, nesterov=False), batch_size=501)
    for i in range(2000):
        trainer.run(X, y, order, 0, 1, learning_rate=3.0 / (1 + i))
    trainer.pull()
    assert network.intercepts[0][0] == pytest.approx(np.quantile(y, level), abs=0.02)


def test_row_by_row_it_is_the_perceptron(rng):
    X, y = rng.normal(size=(60, 4)), rng.randint(0, 2, 60)
    theirs = Perceptron(shuffle=False, max_iter=5, tol=None).fit(X, y)
    network = CompiledNetwork(4, [Dense(1)], "perceptron")
    trainer = make_trainer(network, SGD(momentum=0.0, nesterov=False), batch_size=1)
    order, y = np.arange(60, dtype=np.intp), y[:, None].astype(np.float64)
    for _ in range(5):
        trainer.run(X, y, order, 0, 60, learning_rate=1.0)
    trainer.pull()
    np.testing.assert_allclose(network.coefs[0].T, theirs.coef_, rtol=1e-12)
    np.testing.assert_allclose(network.intercepts[0], theirs.intercept_, rtol=1e-12)


def test_every_output_activation_has_one_canonical_loss():
    """Its gradient by the raw output is output - target, whatever stands where in the list."""
    canonical = [loss for loss in LOSSES.values() if loss.canonical]
    outputs = [loss.output_activation for loss in canonical]
    assert sorted(outputs) == sorted({loss.output_activation for loss in LOSSES.values()})
    assert [loss_of_output(output) for output in outputs] == [loss.name for loss in canonical]
    for loss in canonical:
        network, X, y = case(loss, 1)
        _, gradient = loss_and_grad(network, X, y)
        target = np.eye(network.n_out)[y] if loss.integer_targets else y
        error = network.forward(X) - target
        np.testing.assert_allclose(network.views(gradient).intercepts[-1], error[0], rtol=1e-12)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_parameters_reach_every_thread(n_threads):
    results = []
    for threads in (1, n_threads):
        network, X, y = case(losses.Quantile(level=[0.1, 0.5, 0.8]), 90)
        train(network, SGD(), X, y, n_threads=threads)
        results.append(network.params)
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make_loss("hinges"), "loss must be one of .*hinge"),
        (lambda: make_loss(None), "loss must be one of"),
        (lambda: make_loss("huber", gamma=2), "loss='huber' has no parameter gamma"),
        (lambda: make_loss(losses.Huber(), delta=2), "has its parameters already"),
        (lambda: losses.Huber(delta=0), "delta must be"),
        (lambda: losses.Tweedie(power=2), "power must be"),
        (lambda: losses.SoftmaxFocalLoss(gamma=-1), "gamma must be"),
        (lambda: losses.SoftmaxLogLoss(label_smoothing=1), "label_smoothing must be"),
        (lambda: losses.Quantile(level=1.0), "level must be"),
        (lambda: losses.Quantile(level=[]), "level must be"),
        (lambda: losses.Quantile(level=[0.1, 0.9]).parameter(3), "2 levels"),
        (lambda: losses.Gamma().check_targets(np.zeros((3, 1))), r"\(0, inf\].*holds 0"),
        (lambda: losses.Poisson().check_targets(np.full((3, 1), -1.0)), "holds -1"),
        (lambda: losses.Hinge().check_targets(np.full((3, 1), 2.0)), "holds 2.*0 and 1"),
    ],
)
def test_bad_parameters_and_targets_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def certain(loss, dtype="float64"):
    """A network that is sure of the wrong label, by 100, and a row of data."""
    net = Network([Dense(2 if loss.startswith("softmax") else 1)], loss, dtype=dtype, n_in=1)
    net.parameters = [0, 0, 0, 100] if loss.startswith("softmax") else [0, 100]
    return net, np.ones((3, 1)), np.zeros(3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "loss", ["softmax_log_loss", "logistic_log_loss", "softmax_focal_loss", "logistic_focal_loss"]
)
def test_a_loss_of_100_is_reported_as_100(loss, dtype):
    """From the raw outputs, as docs/toolbox.md has it; scikit-learn's ends at 36.04."""
    net, X, y = certain(loss, dtype)
    value, gradient = net.loss_and_grad(X, y)
    assert value == pytest.approx(100, rel=1e-6)
    assert np.abs(gradient).max() > 0.9
    assert check_gradients(net, X, y).passed
    z, targets = net.predict(X, raw=True), y.astype(int) if "softmax" in loss else y[:, None]
    assert make_loss(loss).rows(z, targets) == pytest.approx([100] * 3, rel=1e-6)
    net.fit(X, y, epochs=1, optimizer="sgd", learning_rate=1e-9, X_val=X, y_val=y)
    assert net.loss_curve_ == pytest.approx([100], rel=1e-6)
    assert net.validation_loss_curve_ == pytest.approx([100], rel=1e-6)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
@pytest.mark.filterwarnings("ignore")
def test_estimators_report_the_loss_that_scikit_learn_does(solver, n_classes):
    """At most -log(epsilon) a row; the validation loss, which it does not have, has no bound."""
    X = np.repeat([[1.0], [-1.0]], 99, axis=0)
    y = np.repeat([0, n_classes - 1], 99)
    y[:3] = np.arange(3) % n_classes  # wrong rows, by 50 and 100
    settings = {"hidden_layer_sizes": (), "solver": solver, "max_iter": 1, "warm_start": True}
    settings |= {"learning_rate_init": 1e-12, "random_state": 0, "alpha": 0.0}
    fits = []
    for estimator in (MLPClassifier, neural_network.MLPClassifier):
        model = estimator(**settings).fit(X, y)
        model.coefs_[0][...] = -50 if n_classes == 2 else [[50, 0, -50]]
        model.intercepts_[0][...] = 0
        fits.append(model.fit(X, y))
    ours, theirs = fits
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-9)
    if solver == "sgd":
        wrong = [0, 50] if n_classes == 2 else [50, 100]
        most = -np.log(np.finfo(np.float64).eps)
        assert ours.loss_ == pytest.approx(sum(min(loss, most) for loss in wrong) / 198)
        ours.set_params(early_stopping=True).fit(X, y, X_val=X, y_val=y)
        assert ours.validation_loss_curve_ == pytest.approx([sum(wrong) / 198])
