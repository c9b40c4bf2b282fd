"""The losses of the estimators, against scikit-learn's linear models and by their definitions."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import (
    GammaRegressor,
    LogisticRegression,
    Perceptron,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    TweedieRegressor,
)
from sklearn.metrics import d2_pinball_score, hinge_loss, mean_pinball_loss
from sklearn.preprocessing import StandardScaler

from fastnn import MLPClassifier, MLPRegressor

X_IRIS, Y_IRIS = load_iris(return_X_y=True)
X_IRIS = StandardScaler().fit_transform(X_IRIS)
X, Y = load_diabetes(return_X_y=True)
X, Y = StandardScaler().fit_transform(X), Y / 100
LINEAR = {"hidden_layer_sizes": (), "solver": "lbfgs", "max_iter": 2000, "tol": 1e-9}

MARGINS = ["hinge", "perceptron"]
CLASSIFIER = ["log_loss", "focal", *MARGINS]
REGRESSOR = [
    *("squared_error", "absolute_error", "huber", "log_cosh", "quantile"),
    *("poisson", "gamma", "tweedie"),
]
LABELS = {
    "binary": Y_IRIS > 0,
    "multiclass": np.array(["a", "b", "c"])[Y_IRIS],
    "multilabel": np.c_[Y_IRIS > 0, Y_IRIS < 2].astype(int),
}


@pytest.mark.parametrize(
    ("loss", "model", "y"),
    [
        ("squared_error", Ridge(alpha=0.5), Y),
        ("poisson", PoissonRegressor(alpha=0.5 / len(X), tol=1e-9, max_iter=9999), Y),
        ("gamma", GammaRegressor(alpha=0.5 / len(X), tol=1e-9, max_iter=9999), Y),
        ("tweedie", TweedieRegressor(power=1.5, alpha=0.5 / len(X), tol=1e-9, max_iter=9999), Y),
    ],
    ids=["ridge", "poisson", "gamma", "tweedie"],
)
def test_no_hidden_layer_is_the_linear_model(loss, model, y):
    ours = MLPRegressor(loss, **LINEAR, alpha=0.5, random_state=0).fit(X, y)
    model.fit(X, y)
    np.testing.assert_allclose(ours.coefs_[0].ravel(), model.coef_, atol=1e-4)
    np.testing.assert_allclose(ours.intercepts_[0], model.intercept_, atol=1e-4)


def test_no_hidden_layer_is_logistic_regression():
    for y in (Y_IRIS > 0, Y_IRIS):
        ours = MLPClassifier(**LINEAR, alpha=0.3, random_state=0).fit(X_IRIS, y)
        model = LogisticRegression(C=1 / 0.3, tol=1e-9, max_iter=9999).fit(X_IRIS, y)
        np.testing.assert_allclose(
            ours.predict_proba(X_IRIS), model.predict_proba(X_IRIS), atol=1e-4
        )


@pytest.mark.parametrize("labels", ["binary", "multiclass"])
def test_perceptron_is_the_perceptron(labels):
    """Batches of one row, no shuffle, no momentum: the perceptron's rule, weight for weight."""
    y = LABELS[labels]
    ours = MLPClassifier(
        (),
        loss="perceptron",
        solver="sgd",
        momentum=0.0,
        alpha=0.0,
        batch_size=1,
        learning_rate_init=1.0,
        init="zeros",
        shuffle=False,
        max_iter=7,
        n_iter_no_change=np.inf,
    ).fit(X_IRIS, y)
    theirs = Perceptron(shuffle=False, max_iter=7, tol=None).fit(X_IRIS, y)
    np.testing.assert_allclose(ours.coefs_[0].T, theirs.coef_, atol=1e-12)
    np.testing.assert_allclose(ours.intercepts_[0], theirs.intercept_, atol=1e-12)
    np.testing.assert_array_equal(ours.predict(X_IRIS), theirs.predict(X_IRIS))


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("loss", CLASSIFIER)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_classifiers_learn(loss, labels, solver):
    y = LABELS[labels]
    model = MLPClassifier((16,), loss=loss, solver=solver, max_iter=150, random_state=0)
    model.set_params(learning_rate_init=0.01).fit(X_IRIS, y)
    assert model.score(X_IRIS, y) > 0.85
    assert hasattr(model, "predict_proba") == (loss not in MARGINS)
    assert hasattr(model, "decision_function") == (loss in MARGINS)


def test_hinge_loss_is_that_of_the_decision_values():
    model = MLPClassifier((), loss="hinge", solver="lbfgs", alpha=0.0, random_state=0)
    model.fit(X_IRIS, Y_IRIS > 0)
    expected = hinge_loss(Y_IRIS > 0, model.decision_function(X_IRIS))
    assert model.loss_ == pytest.approx(expected, abs=1e-12)


