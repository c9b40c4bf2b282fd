"""Early stopping keeps the best weights of a fit that diverges, as scikit-learn does."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from fastnn import DivergenceError, MLPClassifier, MLPRegressor, load, save

X = np.random.RandomState(0).normal(size=(300, 4))
Y = X[:, 0] * 3 + X[:, 1]
WILD = {"solver": "sgd", "activation": "identity", "hidden_layer_sizes": (20,), "random_state": 0}


def rising(step, n_steps):
    """A learning rate that is good for some epochs and then far too high."""
    return 1.0 if step < 20 else 1e300


def wild(cls=MLPRegressor, **more):
    return cls(
        **WILD, schedule=rising, learning_rate_init=0.01, max_iter=50, early_stopping=True
    ).set_params(**more)


def fitted(model, y=Y, dtype=np.float64):
    with pytest.warns(ConvergenceWarning, match="Training diverged in epoch") as record:
        model.fit(X.astype(dtype), y)
    return model, [str(w.message) for w in record]


@pytest.mark.parametrize("more", [{}, {"averaging": "ema"}, {"averaging": "swa"}, {"n_init": 2}])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_best_weights_are_kept(more, dtype):
    model, texts = fitted(wild(**more, averaging_start=0), dtype=dtype)
    assert np.isfinite(model.coefs_[0]).all()
    assert model.score(X, Y) > 0.5
    *scores, last = model.validation_scores_
    assert np.isnan(last)
    assert type(last) is float
    assert model.best_validation_score_ == max(scores)
    assert len(texts) == 1
    assert f"epoch {model.n_iter_}" in texts[0]
    assert "lower learning_rate_init" in texts[0]
    assert len(model.validation_scores_) == len(model.loss_curve_) == model.n_iter_ < 50


def test_a_fit_that_diverges_at_once_keeps_the_weights_it_began_with():
    model, texts = fitted(wild(learning_rate_init=1e300))
    assert "the weights that training began with are kept" in texts[0]
    assert np.isfinite(model.predict(X)).all()


def test_a_warm_start_keeps_what_it_had():
    model = wild(schedule=None).fit(X, Y)
    before = model.predict(X)
    fitted(model.set_params(warm_start=True, learning_rate_init=1e300))
    np.testing.assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize("scoring", ["r2", "neg_mean_absolute_error", "loss"])
def test_scorers_that_refuse_nan_are_not_asked(scoring):
    model, _ = fitted(wild(scoring=scoring))
    assert np.isnan(model.validation_scores_[-1])


def test_predictions_that_overflow_have_no_score():
    def scorer(estimator, X, y):
        found = estimator.predict(X)
        assert np.isfinite(found).all()
        return -np.abs(found - y).mean()

    model = wild(schedule=None, max_iter=5, scoring=scorer)
    far = np.vstack([X[:50], np.full((1, 4), 1e308)])
    with np.errstate(all="ignore"):
        model.fit(X, Y, X_val=far, y_val=np.r_[Y[:50], 0])
    assert np.isnan(model.validation_scores_).any()


def test_without_early_stopping_it_stays_an_error():
    with pytest.raises(DivergenceError, match="Training diverged in epoch"):
        wild(early_stopping=False).fit(X, Y)


def test_a_search_finds_the_rate_that_works():
    model = wild(schedule=None)
    search = GridSearchCV(model, {"learning_rate_init": [1e300, 0.01]}, cv=2, error_score="raise")
    search.fit(X, Y)
    assert search.best_params_ == {"learning_rate_init": 0.01}


def test_a_classifier_and_its_file(tmp_path):
    model, _ = fitted(wild(MLPClassifier), y=Y > 0)
    model.set_params(schedule=None)
    save(model, tmp_path / "model.fnn")
    again = load(tmp_path / "model.fnn")
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    np.testing.assert_array_equal(again.validation_scores_, model.validation_scores_)
    assert str(again.loss_) == str(model.loss_)
    again.set_params(early_stopping=False, learning_rate_init=0.01).partial_fit(X, Y > 0)
    assert np.isfinite(again.coefs_[0]).all()
