"""diagnose on what users hand to it: causes before consequences, pipelines, networks, frames."""

import numpy as np
import pytest
from sklearn import datasets
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fastnn import DivergenceError, MLPClassifier, MLPRegressor, Network
from fastnn.inspection import (
    ActivationDisplay,
    FirstLayerWeightsDisplay,
    GradientFlowDisplay,
    LossCurveDisplay,
    check_gradients,
    diagnose,
)
from fastnn.inspection._causes import CONSEQUENCES
from fastnn.layers import (
    Activation,
    BatchNorm,
    CustomActivation,
    Dense,
    Dropout,
    GaussianNoise,
    LayerNorm,
    Residual,
)


def one_hot(seed=0, n=2000):
    """Categories and numbers, scaled, as of a census: labels that chance has a part in."""
    rng = np.random.RandomState(seed)
    categories = rng.randint(0, 12, (n, 8))
    hot = np.concatenate([np.eye(12)[categories[:, k]] for k in range(8)], axis=1)
    numbers = rng.normal(size=(n, 5))
    score = hot @ rng.normal(size=96) + numbers @ rng.normal(size=5)
    return np.hstack([numbers, hot]), (score + 2 * rng.logistic(size=n) > 1).astype(int)


def scaled(features, y):
    features = StandardScaler().fit_transform(features)
    return features, (y - y.mean()) / y.std() if y.dtype.kind == "f" else y


HEALTHY = {
    "wine": lambda: scaled(*datasets.load_wine(return_X_y=True)),
    "friedman": lambda: scaled(*datasets.make_friedman1(600, random_state=0)),
    "moons": lambda: scaled(*datasets.make_moons(500, noise=0.2, random_state=0)),
    "one-hot": one_hot,
}
FITS = {
    "adam": {"max_iter": 500},
    "faster adam": {"learning_rate_init": 0.01, "max_iter": 150},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.1, "max_iter": 150},
    "lbfgs": {"solver": "lbfgs", "alpha": 0.1},
    "tanh": {"activation": "tanh", "learning_rate_init": 0.003, "max_iter": 200},
}


def names(report):
    return [verdict.name for verdict in report.verdicts]


def model_for(y, *hidden, **settings):
    estimator = MLPClassifier if y.dtype.kind in "ib" else MLPRegressor
    return estimator(hidden_layer_sizes=hidden, random_state=0).set_params(**settings)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("data", HEALTHY)
def test_twenty_more_healthy_fits_raise_no_alarm(data, fit):
    X, y = HEALTHY[data]()
    report = diagnose(model_for(y, 50, 20, **FITS[fit]).fit(X, y), X, y)
    assert names(report) == []
    assert "No alarm." in str(report)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("rate", [0.2, 0.5])
def test_units_that_a_high_rate_has_killed_are_seen(rate, seed):
    X, y = one_hot(seed)
    model = model_for(y, 100, learning_rate_init=rate, max_iter=30, random_state=seed).fit(X, y)
    report = diagnose(model, X, y)
    layer = report.layers[0]
    assert layer.dead > 0.25 * layer.n_units
    assert layer.dead_at_first == 0
    assert set(names(report)) <= {"dead units", "learning rate too high", "overfitting"}
    assert {"dead units", "learning rate too high"} & set(names(report))
    if "dead units" in report:
        assert "too long steps killed them" in report["dead units"].finding
        assert "smaller learning_rate_init" in report["dead units"].remedy


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("data", HEALTHY)
@pytest.mark.parametrize("rate", [1e-5, 0.5, 2.0])
def test_a_rate_is_never_both_too_high_and_too_low(data, rate):
    X, y = HEALTHY[data]()
    for settings in ({}, {"solver": "sgd"}, {"batch_norm": True}):
        model = model_for(y, 30, learning_rate_init=rate, max_iter=30, **settings)
        try:
            model.fit(X, y)
        except DivergenceError:
            continue
        found = set(names(diagnose(model, X, y)))
        assert not {"learning rate too high", "learning rate too low"} <= found
        for cause in found & set(CONSEQUENCES):
            assert not found & set(CONSEQUENCES[cause])


