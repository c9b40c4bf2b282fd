"""Inspection of estimators with every option that changes the network, against NumPy."""

import numpy as np
import pytest

from fastnn import MLPClassifier, MLPRegressor
from fastnn.inspection import (
    ActivationDisplay,
    FirstLayerWeightsDisplay,
    GradientFlowDisplay,
    _network,
    check_gradients,
    diagnose,
)
from fastnn.layers import CustomActivation


def make_data(rng):
    return rng.normal(size=(40, 9)), rng.randint(0, 3, 40), rng.normal(size=(40, 2))


X, CLASSES, NUMBERS = make_data(np.random.RandomState(0))
HIDDEN = (6, 6, 4)


def logistic(z):
    return 1 / (1 + np.exp(-z))


FUNCTIONS = {"tanh": np.tanh, "logistic": logistic, "bernoulli": logistic, "sine": np.sin}
SINE = CustomActivation(np.sin, np.cos, "sine")
OPTIONS = {
    "batch_norm": {"batch_norm": True},
    "layer_norm": {"layer_norm": True},
    "residual": {"residual": True},
    "dropout": {"dropout": [0.2, 0.0, 0.5]},
    "input_dropout": {"input_dropout": 0.3},
    "input_noise": {"input_noise": 0.5},
    "activation list": {"activation": ["tanh", "logistic", "tanh"]},
    "custom": {"activation": SINE},
    "bernoulli": {"activation": "bernoulli"},
    "l1": {"alpha": 3.0, "l1_ratio": 0.5},
    "residual, batch_norm": {"residual": True, "batch_norm": True, "dropout": 0.2},
    "residual, layer_norm": {"residual": True, "layer_norm": True, "input_noise": 0.1},
    "several": {
        "residual": True,
        "batch_norm": True,
        "dropout": 0.2,
        "input_dropout": 0.1,
        "activation": ["bernoulli", SINE, "tanh"],
    },
}

STEADY = ("batch_norm", "layer_norm", "residual", "activation list", "custom", "l1")


def model_for(y, name, **parameters):
    estimator = MLPClassifier if y.ndim == 1 else MLPRegressor
    model = estimator(hidden_layer_sizes=HIDDEN, activation="tanh", max_iter=20, random_state=0)
    return model.set_params(learning_rate_init=0.01, **OPTIONS[name], **parameters)


def names_of(model):
    one = not isinstance(model.activation, list)
    listed = [model.activation] * len(HIDDEN) if one else model.activation
    return [getattr(activation, "name", activation) for activation in listed]


def forward(model, rows, offsets=(0, 0, 0, 0), *, of_rows=False):
    """Units and outputs of every layer; ``of_rows``: with the batch statistics of these rows."""
    norms = getattr(model, "norms_", None) or [None] * 3
    skips = getattr(model, "projections_", None) or [None] * 3
    h, units, outputs = rows, [], []
    for k, activation in enumerate(names_of(model)):
        z = h @ model.coefs_[k] + model.intercepts_[k]
        if norms[k] is not None:
            norm = norms[k]
            mean, variance = norm["mean"], norm["variance"]
            if norm["kind"] == "layer":
                mean, variance = z.mean(1, keepdims=True), z.var(1, keepdims=True)
            elif of_rows:
                mean, variance = z.mean(0), z.var(0)
            z = norm["gain"] * (z - mean) / np.sqrt(variance + norm["epsilon"]) + norm["shift"]
        units.append(FUNCTIONS[activation](z + offsets[k]))
        skip = 0 if skips[k] is None else h if isinstance(skips[k], str) else h @ skips[k]
        h = units[k] + skip
        outputs.append(h)
    last = h @ model.coefs_[3] + model.intercepts_[3] + offsets[3]
    return [*units, last], [*outputs, last]


def losses(z, y):
    """Of every row."""
    if y.ndim == 2:
        return 0.5 * ((z - y) ** 2).sum(axis=1)
    return np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]