def test_margins_can_be_calibrated():
    model = CalibratedClassifierCV(MLPClassifier((8,), loss="hinge", max_iter=300, random_state=0))
    assert model.fit(X_IRIS, Y_IRIS).score(X_IRIS, Y_IRIS) > 0.9


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("loss", CLASSIFIER)
def test_early_stopping_watches_the_accuracy(loss, labels):
    y = LABELS[labels]
    model = MLPClassifier((8,), loss=loss, early_stopping=True, max_iter=40, random_state=0)
    model.set_params(learning_rate_init=0.05, validation_fraction=0.3).fit(X_IRIS, y)
    assert model.best_validation_score_ > 0.7


@pytest.mark.parametrize("labels", LABELS)
def test_smoothed_labels_make_modest_probabilities(labels):
    y, parameters = LABELS[labels], {"solver": "lbfgs", "alpha": 0.0, "random_state": 0}
    sure = MLPClassifier((8,), **parameters).fit(X_IRIS, y).predict_proba(X_IRIS)
    modest = MLPClassifier((8,), label_smoothing=0.2, **parameters).fit(X_IRIS, y)
    modest = modest.predict_proba(X_IRIS)
    k = 2 if labels != "multiclass" else 3
    assert sure.max() > 0.99
    assert np.median(modest.max(axis=1)) == pytest.approx(1 - 0.2 + 0.2 / k, abs=0.05)


def test_focal_loss_without_gamma_is_the_log_loss():
    for y in LABELS.values():
        focal = MLPClassifier((8,), loss="focal", focal_gamma=0.0, max_iter=5, random_state=0)
        plain = MLPClassifier((8,), max_iter=5, random_state=0).fit(X_IRIS, y)
        np.testing.assert_allclose(focal.fit(X_IRIS, y).loss_curve_, plain.loss_curve_, rtol=1e-9)


@pytest.mark.parametrize("loss", REGRESSOR)
@pytest.mark.parametrize("n_targets", [1, 2])
def test_regressors_learn(loss, n_targets):
    y = Y if n_targets == 1 else np.c_[Y, 4 - Y]
    model = MLPRegressor(loss, (16,), solver="lbfgs", alpha=1.0, max_iter=200, random_state=0)
    assert model.fit(X, y).score(X, y) > 0.45
    assert model.predict(X).shape == y.shape


def test_quantiles_are_those_of_the_linear_program():
    """The pinball loss has corners, where a gradient method stops a little early."""
    model = MLPRegressor("quantile", (), quantile=0.8, alpha=0.0, learning_rate_init=0.02)
    model.set_params(max_iter=1500, schedule="cosine", n_iter_no_change=np.inf, random_state=0)
    model.set_params(batch_size=len(X)).fit(X, Y)
    exact = QuantileRegressor(quantile=0.8, alpha=0.0).fit(X, Y)
    least = mean_pinball_loss(Y, exact.predict(X), alpha=0.8)
    assert mean_pinball_loss(Y, model.predict(X), alpha=0.8) < 1.002 * least
    assert np.mean(model.predict(X) > Y) == pytest.approx(0.8, abs=0.03)


def test_several_levels_are_columns_target_by_target():
    levels = [0.1, 0.5, 0.9]
    model = MLPRegressor("quantile", (8,), quantile=levels, solver="lbfgs", random_state=0)
    p = model.fit(X, np.c_[Y, -Y]).predict(X)
    assert p.shape == (len(X), 6)
    for column, target, level in zip(p.T, [Y] * 3 + [-Y] * 3, levels * 2, strict=True):
        assert np.mean(column > target) == pytest.approx(level, abs=0.08)
    one = MLPRegressor("quantile", (8,), quantile=levels, solver="lbfgs", random_state=0).fit(X, Y)
    p = one.predict(X)
    scores = [d2_pinball_score(Y, p[:, i], alpha=level) for i, level in enumerate(levels)]
    assert one.score(X, Y) == pytest.approx(np.mean(scores))


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (MLPRegressor("gamma"), "loss='gamma' needs targets in the range"),
        (MLPRegressor("poisson"), "loss='poisson' needs targets in the range"),
        (MLPRegressor("quantile", quantile=[0.5, 1.0]), "level must be one or several numbers"),
        (
            MLPClassifier(loss="hinge", label_smoothing=0.1),
            "label_smoothing is for loss='log_loss'",
        ),
    ],
)
def test_what_does_not_fit_is_refused(estimator, message):
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, np.sign(Y - 1.5))