def test_unscaled_inputs_are_the_cause_of_what_follows():
    X, y = scaled(*datasets.make_friedman1(300, random_state=0))
    X = 3000 * X
    report = diagnose(model_for(y, 30, max_iter=40).fit(X, y), X, y)
    assert names(report) == ["unscaled inputs"]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_fit_cut_off_while_it_improves_says_so():
    X, y = scaled(*datasets.make_friedman1(600, random_state=0))
    report = diagnose(model_for(y, 50, 20, max_iter=15).fit(X, y), X, y)
    assert "max_iter" in report["stopped early"].remedy
    long = diagnose(model_for(y, 50, 20, max_iter=200).fit(X, y), X, y)
    assert names(long) == []
    assert "All 200 epochs were used" in str(long)
    done = diagnose(model_for(y, 50, 20, max_iter=2000).fit(X, y), X, y)
    assert "epochs were used" not in str(done)
    cosine = model_for(y, 50, 20, max_iter=15, schedule="cosine", n_iter_no_change=99).fit(X, y)
    assert "stopped early" not in diagnose(cosine, X, y)  # its end was planned


def test_held_out_rows_are_asked_for_where_overfitting_cannot_be_seen():
    X, y = scaled(*datasets.load_wine(return_X_y=True))
    fitted = model_for(y, 20, max_iter=300).fit(X, y)
    assert "held-out rows only" in str(diagnose(fitted, X, y))
    assert "held-out rows only" in diagnose(fitted, X, y)._repr_html_()
    watched = model_for(y, 20, max_iter=300, early_stopping=True).fit(X, y)
    assert diagnose(watched, X, y).notes == []
    assert diagnose(model_for(y, 20), X, y).notes == []  # nothing has been trained


def test_rows_that_are_wrong_for_certain_are_no_overfitting():
    """The fit's own loss ends at 36.04 a row; on the same rows the loss itself is far more."""
    X = np.repeat([[1.0], [-1.0]], 50, axis=0)
    y = np.repeat([0, 1], 50)
    y[0] = 1
    model = model_for(y, solver="sgd", max_iter=1, warm_start=True, learning_rate_init=1e-12)
    model.fit(X, y)
    model.coefs_[0][...] = -5000
    model.fit(X, y)
    report = diagnose(model, X, y)
    assert report.measures.loss == pytest.approx(50, rel=1e-3)
    assert report.measures.loss_as_recorded == pytest.approx(0.3604, rel=1e-3)
    assert "overfitting" not in report


def frame():
    pandas = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    table = pandas.DataFrame(rng.normal(size=(200, 2)), columns=["age", "gain"])
    table["gain"] *= 1e5
    table["work"] = rng.choice(["state", "private"], 200)
    return table, (table["age"] + (table["work"] == "state") > 0).astype(int)


def test_features_have_the_names_of_the_frame():
    X, y = frame()
    numbers = X[["age", "gain"]]
    assert "feature 'gain'" in diagnose(model_for(y, 5), numbers, y)["unscaled inputs"].finding
    fitted = model_for(y, 5, max_iter=20).fit(numbers, y)
    assert "feature 'gain'" in diagnose(fitted, numbers, y)["unscaled inputs"].finding
    assert (
        "feature 1 " in diagnose(model_for(y, 5), numbers.to_numpy(), y)["unscaled inputs"].finding
    )


@pytest.mark.parametrize("fitted", [False, True])
def test_pipelines_are_diagnosed_at_their_last_step(fitted):
    X, y = frame()
    steps = make_column_transformer(("passthrough", ["age", "gain"]), (OneHotEncoder(), ["work"]))
    model = make_pipeline(steps, model_for(y, 5, max_iter=20))
    if fitted:
        model.fit(X, y)
    report = diagnose(model, X, y)
    assert report.measures.fitted is fitted
    assert report.measures.estimator == "MLPClassifier"
    assert "gain" in report["unscaled inputs"].finding
    assert hasattr(model[0], "transformers_") is fitted  # nothing of it was fitted
    rows = StandardScaler().fit_transform(X[["age", "gain"]])
    pipeline = make_pipeline(StandardScaler(), model_for(y, 5, max_iter=20))
    numbers = X[["age", "gain"]].to_numpy()
    alone = model_for(y, 5, max_iter=20)
    if fitted:
        pipeline.fit(numbers, y)
        alone.fit(rows, y)
    assert diagnose(pipeline, numbers, y).measures.loss == pytest.approx(
        diagnose(alone, rows, y).measures.loss
    )
    assert check_gradients(pipeline, numbers, y, n_probes=3).passed


def test_displays_take_pipelines_and_networks():
    pytest.importorskip("matplotlib").use("Agg")
    import matplotlib.pyplot as plt

    X, y = scaled(*datasets.load_wine(return_X_y=True))
    pipeline = make_pipeline(StandardScaler(), model_for(y, 5, max_iter=20)).fit(X, y)
    net = Network([Dense(6, "tanh"), Residual([Dense(6, "relu")]), Dense(3)], "log_loss")
    net.fit(X, y, epochs=5, X_val=X, y_val=y)
    for model in (pipeline, net):
        for display in (ActivationDisplay, GradientFlowDisplay):
            display.from_estimator(model, X, y)
        LossCurveDisplay.from_estimator(model)
        FirstLayerWeightsDisplay.from_estimator(model)
    plt.close("all")