def row_deltas(model, y, k, h=1e-5):
    deltas = []
    for unit in np.eye(len(model.intercepts_[k])):
        shifted = [np.zeros(1)] * 4
        up, down = (
            losses(forward(model, X, [*shifted[:k], sign * h * unit, *shifted[k + 1 :]])[0][-1], y)
            for sign in (1, -1)
        )
        deltas.append((up - down) / (2 * h))
    return np.array(deltas).T


def gradient_by_weights(model, y, k, h=1e-5):
    weights = model.coefs_[k]
    gradient = np.empty(weights.shape)
    for at in np.ndindex(weights.shape):
        before, values = weights[at], []
        for sign in (1, -1):
            weights[at] = before + sign * h
            values.append(losses(forward(model, X, of_rows=True)[0][-1], y).mean())
        weights[at] = before
        gradient[at] = (values[0] - values[1]) / (2 * h)
    return gradient


@pytest.mark.parametrize("y", [CLASSES, NUMBERS], ids=["classes", "numbers"])
@pytest.mark.parametrize("name", OPTIONS)
def test_the_numbers_of_every_layer(name, y):
    model = model_for(y, name).fit(X, y)
    report = diagnose(model, X, y)
    units, outputs = forward(model, X)
    per_output = 2 if y.ndim == 2 else 1
    assert report.measures.loss == pytest.approx(losses(units[-1], y).mean() / per_output)
    assert (report.measures.noise > 0) == (name not in STEADY)
    assert [layer.activation for layer in report.layers] == [*names_of(model), "identity"]
    for k, layer in enumerate(report.layers):
        assert layer.n_units == units[k].shape[1]
        assert layer.n_weights == model.coefs_[k].size
        assert layer.mean == pytest.approx(units[k].mean())
        assert layer.variance == pytest.approx(units[k].var())
        assert layer.signal == pytest.approx(np.sqrt(outputs[k].var(axis=0).mean()))
        deltas = row_deltas(model, y, k)
        assert layer.delta == pytest.approx(np.sqrt((deltas**2).sum(axis=1).mean()), rel=1e-6)
        gradient = gradient_by_weights(model, y, k)
        assert layer.gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-6)
        assert layer.weight_norm == pytest.approx(np.linalg.norm(model.coefs_[k]))


@pytest.mark.parametrize("name", OPTIONS)
def test_the_gain_of_a_normalisation_counts_in_place_of_the_weights(name):
    model = model_for(CLASSES, name).fit(X, CLASSES)
    gains = [layer.gain for layer in diagnose(model, X, CLASSES).layers]
    of_weights = [np.sqrt((coef**2).sum(axis=0).mean()) for coef in model.coefs_]
    if getattr(model, "norms_", None):
        of_weights[:3] = [np.sqrt((norm["gain"] ** 2).mean()) for norm in model.norms_]
    np.testing.assert_allclose(gains, of_weights)


@pytest.mark.parametrize("name", ["batch_norm", "several"])
def test_before_a_fit_batch_statistics_are_those_of_the_rows(name):
    model = model_for(CLASSES, name)
    report = diagnose(model, X, CLASSES)
    assert not hasattr(model, "norms_")
    fitted = model_for(CLASSES, name, max_iter=1).set_params(learning_rate_init=1e-14)
    fitted.fit(X, CLASSES)
    for k, norm in enumerate(fitted.norms_):
        units = X if k == 0 else forward(fitted, X, of_rows=True)[1][k - 1]
        z = units @ fitted.coefs_[k] + fitted.intercepts_[k]
        norm["mean"][:], norm["variance"][:] = z.mean(axis=0), z.var(axis=0, ddof=1)
    same = diagnose(fitted, X, CLASSES)
    assert report.measures.loss == pytest.approx(same.measures.loss)
    for layer, other in zip(report.layers, same.layers, strict=True):
        for field in ("mean", "variance", "signal", "delta", "gradient_norm", "gain"):
            assert getattr(layer, field) == pytest.approx(getattr(other, field)), field


