"""More of what takes the place of scikit-learn's: weights of any size, scorers, attributes."""

import warnings

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import make_scorer
from sklearn.preprocessing import StandardScaler

from fastnn import MLPClassifier, MLPRegressor, Predictor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.RandomState(0).normal(size=(120, 3))
Y = (X[:, 0] > 0).astype(int)
W = np.random.RandomState(1).uniform(1, 2, 120)
SHORT = {"hidden_layer_sizes": (5,), "max_iter": 20, "random_state": 0}


# warm_start and partial_fit


def test_a_partial_fit_needs_no_class_to_be_present():
    model = MLPClassifier(**SHORT, warm_start=True)
    model.partial_fit(X, Y, classes=[0, 1, 2])
    other = MLPClassifier(**SHORT).partial_fit(X, Y, classes=[0, 1, 2])
    for estimator in (model, other):
        estimator.partial_fit(X[Y == 1], Y[Y == 1])
    np.testing.assert_array_equal(model.coefs_[0], other.coefs_[0])
    with pytest.raises(ValueError, match="warm_start can only be used where `y` has the same"):
        model.fit(X[Y == 1], Y[Y == 1])
    with pytest.raises(ValueError, match="`y` has classes not in"):
        model.partial_fit(X, Y + 2)


# Scorers


def seen_by(function, **fit):
    """The keywords that a scorer is called with."""
    seen = []
    model = MLPRegressor(**SHORT, early_stopping=True, scoring=function(seen))
    model.fit(X, X[:, 0], **fit)
    return set(seen)


def of_make_scorer(seen):
    def score(a, b, *, sample_weight=None):
        seen.append(None if sample_weight is None else len(sample_weight))
        return 0.0

    return make_scorer(score)


def with_weight(seen):
    def score(estimator, X, y, sample_weight=None):
        seen.append(None if sample_weight is None else len(sample_weight))
        return 0.0

    return score


def with_anything(seen):
    def score(estimator, X, y, **more):
        seen.append(len(more["sample_weight"]) if more else None)
        return 0.0

    return score


def without(seen):
    def score(estimator, X, y):
        seen.append(None)
        return 0.0

    return score


def of_make_scorer_without(seen):
    def score(a, b):
        seen.append(None)
        return 0.0

    return make_scorer(score)


@pytest.mark.parametrize(
    ("function", "takes"),
    [
        (of_make_scorer, True),
        (with_weight, True),
        (with_anything, True),
        (without, False),
        (of_make_scorer_without, False),
    ],
)
def test_a_scorer_gets_weights_if_it_takes_them(function, takes):
    assert seen_by(function) == {None}
    assert seen_by(function, sample_weight=W) == {12 if takes else None}
    val = {"X_val": X, "y_val": X[:, 0], "sample_weight_val": W}
    assert seen_by(function, **val) == {120 if takes else None}


@pytest.mark.parametrize("scoring", ["neg_max_error", "f1", "roc_auc", "balanced_accuracy"])
def test_named_scorers_with_class_weights(scoring):
    model = MLPClassifier(**SHORT, early_stopping=True, scoring=scoring, class_weight="balanced")
    assert np.isfinite(model.fit(X, Y).best_validation_score_)


# Weights too small or too large for float32


@pytest.mark.parametrize(
    "weight",
    [
        np.full(120, 1e-60),
        np.full(120, 1e-46),
        np.full(120, 5e-324),
        np.full(120, 1e60),
        np.logspace(-50, -47, 120),
        np.logspace(-60, 0, 120),
        np.logspace(280, 300, 120),
    ],
    ids=lambda w: f"{w[0]:.0e} to {w[-1]:.0e}",
)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_weights_of_any_size(weight, solver):
    options = {**SHORT, "alpha": 0, "solver": solver}
    unit = weight / weight.max()
    expected = MLPClassifier(**options).fit(X, Y, unit).predict_proba(X)
    for dtype, tolerance in ((np.float64, 1e-9), (np.float32, 2e-3)):
        rows = X.astype(dtype)
        found = MLPClassifier(**options).fit(rows, Y, weight).predict_proba(rows)
        np.testing.assert_allclose(found, expected, atol=tolerance)