SINE = CustomActivation(np.sin, np.cos, "sine")
NETWORKS = {
    "plain": ([Dense(6, "tanh"), Dense(5, "relu")], ["tanh", "relu"]),
    "norms": (
        [Dense(6), LayerNorm(), Activation("tanh"), Dense(5), BatchNorm(), Activation("relu")],
        ["tanh", "relu"],
    ),
    "norm behind": ([Dense(6, "relu"), Dropout(0.2), BatchNorm()], ["relu"]),
    "norm first": ([BatchNorm(), Dense(6, "silu")], ["silu"]),
    "residual": ([Dense(5, "relu"), Residual([Dense(5, SINE)])], ["relu", "sine"]),
    "projection": (
        [GaussianNoise(0.1), Residual([Dense(5), Dense(7, "elu")])],
        ["identity", "elu"],
    ),
    "bernoulli": (
        [Dense(5, "bernoulli"), Residual([Dense(5), Dropout(0.1)])],
        ["bernoulli", "identity"],
    ),
    "linear": ([], []),
}


@pytest.mark.parametrize("fitted", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_are_diagnosed_layer_by_layer(name, fitted):
    layers, activations = NETWORKS[name]
    X, y = scaled(*datasets.load_wine(return_X_y=True))
    net = Network([*layers, Dense(3)], "log_loss", random_state=0)
    if fitted:
        net.fit(X, y, epochs=5)
        before = net.parameters.copy()
    report = diagnose(net, X, y)
    assert [layer.activation for layer in report.layers] == [*activations, "identity"]
    assert report.measures.fitted is fitted
    assert "Network" in str(report)
    if not fitted:
        assert not hasattr(net, "compiled")
        return
    np.testing.assert_array_equal(net.parameters, before)
    p = net.predict(X)
    assert report.measures.loss == pytest.approx(-np.log(p[np.arange(len(y)), y]).mean())
    outputs = net.predict(X, raw=True)
    assert report.layers[-1].variance == pytest.approx(outputs.var())
    delta = p - np.eye(3)[y]
    few = np.sort(np.random.RandomState(0).permutation(len(X))[:64])
    assert report.layers[-1].delta == pytest.approx(np.sqrt((delta[few] ** 2).sum(axis=1).mean()))


def test_a_network_and_an_estimator_of_the_same_weights_have_the_same_report():
    X, y = scaled(*datasets.load_wine(return_X_y=True))
    settings = {"batch_norm": True, "residual": True, "activation": ["relu", "tanh"]}
    model = model_for(y, 6, 6, max_iter=20, **settings).fit(X, y)
    inner = [Residual([Dense(6), BatchNorm(), Activation(name)]) for name in settings["activation"]]
    net = Network([*inner, Dense(3)], "log_loss", random_state=0).fit(X, y, epochs=1)
    blocks = net.named_parameters
    for k, (norm, coef) in enumerate(zip(model.norms_, (0, 2), strict=True)):
        blocks[f"coef_{coef}"][...] = model.coefs_[k]
        blocks[f"intercept_{coef}"][...] = model.intercepts_[k]
        blocks[f"gain_{k}"][...], blocks[f"shift_{k}"][...] = norm["gain"], norm["shift"]
        net.compiled.running[k][0][...] = norm["mean"]
        net.compiled.running[k][1][...] = norm["variance"]
    blocks["coef_1"][...] = model.projections_[0]
    blocks["coef_3"][...], blocks["intercept_3"][...] = model.coefs_[2], model.intercepts_[2]
    np.testing.assert_allclose(net.predict(X), model.predict_proba(X), rtol=1e-10)
    for a, b in zip(diagnose(net, X, y).layers, diagnose(model, X, y).layers, strict=True):
        for name in ("mean", "variance", "signal", "delta", "gradient_norm", "weight_norm", "gain"):
            assert getattr(a, name) == pytest.approx(getattr(b, name), rel=1e-9), name


def test_a_network_that_overfits_by_its_watched_rows():
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(60, 10)), rng.normal(size=60)
    net = Network([Dense(100, "relu"), Dense(1)], random_state=0)
    net.fit(X[:40], y[:40], epochs=600, learning_rate=0.01, X_val=X[40:], y_val=y[40:])
    net.validation_loss_curve_[-1] = min(net.validation_loss_curve_) - 1e-9  # the last is kept
    assert "overfitting" in diagnose(net, X[40:], y[40:])