@pytest.mark.parametrize("name", OPTIONS)
def test_nothing_is_changed_and_nothing_random(name):
    model = model_for(CLASSES, name).fit(X, CLASSES)
    before = {name: repr(value) for name, value in vars(model).items()}
    probabilities = model.predict_proba(X)
    reports = [str(diagnose(model, X, CLASSES)) for _ in range(2)]
    assert reports[0] == reports[1]
    assert {name: repr(value) for name, value in vars(model).items()} == before
    np.testing.assert_array_equal(model.predict_proba(X), probabilities)


@pytest.mark.parametrize("name", OPTIONS)
def test_pictures(name):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    for model in (model_for(CLASSES, name), model_for(CLASSES, name).fit(X, CLASSES)):
        activations = ActivationDisplay.from_estimator(model, X, CLASSES)
        flow = GradientFlowDisplay.from_estimator(model, X, CLASSES)
        layers = diagnose(model, X, CLASSES).layers
        expected = [layer.delta / np.sqrt(layer.n_units) for layer in layers]
        np.testing.assert_allclose(flow.activation_gradients, expected)
        assert [f"hidden {k + 1} ({n})" for k, n in enumerate(names_of(model))] == activations.names
    for found, wanted in zip(activations.outputs, forward(model, X)[0], strict=False):
        np.testing.assert_allclose(found, wanted, atol=1e-12)
    weights = FirstLayerWeightsDisplay.from_estimator(model, image_shape=(3, 3))
    np.testing.assert_array_equal(weights.weights, model.coefs_[0])
    plt.close("all")


@pytest.mark.parametrize("name", OPTIONS)
def test_gradients(name):
    model = model_for(CLASSES, name)
    for check in (
        check_gradients(model, X, CLASSES, n_probes=5),
        check_gradients(model.fit(X, CLASSES), X, CLASSES, n_probes=5),
    ):
        assert check.passed == ("bernoulli" not in names_of(model)), check


def test_the_penalty_of_a_gradient_check_is_its_l2_part(monkeypatch):
    seen, right = [], _network.loss_and_grad

    def spy(*args, **kwargs):
        seen.append(kwargs["alpha"])
        return right(*args, **kwargs)

    monkeypatch.setattr(_network, "loss_and_grad", spy)
    check_gradients(MLPClassifier((3,), alpha=2.0, l1_ratio=0.75, random_state=0), X, CLASSES)
    assert set(seen) == {0.5}


def test_a_dead_unit_is_seen_behind_its_skip_connection():
    many, y = np.tile(X, (2, 1)), np.tile(CLASSES, 2)
    model = MLPClassifier((9, 8), residual=True, max_iter=1, random_state=0).fit(many, y)
    model.intercepts_[0][:7] = -100
    report = diagnose(model, many, y)
    assert report["dead units"].layers == ["hidden layer 1"]
    assert report.layers[0].dead == 7
    assert "vanishing signals" not in report  # the skip connection lets them through


def test_weights_behind_a_normalisation_do_not_explode():
    plain, normalised = (
        MLPClassifier((20,) * 4, batch_norm=norm, init="normal", init_scale=5.0, random_state=0)
        for norm in (False, True)
    )
    assert "exploding" in diagnose(plain, X, CLASSES)
    assert "exploding" not in diagnose(normalised, X, CLASSES)


LOGISTIC = {"activation": "logistic"}
SMALL = {"activation": "tanh", "init": "normal", "init_scale": 0.05}


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        (LOGISTIC, "batch_norm"),
        (LOGISTIC, "residual"),
        (SMALL, "batch_norm"),
        (SMALL, "residual"),
        (SMALL, "layer_norm"),
    ],
)
def test_remedies_of_vanishing_gradients(settings, remedy):
    deep = MLPClassifier((30,) * 10, random_state=0, **settings)
    rows, y = np.tile(X, (5, 1)), np.tile(CLASSES, 5)
    names = {"vanishing gradients", "vanishing signals"}
    assert names <= {verdict.name for verdict in diagnose(deep, rows, y).verdicts}
    report = diagnose(deep.set_params(**{remedy: True}), rows, y)
    assert not names & {verdict.name for verdict in report.verdicts}
