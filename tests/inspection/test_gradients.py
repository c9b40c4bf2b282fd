"""check_gradients: right gradients pass, wrong ones are found and named, kinks raise no alarm."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fastnn import MLPClassifier, MLPRegressor, Network
from fastnn.inspection import GradientCheck, _network, check_gradients
from fastnn.layers import (
    ACTIVATIONS,
    Activation,
    BatchNorm,
    Dense,
    Dropout,
    GaussianNoise,
    LayerNorm,
    Residual,
)
from fastnn.losses import LOSSES
from fastnn.network.compiled import CompiledNetwork


def make_data(rng):
    inputs, weight = rng.normal(size=(40, 6)), rng.uniform(0.1, 2.0, 40)
    numbers, counts = rng.normal(size=(40, 2)), rng.poisson(2.0, 40).astype(float)
    return inputs, weight, rng.randint(0, 3, 40), numbers, counts


X, WEIGHT, CLASSES, NUMBERS, COUNTS = make_data(np.random.RandomState(0))
TASKS = {
    "softmax": (MLPClassifier, CLASSES, {}),
    "logistic": (MLPClassifier, CLASSES > 0, {}),
    "multilabel": (MLPClassifier, np.eye(3, dtype=int)[CLASSES], {}),
    "squared_error": (MLPRegressor, NUMBERS, {}),
    "poisson": (MLPRegressor, COUNTS, {"loss": "poisson"}),
}


@pytest.mark.parametrize(
    ("activation", "task"),
    [(a, "softmax") for a in ACTIVATIONS if a != "step"]
    + [("tanh", task) for task in TASKS if task != "softmax"],
)
def test_every_activation_and_loss_has_the_right_gradient(activation, task):
    estimator, y, parameters = TASKS[task]
    sizes = {"hidden_layer_sizes": (7, 5), "max_iter": 30, "random_state": 0}
    model = estimator(**sizes, activation=activation, **parameters)
    for check in (
        check_gradients(model, X, y, n_probes=8),
        check_gradients(model.fit(X, y), X, y, sample_weight=WEIGHT, n_probes=8),
    ):
        assert check.passed
        assert 0 < check.worst < 1e-6
        parameters = {f"{kind}[{i}]" for kind in ("coefs_", "intercepts_") for i in range(3)}
        assert set(check.errors) == parameters | {"X"}
        assert sum(check.undecided.values()) == 0


LAYERS = {
    "layer_norm": [Dense(6), LayerNorm(), Activation("tanh")],
    "batch_norm": [Dense(6), BatchNorm(), Activation("tanh")],
    "dropout": [Dropout(0.2), Dense(6, "tanh"), Dropout(0.5)],
    "noise": [GaussianNoise(0.1), Dense(6, "tanh"), GaussianNoise(0.5)],
    "skip": [Dense(6, "tanh"), Residual([Dense(6, "tanh"), Dense(6)])],
    "projection": [Residual([Dense(5, "relu")])],
    "all": [Residual([Dense(5), BatchNorm(), Activation("relu"), Dropout(0.3)]), LayerNorm()],
}


@pytest.mark.parametrize(
    ("name", "loss"),
    [(name, "softmax_log_loss") for name in LAYERS] + [("all", loss) for loss in LOSSES],
)
def test_every_layer_has_the_right_gradient(name, loss, rng):
    integer = LOSSES[loss].integer_targets
    targets = CLASSES if integer else np.abs(rng.normal(size=(40, 2))).clip(0, 1)
    n_out = 3 if integer else 4 if LOSSES[loss].paired else 2
    network = Network([*LAYERS[name], Dense(n_out)], loss, random_state=0, n_in=6)
    before = network.compiled.params.copy()
    check = check_gradients(network, X, targets, sample_weight=WEIGHT, n_probes=6)
    assert check.passed, check
    np.testing.assert_array_equal(network.compiled.params, before)
    assert ("gains_[0]" in check.errors) == (name in ("layer_norm", "batch_norm", "all"))
    assert "X" in check.errors


@pytest.mark.parametrize(
    ("block", "factor"),
    [
        ("coefs_[0]", 0.0),
        ("coefs_[1]", 1 + 1e-5),
        ("intercepts_[0]", 1 + 1e-5),
        ("intercepts_[1]", -1),
    ],
)
def test_a_wrong_gradient_is_found_and_named(monkeypatch, block, factor):
    right = _network.loss_and_grad

    def wrong(network, *args, **kwargs):
        loss, gradient = right(network, *args, **kwargs)
        blocks = network.views(gradient)
        kind, i = block[:-1].split("[")
        array = getattr(blocks, kind[:-1])[int(i)]
        array.flat[np.abs(array).argmax()] *= factor
        return loss, gradient

    model = MLPClassifier((7,), activation="tanh", random_state=0)
    monkeypatch.setattr(_network, "loss_and_grad", wrong)
    check = check_gradients(model, X, CLASSES)
    assert not check.passed
    assert max(check.errors, key=check.errors.get) == block
    assert f"wrong: worst error {check.worst:.1e}, in {block}" in repr(check)
    others = [error for name, error in check.errors.items() if name != block]
    assert max(others) < 1e-6


def test_kinks_raise_no_alarm(rng):
    """Rows of zeros and no intercepts: every unit sits on the kink of ReLU for half the rows."""
    network = CompiledNetwork(6, [Dense(8, "relu"), Dense(3)], "softmax_log_loss")
    for coef in network.coefs:
        coef[...] = rng.normal(size=coef.shape)
    half_zero = X * (np.arange(40) % 2)[:, None]
    check = check_gradients(network, half_zero, CLASSES)
    assert check.undecided["intercepts_[0]"] >= 8  # each bias moves a unit off its kink
    assert check.undecided["coefs_[0]"] == 0  # the weights do not: their inputs are zero
    assert check.passed
    assert np.isnan(check.errors["intercepts_[0]"])
    assert "not decided" in repr(check)


@pytest.mark.parametrize("distance", [1e-8, 3e-7, 1e-6, 1.5e-6, 1e-5])
def test_a_kink_nearby_raises_no_alarm(distance):
    network = CompiledNetwork(1, [Dense(1, "relu"), Dense(1)], "squared_error")
    network.params[...] = 1.0, 2.0, distance, 0.3
    check = check_gradients(network, np.zeros((3, 1)), np.ones((3, 1)))
    assert check.passed


def test_a_gradient_lost_in_rounding_is_undecided():
    model = MLPClassifier((20,) * 14, activation="logistic", alpha=0.0, random_state=0)
    check = check_gradients(model, X, CLASSES, n_probes=2)
    assert check.passed
    assert np.isnan(check.errors["coefs_[0]"])
    assert check.undecided["coefs_[0]"] == check.probes["coefs_[0]"]


def test_dead_units_pass():
    network = CompiledNetwork(6, [Dense(4, "relu"), Dense(2)], "squared_error")
    network.intercepts[0][...] = -100.0
    network.coefs[1][...] = 1.0
    check = check_gradients(network, X, np.ones((40, 2)))
    assert check.errors["coefs_[0]"] == 0.0
    assert check.passed


def test_a_large_network_is_probed_at_random():
    model = MLPRegressor(hidden_layer_sizes=(50, 20), random_state=0)
    y = X[:, 0]
    check = check_gradients(model, X, y)
    assert check.passed
    assert set(check.probes.values()) == {1, 24}  # the output's intercept is a single number
    assert check_gradients(model, X, y, n_probes=3).probes["coefs_[0]"] == 7
    one, same, other = (check_gradients(model, X, y, random_state=s).errors for s in (1, 1, 2))
    assert one == same
    assert one != other


def test_sparse_input_and_float32():
    model = MLPClassifier((5,), random_state=0).fit(X.astype(np.float32), CLASSES)
    assert model.coefs_[0].dtype == np.float32
    sparse = csr_matrix(np.where(X > 0, X, 0).astype(np.float32))
    assert check_gradients(model, sparse, CLASSES).worst < 1e-6


def test_nothing_is_changed():
    rng = np.random.RandomState(3)
    model = MLPClassifier((5,), random_state=rng)
    before = rng.get_state()[1].copy()
    check_gradients(model, X, CLASSES)
    assert not hasattr(model, "classes_")
    np.testing.assert_array_equal(rng.get_state()[1], before)
    model.fit(X, CLASSES)
    coefs, given = [coef.copy() for coef in model.coefs_], X.copy()
    check_gradients(model, X, CLASSES)
    np.testing.assert_array_equal(X, given)
    for coef, kept in zip(model.coefs_, coefs, strict=True):
        np.testing.assert_array_equal(coef, kept)


def test_the_gradient_by_the_input_is_checked(monkeypatch):
    right = CompiledNetwork.input_gradient
    model = MLPClassifier((5,), random_state=0)
    assert check_gradients(model, X, CLASSES).passed
    monkeypatch.setattr(CompiledNetwork, "input_gradient", lambda *args: 1.01 * right(*args))
    check = check_gradients(model, X, CLASSES)
    assert "in X" in repr(check)
    assert check.errors["X"] == pytest.approx(0.01, rel=0.05)


def test_a_network_without_weights_is_checked_at_its_first_ones():
    net = Network([Dense(3)], "softmax_log_loss", random_state=0)
    assert check_gradients(net, X, CLASSES).passed
    assert not hasattr(net, "compiled")


def test_the_penalty_is_part_of_it():
    model = MLPRegressor(hidden_layer_sizes=(3,), activation="tanh", alpha=50.0, random_state=0)
    assert check_gradients(model, X, X[:, 0]).passed


def test_html():
    html = check_gradients(MLPClassifier((3,), random_state=0), X, CLASSES)._repr_html_()
    assert "<td>coefs_[0]</td>" in html
    assert "Gradients agree" in html
    wrong = GradientCheck({"<b>": 1.0}, {"<b>": 3}, {"<b>": 0})
    assert "<b>" not in wrong._repr_html_()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"epsilon": 0.0}, "epsilon must be positive"), ({"n_probes": 0}, "n_probes must be at")],
)
def test_bad_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        check_gradients(MLPClassifier(), X, CLASSES, **arguments)


def test_other_models_are_refused():
    with pytest.raises(
        TypeError, match=r"MLPClassifier, MLPRegressor or Network.*LogisticRegression"
    ):
        check_gradients(LogisticRegression(), X, CLASSES)


def test_a_pipeline_is_checked_behind_its_steps():
    model = MLPClassifier((7,), activation="tanh", random_state=0)
    scaled = StandardScaler().fit_transform(X)
    found = check_gradients(make_pipeline(StandardScaler(), model), X, CLASSES)
    assert found.passed
    assert found.errors == check_gradients(model, scaled, CLASSES).errors


def test_weights_that_are_not_finite_are_refused():
    model = MLPClassifier((3,), random_state=0, max_iter=2).fit(X, CLASSES)
    model.coefs_[0][0, 0] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        check_gradients(model, X, CLASSES)
