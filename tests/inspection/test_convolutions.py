"""Inspection of convolutional networks: kernels are units, each place of a row one of theirs."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from fastnn import ConvClassifier, ConvRegressor, Network
from fastnn.inspection import (
    ActivationDisplay,
    FirstLayerWeightsDisplay,
    GradientFlowDisplay,
    check_gradients,
    diagnose,
)
from fastnn.layers import BatchNorm, Conv1D, Conv2D, Dense, MaxPool, RandomShift

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_digits(return_X_y=True)
X, Y = X[:300] / 16, Y[:300]
OPTIONS = {"conv_layers": (4, 6), "hidden_layer_sizes": 16, "max_iter": 8, "random_state": 0}


@pytest.mark.parametrize(
    "more", [{}, {"batch_norm": True, "shift": 1}, {"residual": True, "layer_norm": True}], ids=str
)
def test_a_healthy_one_raises_no_alarm(more):
    model = ConvClassifier(**OPTIONS, **more).fit(X, Y)
    report = diagnose(model, X.reshape(-1, 8, 8), Y)
    names = [verdict.name for verdict in report.verdicts]
    assert set(names) <= {"correlated inputs", "underfitting"}, names
    layers = report.measures.layers
    assert [layer.n_units for layer in layers] == [4, 6, 16, 10]
    assert [layer.activation for layer in layers] == ["relu"] * 3 + ["identity"]
    apart = X[:20] + np.random.RandomState(0).uniform(0, 0.1, (20, 64))  # no two cells are alike
    assert check_gradients(model, apart, Y[:20], n_probes=3).passed


def test_numbers_are_of_kernels():
    """A kernel that is never active is one dead unit, whatever the number of places."""
    model = ConvClassifier(**OPTIONS).fit(X, Y)
    model.coefs_[0][:, 1] = 0
    model.intercepts_[0][1] = -1
    layer = diagnose(model, X, Y).measures.layers[0]
    assert layer.dead == 1
    network = model._network()[0]
    h = network.layer_outputs(X)[0].reshape(-1, 4)
    assert layer.mean == pytest.approx(h.mean(), rel=1e-6)
    assert layer.zeros == pytest.approx((h == 0).mean(), rel=1e-6)


def test_before_a_fit_and_of_networks_by_hand():
    report = diagnose(ConvClassifier(**OPTIONS, activation="logistic"), X.reshape(-1, 8, 8), Y)
    assert not report.measures.fitted
    layers = [
        RandomShift(1, input_shape=(8, 8, 1)),
        Conv2D(4, 3),
        BatchNorm(),
        MaxPool(),
        Dense(10),
    ]
    net = Network(layers, "softmax_log_loss", random_state=0).fit(X, Y, epochs=2)
    found = diagnose(net, X, Y).measures
    assert [layer.n_units for layer in found.layers] == [4, 10]
    assert found.noise > 0
    assert found.loss == pytest.approx(net.loss_and_grad(X, Y)[0], rel=0.5)


def test_pictures():
    pytest.importorskip("matplotlib").use("agg")
    model = ConvClassifier(**OPTIONS).fit(X, Y)
    shown = FirstLayerWeightsDisplay.from_estimator(model)
    assert shown.image_shape == (3, 3)
    np.testing.assert_array_equal(shown.weights, model.coefs_[0])
    assert len(ActivationDisplay.from_estimator(model, X, Y).histograms_) == 3
    assert len(GradientFlowDisplay.from_estimator(model, X, Y).names) == 4
    colours = ConvRegressor(**OPTIONS, input_shape=(4, 8, 2)).fit(X, Y)
    shown = FirstLayerWeightsDisplay.from_estimator(colours)
    cells = colours.coefs_[0].reshape(3, 3, 2, 4)
    assert shown.image_shape == (3, 6)
    np.testing.assert_array_equal(
        shown.weights[:, 0].reshape(3, 6), np.hstack([*cells[..., 0].transpose(2, 0, 1)])
    )
    net = Network([Conv1D(4, 5, input_shape=(32, 2)), Dense(1)], random_state=0).build(64)
    shown = FirstLayerWeightsDisplay.from_estimator(net)
    assert shown.image_shape == (2, 5)
    np.testing.assert_array_equal(
        shown.weights[:, 3].reshape(2, 5), net.compiled.coefs[0][:, 3].reshape(5, 2).T
    )
