"""RecurrentClassifier and RecurrentRegressor as users of scikit-learn know estimators."""

import pickle

import numpy as np
import pytest
from kernel_cases import assert_same_bits
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastnn import RecurrentClassifier, RecurrentRegressor

SMALL = {"hidden_layer_sizes": 8, "learning_rate_init": 0.03, "random_state": 0}


@parametrize_with_checks(
    [RecurrentClassifier(max_iter=60, **SMALL), RecurrentRegressor(max_iter=60, **SMALL)]
)
def test_checks(estimator, check):
    check(estimator)


def ragged(n=40, width=2, seed=0):
    """Sequences of several lengths, and whether their first step's first number is positive."""
    rng = np.random.RandomState(seed)
    X = [rng.normal(size=(rng.randint(1, 9), width)) for _ in range(n)]
    return X, np.array([x[0, 0] > 0 for x in X])


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("more", [{}, {"output": "mean", "bidirectional": True}])
def test_a_sequence_has_one_prediction(cell, more):
    """Alone, in any company, in a list or an array, and whatever the number of threads."""
    X, y = ragged()
    params = {**SMALL, **more, "hidden_layer_sizes": (6, 5), "dropout": 0.1, "max_iter": 4}
    model = RecurrentClassifier(cell, **params).fit(X, y)
    p = model.predict_proba(X)
    assert_same_bits(np.vstack([model.predict_proba([x]) for x in X]), p)
    even = [x for x in X if len(x) == 5]
    assert_same_bits(model.predict_proba(np.array(even)), model.predict_proba(even))
    again = clone(model).set_params(n_jobs=1).fit(X, y)
    assert_same_bits(again.coefs_, model.coefs_)
    assert_same_bits(pickle.loads(pickle.dumps(model)).predict_proba(X), p)
    states = model.transform(X, output="all")
    assert states.shape == (40, 8, 5 * (1 + model.bidirectional))
    assert not states[len(X[0]) == 1, len(X[0]) :].any()
    logits = model.transform(X, output=more.get("output", "last")) @ model.coefs_[-1]
    np.testing.assert_allclose(
        (logits + model.intercepts_[-1])[:, 0], np.log(p[:, 1] / p[:, 0]), atol=1e-9
    )


def test_it_learns_from_sequences_of_several_lengths():
    X, y = ragged(300)
    model = RecurrentClassifier("gru", max_iter=60, batch_size=20, **SMALL).fit(X, y)
    assert model.score(*ragged(200, seed=1)) > 0.95
    assert model.n_features_in_ == model.step_width_ == 2


def test_partial_fit_and_warm_start_take_other_lengths():
    X, y = ragged(60)
    model = RecurrentClassifier(**SMALL)
    for _ in range(30):
        for begin in (0, 20, 40):
            model.partial_fit(X[begin : begin + 20], y[begin : begin + 20], classes=[False, True])
    assert model.score(X, y) > 0.9
    before = model.loss_
    model.set_params(warm_start=True, max_iter=3).fit(X[:50], y[:50])
    assert model.loss_ < before + 0.2
    assert model.predict(np.zeros((3, 20, 2))).shape == (3,)


def test_early_stopping_and_lbfgs_and_searches():
    X, y = ragged(120)
    held = {"X_val": X[80:], "y_val": y[80:]}
    model = RecurrentClassifier("rnn", early_stopping=True, max_iter=10, **SMALL)
    assert len(model.fit(X[:80], y[:80], **held).validation_scores_) == model.n_iter_
    target = np.array([x.sum() / len(x) for x in X])
    second = RecurrentRegressor(
        "gru", hidden_layer_sizes=5, solver="lbfgs", clip_norm=None, max_iter=60, random_state=0
    )
    assert second.fit(X, target).score(X, target) > 0.9
    search = GridSearchCV(RecurrentRegressor(max_iter=3, **SMALL), {"cell": ["gru", "rnn"]}, cv=2)
    assert search.fit(np.zeros((12, 5, 2)), np.arange(12.0)).best_params_


def test_gradients_by_the_input_are_those_of_its_numbers():
    X, y = ragged(20)
    model = RecurrentRegressor("lstm", max_iter=3, **SMALL).fit(X, y * 1.0)
    found = model.input_gradients(X)
    x = X[3].copy()
    x[0, 1] += 1e-6
    slope = (model.predict([x]) - model.predict([X[3]])) / 1e-6
    assert found[3, 0, 1] == pytest.approx(slope[0], abs=1e-6)
    assert not found[3, len(x) :].any()


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([np.ones((2, 3)), np.ones((0, 3))], r"X\[1\] has no steps.*leave empty sequences out"),
        ([np.ones((2, 3)), np.ones((4, 2))], r"X\[1\] has shape \(4, 2\)"),
        ([np.ones((2, 3)), np.full((4, 3), np.nan)], r"X\[1\] has nan at step 0, feature 0"),
        (np.full((2, 5, 3), np.inf), r"X\[0\] has inf at step 0"),
        (np.ones((2, 0, 3)), "X is empty"),
        ([], r"X is empty, got \[\]: pass a sequence at least"),
        (["abc", "ab"], "X is texts: set embedding"),
        ([np.array([["a"]]), np.array([["b"]])], r"X\[0\] must hold numbers"),
    ],
)
def test_bad_sequences_are_named(X, message):
    with pytest.raises(ValueError, match=message):
        RecurrentRegressor(**SMALL).fit(X, [1.0, 2.0])


def test_what_does_not_fit_is_named_and_leaves_the_model_as_it_was():
    X, y = ragged(20)
    model = RecurrentClassifier(max_iter=2, **SMALL).fit(X, y)
    p = model.predict_proba(X)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.fit(X, y[:-1])
    with pytest.raises(ValueError, match="X has 3 numbers a step, but RecurrentClassifier"):
        model.predict(np.ones((1, 4, 3)))
    with pytest.raises(ValueError, match=r"fitted on 2: pass .* or for a single sequence x \[x\]"):
        model.predict(X[0])
    with pytest.raises(ValueError, match=r"y has a target for each step of X.*set output='all'"):
        RecurrentRegressor(**SMALL).fit(X, [x[:, 0] for x in X])
    with pytest.raises(ValueError, match="must name the units of a recurrent layer"):
        RecurrentClassifier(hidden_layer_sizes=()).fit(X, y)
    with pytest.raises(ValueError, match="in the same form"):
        clone(model).set_params(early_stopping=True).fit(
            X, y, X_val=np.ones((2, 9, 2)), y_val=[0, 1]
        )
    assert_same_bits(model.predict_proba(X), p)
