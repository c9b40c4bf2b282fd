"""diagnose: sick networks get their verdict, healthy ones none, and the numbers are right."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn import datasets
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from fastnn import MLPClassifier, MLPRegressor
from fastnn.inspection import THRESHOLDS, Verdict, diagnose


def make_data(rng):
    X = rng.normal(size=(200, 10))
    return X, X @ rng.normal(size=10) / 3, 0.1 * rng.normal(size=200)


X, LINEAR, NOISE = make_data(np.random.RandomState(0))
CLASSES = np.digitize(LINEAR, [-0.5, 0.5])


def scaled(loader):
    features, target = loader(return_X_y=True)
    if target.dtype.kind == "f":
        target = (target - target.mean()) / target.std()
    return StandardScaler().fit_transform(features), target


def digits():
    features, target = datasets.load_digits(return_X_y=True)
    return features / 16, target


HEALTHY = {
    "digits": digits,
    "breast cancer": lambda: scaled(datasets.load_breast_cancer),
    "diabetes": lambda: scaled(datasets.load_diabetes),
    "classification": lambda: datasets.make_classification(
        600, 20, n_informative=8, random_state=0
    ),
    "regression": lambda: (X, LINEAR + NOISE),
}


def model_for(y, *hidden, **parameters):
    estimator = MLPClassifier if y.dtype.kind in "ib" else MLPRegressor
    return estimator(hidden_layer_sizes=hidden, random_state=0).set_params(**parameters)


def drawn(y, hidden, activation, sigma, features=X):
    """A model with weights drawn at this scale."""
    model = model_for(y, *hidden, activation=activation, max_iter=1).fit(features, y)
    rng = np.random.RandomState(1)
    for coef, intercept in zip(model.coefs_, model.intercepts_, strict=True):
        coef[...] = rng.normal(0, sigma, coef.shape)
        intercept[...] = 0
    return model


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_fits_raise_no_alarm(name, activation, seed):
    features, y = HEALTHY[name]()
    train, test = slice(None, None, 2), slice(1, None, 2)
    model = model_for(y, 50, 20, activation=activation, random_state=seed, max_iter=100)
    reports = [diagnose(model, features[train], y[train])]
    model.fit(features[train], y[train])
    reports += [diagnose(model, features[part], y[part]) for part in (train, test)]
    assert [report.verdicts for report in reports] == [[], [], []]
    assert "No alarm." in str(reports[1])
    assert [report.measures.fitted for report in reports] == [False, True, True]


@pytest.mark.parametrize(
    "options",
    [
        {"dropout": 0.2},
        {"batch_norm": True},
        {"layer_norm": True},
        {"residual": True},
        {"residual": True, "batch_norm": True, "dropout": [0.1, 0.0]},
        {"input_noise": 0.1, "averaging": "ema"},
        {"input_dropout": 0.1, "averaging": "swa", "averaging_start": 0.3},
        {"l1_ratio": 1.0},
        {"activation": ["tanh", "silu"]},
        {"early_stopping": True, "dropout": 0.1},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", [name for name in HEALTHY if name != "digits"])
def test_healthy_fits_with_options_raise_no_alarm(name, options):
    features, y = HEALTHY[name]()
    train, test = slice(None, None, 2), slice(1, None, 2)
    epochs = 250 if "dropout" in options else 100  # else the loss may still be falling
    model = model_for(y, 50, 20, max_iter=epochs, **options)
    reports = [diagnose(model, features[train], y[train])]
    model.fit(features[train], y[train])
    reports += [diagnose(model, features[part], y[part]) for part in (train, test)]
    assert [report.verdicts for report in reports] == [[], [], []]


def test_small_weights_ten_layers_deep_vanish_with_their_layers_named():
    report = diagnose(drawn(CLASSES, (30,) * 10, "logistic", 0.1), X, CLASSES)
    verdict = report["vanishing gradients"]
    assert verdict.layers == [f"hidden layer {k}" for k in range(1, 8)]
    assert "hidden layers 1, 2, 3, 4, 5, 6, 7)" in str(report)
    assert "relu" in verdict.remedy
    assert "exploding" not in report


@pytest.mark.parametrize("y", [CLASSES, LINEAR], ids=["classifier", "regressor"])
def test_so_do_the_initial_weights_of_an_estimator_not_fitted(y):
    model = model_for(y, *(30,) * 10, activation="logistic")
    report = diagnose(model, X, y)
    assert report["vanishing gradients"].layers[0] == "hidden layer 1"
    assert not hasattr(model, "coefs_")


@pytest.mark.parametrize("y", [CLASSES, CLASSES > 0, LINEAR], ids=["softmax", "binary", "number"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("hidden", [(), (5,), (100,), (20, 20), (50, 20, 10), (20,) * 10], ids=str)
def test_sigma_5_explodes(y, activation, hidden):
    report = diagnose(drawn(y, hidden, activation, 5.0), X, y)
    assert "exploding" in report
    assert "clip_norm" in report["exploding"].remedy


def test_signals_vanish_apart_from_gradients():
    """In widening layers signals shrink by sigma sqrt(n_in), gradients by sigma sqrt(n_out)."""
    model = drawn(LINEAR, (90, 800), "tanh", 0.005)
    model.coefs_[2][...] = 1.0
    report = diagnose(model, X, LINEAR)
    assert report["vanishing signals"].layers == ["hidden layer 2"]
    assert "vanishing gradients" not in report


def test_gradients_vanish_apart_from_signals():
    model = drawn(LINEAR, (30, 30), "tanh", 0.2)
    model.coefs_[2][...] = 1e-5
    report = diagnose(model, X, LINEAR)
    assert report["vanishing gradients"].layers == ["hidden layer 1", "hidden layer 2"]
    assert "vanishing signals" not in report


def test_dead_units():
    model = drawn(CLASSES, (20, 8), "relu", 0.3)
    model.intercepts_[1][:6] = -100
    report = diagnose(model, X, CLASSES)
    assert report["dead units"].layers == ["hidden layer 2"]
    assert "75%" in report["dead units"].finding
    assert report.layers[1].dead == 6
    few = diagnose(model, X[:20], CLASSES[:20])
    assert "dead units" not in few


@pytest.mark.parametrize("activation", ["tanh", "logistic"])
def test_saturated(activation):
    model = drawn(CLASSES, (20, 20), activation, 0.3)
    model.intercepts_[1][:15] = 12.0
    report = diagnose(model, X, CLASSES)
    assert report["saturated"].layers == ["hidden layer 2"]
    assert 0.74 < report.layers[1].saturated < 0.8
    assert "saturated" not in diagnose(drawn(CLASSES, (20, 20), activation, 0.3), X, CLASSES)


@pytest.mark.parametrize(
    "change",
    [lambda z: z * 255, lambda z: z + 1000, lambda z: z * 1e-4],
    ids=["large", "far", "small"],
)
def test_unscaled_inputs(change):
    model = model_for(CLASSES, 10)
    assert "unscaled inputs" in diagnose(model, change(X), CLASSES)
    assert "unscaled inputs" not in diagnose(model, X, CLASSES)


def test_one_feature_out_of_scale():
    features = np.hstack([X * 1e-3, LINEAR[:, None]])
    features[:, -1] *= 10
    report = diagnose(model_for(CLASSES, 10), features, CLASSES)
    assert "feature 10 is" in report["unscaled inputs"].finding


def test_unscaled_targets():
    y = 500 + 100 * LINEAR
    model = model_for(y, 10)
    assert "unscaled targets" in diagnose(model, X, y)
    assert "unscaled targets" in diagnose(model.fit(X, y), X, y)
    assert "unscaled targets" not in diagnose(model.set_params(solver="lbfgs"), X, y)
    trained = model_for(y, 10, learning_rate_init=1.0).fit(X, y)
    assert "unscaled targets" not in diagnose(trained, X, y)


def test_correlated_inputs(rng):
    common = rng.normal(size=(200, 1))
    twins = np.hstack([X, X[:, :1] + 1e-4 * rng.normal(size=(200, 1))])
    one_factor = common + 0.02 * X
    model = model_for(CLASSES, 10)
    for features in (twins, one_factor):
        report = diagnose(model, features, CLASSES)
        assert "whiten" in report["correlated inputs"].remedy
    exact = np.hstack([X, X[:, :1], np.ones((200, 1))])  # leaves a direction without data: no harm
    assert "correlated inputs" not in diagnose(model, exact, CLASSES)


def test_the_condition_number_is_that_of_the_correlations(rng):
    features = X @ rng.normal(size=(10, 10)) * np.arange(1, 11)
    report = diagnose(model_for(CLASSES, 10), features, CLASSES)
    expected = np.linalg.cond(np.corrcoef(features.T))
    assert report.measures.inputs.condition_number == pytest.approx(expected)


def test_overfitting(rng):
    noise = rng.normal(size=200)
    model = model_for(noise, 100, max_iter=1000, learning_rate_init=0.01).fit(X[:100], noise[:100])
    assert "overfitting" not in diagnose(model, X[:100], noise[:100])
    report = diagnose(model, X[100:], noise[100:])
    assert "early_stopping" in report["overfitting"].remedy
    assert "underfitting" not in report


def test_overfitting_by_the_validation_rows(rng):
    noise = rng.normal(size=60)
    settings = {"early_stopping": True, "max_iter": 400, "n_iter_no_change": np.inf}
    model = model_for(noise, 100, learning_rate_init=0.01, solver="sgd", **settings)
    # The best epoch is restored: only where even that has a gap is there anything to say.
    model.fit(X[:60], noise)
    assert "overfitting" not in diagnose(model, X[:60], noise)
    model.validation_scores_[-1] = 1e9
    assert "overfitting" in diagnose(model, X[:60], noise)


def test_underfitting(rng):
    noise = rng.randint(0, 3, 200)
    model = model_for(noise, 10, alpha=100.0).fit(X, noise)
    assert "underfitting" in diagnose(model, X, noise)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("name", ["digits", "regression"])
def test_learning_rates_far_too_low(name, solver, activation):
    features, y = HEALTHY[name]()
    model = model_for(y, 50, 20, activation=activation, solver=solver, learning_rate_init=1e-5)
    report = diagnose(model.set_params(max_iter=60, tol=0).fit(features, y), features, y)
    assert "learning rate too low" in report
    assert "learning rate too high" not in report


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("name", ["digits", "regression", "diabetes"])
def test_learning_rates_far_too_high(name, activation):
    features, y = HEALTHY[name]()
    model = model_for(y, 50, 20, activation=activation, learning_rate_init=1.0)
    report = diagnose(model.fit(features, y), features, y)
    assert "learning rate too low" not in report
    assert {"learning rate too high", "exploding"} & {v.name for v in report.verdicts}


@pytest.mark.parametrize("options", [{"dropout": 0.2}, {"batch_norm": True}, {"residual": True}])
@pytest.mark.parametrize("name", ["digits", "regression", "diabetes"])
def test_learning_rates_far_too_high_with_options(name, options):
    features, y = HEALTHY[name]()
    model = model_for(y, 50, 20, learning_rate_init=3.0, max_iter=50, **options)
    report = diagnose(model.fit(features, y), features, y)
    assert "learning rate too high" in report


def test_what_chance_explains_is_not_the_learning_rate():
    features, y = HEALTHY["classification"]()
    model = model_for(y, 50, 20, dropout=0.5, random_state=1).fit(features, y)
    report = diagnose(model, features, y)
    half = model.loss_curve_[len(model.loss_curve_) // 2 :]
    rise = np.maximum(np.diff(half), 0.0).mean()
    assert rise > 0.03 * np.mean(half)
    assert report.verdicts == []
    assert 0.3 < rise / (report.measures.noise / np.sqrt(np.pi)) < 1.7


@pytest.mark.parametrize("y", [np.ones(200), np.zeros(200, int)], ids=["number", "class"])
def test_a_constant_target(y):
    report = diagnose(model_for(y, 5, max_iter=20).fit(X, y), X, y)
    assert report.measures.constant_loss == pytest.approx(0, abs=1e-8)
    assert report.verdicts == []


def test_weights_that_are_not_finite():
    model = drawn(CLASSES, (10, 10), "relu", 0.3)
    model.coefs_[1][0, 0] = np.nan
    report = diagnose(model, X, CLASSES)
    assert report["exploding"].layers == ["hidden layer 2", "output layer"]
    assert "vanishing gradients" not in report
    assert "nan" in str(report)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_numbers_of_a_layer(activation):
    """Against the definitions, with NumPy."""
    f = {"tanh": np.tanh, "relu": lambda a: np.maximum(a, 0)}[activation]
    slope = {"tanh": lambda h: 1 - h**2, "relu": lambda h: (h > 0) * 1.0}[activation]
    few, y = X[:50], LINEAR[:50]
    model = drawn(y, (7,), activation, 1.0, few).set_params(alpha=0.0, learning_rate_init=0.01)
    report = diagnose(model, few, y)
    hidden = f(few @ model.coefs_[0])
    error = hidden @ model.coefs_[1] - y[:, None]
    delta = error @ model.coefs_[1].T * slope(hidden)
    layer, last = report.layers
    assert layer.name == "hidden layer 1"
    assert layer.activation == activation
    assert layer.n_units == 7
    assert layer.mean == pytest.approx(hidden.mean())
    assert layer.variance == pytest.approx(hidden.var())
    assert layer.signal == pytest.approx(np.sqrt(hidden.var(axis=0).mean()))
    assert layer.zeros == pytest.approx((hidden == 0).mean())
    assert layer.dead == 0
    gradient = np.linalg.norm(few.T @ delta / 50)
    assert layer.gradient_norm == pytest.approx(gradient)
    assert layer.delta == pytest.approx(np.sqrt((delta**2).sum(axis=1).mean()))
    weights = np.linalg.norm(model.coefs_[0])
    assert layer.weight_norm == pytest.approx(weights)
    assert layer.gain == pytest.approx(np.sqrt(10 * (model.coefs_[0] ** 2).mean()))
    assert layer.update_ratio == pytest.approx(0.01 * gradient / weights)
    if activation == "tanh":
        assert layer.saturated == pytest.approx((np.abs(hidden) > 0.99).mean())
    else:
        assert layer.saturated is None
    assert last.name == "output layer"
    assert last.delta == pytest.approx(np.sqrt((error**2).mean()))
    assert report.measures.loss == pytest.approx((error**2).mean() / 2)
    assert report.measures.constant_loss == pytest.approx(y.var() / 2)


def test_the_best_constant_of_classes_has_their_entropy():
    shares = np.bincount(CLASSES) / len(CLASSES)
    report = diagnose(model_for(CLASSES, 5), X, CLASSES)
    assert report.measures.constant_loss == pytest.approx(-(shares * np.log(shares)).sum())


@pytest.mark.parametrize(
    ("loss", "constant"),
    [
        ("absolute_error", np.median),
        ("quantile", lambda y: np.quantile(y, 0.9)),
        ("huber", None),
        ("log_cosh", None),
        ("poisson", lambda y: np.log(y.mean())),
        ("gamma", lambda y: np.log(y.mean())),
        ("tweedie", lambda y: np.log(y.mean())),
    ],
)
def test_the_best_constant_of_every_loss_with_its_parameters(loss, constant):
    y = np.exp(LINEAR)
    options = {"quantile": 0.9} if loss == "quantile" else {}
    rate = {"learning_rate_init": 0.01}
    model = model_for(y, 5, loss=loss, max_iter=200, **rate, **options).fit(X, y)
    report = diagnose(model, X, y)
    alone = MLPRegressor(hidden_layer_sizes=(), loss=loss, max_iter=1, **options).fit(X, y)
    alone.coefs_[0][...] = 0

    def loss_of(z):
        alone.intercepts_[0][...] = z
        return diagnose(alone, X, y).measures.loss

    if constant is None:
        best = minimize_scalar(loss_of, bounds=(0, 5), method="bounded").fun
    else:
        best = loss_of(constant(y))
    assert report.measures.constant_loss == pytest.approx(best, rel=1e-4)
    assert report.measures.loss < best


@pytest.mark.parametrize("loss", ["hinge", "perceptron", "focal"])
@pytest.mark.parametrize("y", [CLASSES, CLASSES > 0], ids=["three", "two"])
def test_losses_of_classes_raise_no_alarm(loss, y):
    model = model_for(y, 20, loss=loss, max_iter=200, learning_rate_init=0.01).fit(X, y)
    report = diagnose(model, X, y)
    assert report.verdicts == []
    assert report.measures.loss == pytest.approx(model.loss_, rel=0.1, abs=0.003)


def test_losses_are_in_the_units_of_the_loss_curve():
    y = np.column_stack([LINEAR, X[:, 0], X[:, 1]])
    model = model_for(y, 20, max_iter=60, alpha=0.0).fit(X, y)
    report = diagnose(model, X, y)
    assert report.measures.loss == pytest.approx(model.loss_curve_[-1], rel=0.1)
    assert report.measures.constant_loss == pytest.approx(y.var(axis=0).mean() / 2)


def test_many_rows_sparse_input_and_float32():
    many = np.tile(X, (60, 1)).astype(np.float32)
    y = np.tile(CLASSES, 60)
    model = model_for(y, 10, max_iter=5).fit(csr_matrix(many), y)
    report = diagnose(model, csr_matrix(many), y)
    assert report.measures.n_rows == 10_000
    assert report.measures.inputs.condition_number is None
    dense = diagnose(model, many, y)
    assert [v.name for v in dense.verdicts] == [v.name for v in report.verdicts]
    assert dense.measures.loss == pytest.approx(report.measures.loss)
    np.testing.assert_allclose(dense.measures.inputs.sizes, report.measures.inputs.sizes, rtol=1e-6)


def test_as_text_and_html():
    report = diagnose(drawn(CLASSES, (30,) * 10, "logistic", 0.1), X, CLASSES)
    text, html = str(report), report._repr_html_()
    for word in ("hidden layer 10", "logistic", "vanishing gradients", "Remedy", "200 rows"):
        assert word in text
        assert word in html
    assert "vanishing gradients" in repr(report)
    assert html.count("<tr>") == 12
    report.verdicts.append(Verdict("<script>", "&", "<b>", []))
    assert "<script>" not in report._repr_html_()
    with pytest.raises(KeyError):
        report["fine"]


def test_every_threshold_has_a_reason():
    assert all(limit.value > 0 and len(limit.reason) > 20 for limit in THRESHOLDS.values())


def test_other_models_are_refused():
    with pytest.raises(TypeError, match=r"diagnose takes an MLPClassifier, .* LogisticRegression"):
        diagnose(LogisticRegression(), X, CLASSES)
    with pytest.raises(ValueError, match="features"):
        diagnose(model_for(CLASSES, 3).fit(X, CLASSES), X[:, :4], CLASSES)