@pytest.mark.parametrize("solver", ["sgd", "lbfgs"])
def test_the_penalty_is_in_the_unit_of_the_weights(solver):
    options = {**SHORT, "solver": solver, "l1_ratio": 0.3 if solver == "sgd" else 0.0}
    scale = 2.0**-60
    small = MLPRegressor(**options, alpha=0.5 * scale).fit(X, X[:, 0], scale * W)
    usual = MLPRegressor(**options, alpha=0.5).fit(X, X[:, 0], W)
    np.testing.assert_allclose(small.coefs_[0], usual.coefs_[0], atol=1e-9)
    assert small.loss_ == pytest.approx(usual.loss_)


def test_weights_that_are_zero_are_refused_in_both_dtypes():
    for dtype in (np.float32, np.float64):
        with pytest.raises(ValueError, match="at least one non-zero number"):
            MLPClassifier(**SHORT).fit(X.astype(dtype), Y, np.zeros(120))


# Fitted attributes that were set by hand


def made(cls, n_out, out, **more):
    rng = np.random.RandomState(1)
    model = cls(hidden_layer_sizes=(5,))
    model.coefs_ = [rng.normal(size=(3, 5)), rng.normal(size=(5, n_out))]
    model.intercepts_ = [rng.normal(size=5), rng.normal(size=n_out)]
    model.n_layers_, model.n_outputs_, model.out_activation_ = 3, n_out, out
    for name, value in more.items():
        setattr(model, name, value)
    return model


def raw(model):
    hidden = np.maximum(X @ model.coefs_[0] + model.intercepts_[0], 0)
    return hidden @ model.coefs_[1] + model.intercepts_[1]


HAND_MADE = {
    "regressor": (MLPRegressor, 1, "identity", {}),
    "two targets": (MLPRegressor, 2, "identity", {}),
    "poisson": (MLPRegressor, 1, "exp", {"loss": "poisson"}),
    "two classes": (MLPClassifier, 1, "logistic", {"classes_": np.array(["no", "yes"])}),
    "three classes": (MLPClassifier, 3, "softmax", {"classes_": np.array([2, 5, 7])}),
    "labels": (MLPClassifier, 3, "logistic", {"classes_": np.arange(3)}),
}


@pytest.mark.parametrize("name", HAND_MADE)
def test_public_attributes_are_enough_to_predict(name):
    cls, n_out, out, more = HAND_MADE[name]
    model, z = made(cls, n_out, out, **more), None
    z = raw(model)
    found = model.predict(X)
    if name == "two classes":
        assert (found == np.where(z[:, 0] > 0, "yes", "no")).all()
    elif name == "three classes":
        assert (found == np.array([2, 5, 7])[z.argmax(axis=1)]).all()
        np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)
    elif name == "labels":
        assert (found == (z > 0)).all()
    else:
        np.testing.assert_allclose(found.reshape(120, -1), np.exp(z) if out == "exp" else z)
    np.testing.assert_array_equal(Predictor(model, "float64").predict(X), found)
    assert model.transform(X).shape == (120, 5)
    assert model.input_gradients(X).shape[0] == 120
    with pytest.raises(ValueError, match=f"X has 2 features, but {cls.__name__} is expecting 3"):
        model.predict(X[:, :2])


def test_hand_made_weights_can_be_trained_on():
    model = made(MLPClassifier, 1, "logistic", classes_=np.array([0, 1]))
    before = model.coefs_[0].copy()
    model.partial_fit(X, Y)
    assert not np.array_equal(model.coefs_[0], before)
    assert np.abs(model.coefs_[0] - before).max() < 0.1  # from where they were


# Validation targets of another scale


def test_targets_that_were_transformed_on_the_way_are_told():
    prices = 2e5 + 8e4 * X[:, 0]
    model = TransformedTargetRegressor(
        MLPRegressor(**SHORT, early_stopping=True), transformer=StandardScaler()
    )
    with pytest.warns(UserWarning, match="y_val is of another scale than y.*Transformed"):
        model.fit(X, prices, X_val=X, y_val=prices)
    scaled = StandardScaler().fit_transform(prices[:, None]).ravel()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, prices, X_val=X, y_val=scaled)
        MLPRegressor(**SHORT, early_stopping=True).fit(X, prices, X_val=X[:5], y_val=prices[:5])
        MLPRegressor(**SHORT, early_stopping=True).fit(X, 0 * prices, X_val=X, y_val=prices)
