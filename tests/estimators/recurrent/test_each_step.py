"""Recurrent estimators with a target at every step, and over categories."""

import numpy as np
import pytest
from kernel_cases import assert_same_bits
from sklearn.base import clone
from sklearn.metrics import accuracy_score, r2_score

from fastnn import RecurrentClassifier, RecurrentRegressor

SMALL = {"hidden_layer_sizes": 8, "output": "all", "batch_size": 10, "random_state": 0}


def sums(n=80, ragged=True):
    """Sequences of several lengths, and the running sum of their first number."""
    X = np.random.RandomState(0).normal(size=(n, 9, 2))
    X = [x[: 3 + i % 7] for i, x in enumerate(X)] if ragged else X
    return X, [np.cumsum(x[:, 0]) for x in X]


@pytest.mark.parametrize("ragged", [False, True], ids=["even", "ragged"])
def test_a_regressor_learns_running_sums(ragged):
    X, y = sums(ragged=ragged)
    model = RecurrentRegressor("gru", learning_rate_init=0.02, max_iter=60, **SMALL).fit(X, y)
    found = model.predict(X)
    assert [p.shape for p in found] == [t.shape for t in y]
    assert isinstance(found, list if ragged else np.ndarray)
    flat, targets = np.concatenate(list(found)), np.concatenate(y)
    assert model.score(X, y) == pytest.approx(r2_score(targets, flat))
    assert model.score(X, y) > 0.95
    # each step counts alike: the loss is that of all steps, under the weights of the epoch
    assert model.loss_ == pytest.approx(((flat - targets) ** 2).mean() / 2, rel=0.5)
    for i in (0, 5, 17):
        assert_same_bits(model.predict([X[i]])[0], np.ascontiguousarray(found[i]))
    weights = np.arange(80) % 3
    each = np.repeat(weights, [len(x) for x in X])
    assert model.score(X, y, weights) == pytest.approx(r2_score(targets, flat, sample_weight=each))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_classifier_tells_each_step(n_classes):
    X, y = sums()
    names = np.array(["less", "more", "most"])
    y = [names[np.digitize(t, [0, 1][: n_classes - 1])] for t in y]
    more = {"learning_rate_init": 0.03, "max_iter": 30, "early_stopping": True}
    model = RecurrentClassifier("gru", **SMALL, **more).fit(X, y)
    assert list(model.classes_) == list(names[:n_classes])
    found, p = model.predict(X), model.predict_proba(X)
    flat, labels = np.concatenate(found), np.concatenate(y)
    assert model.score(X, y) == accuracy_score(labels, flat) > 0.9
    assert 0.8 < model.best_validation_score_ <= 1
    for at, probabilities in zip(found, p, strict=True):
        assert (model.classes_[probabilities.argmax(axis=1)] == at).all()
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-12)
    assert_same_bits(model.predict_proba([X[4]])[0], np.ascontiguousarray(p[4]))
    assert_same_bits(model.predict_log_proba(X)[4], np.log(p[4]))


def test_sequences_of_no_weight_count_for_nothing():
    X, y = sums(20)
    model = RecurrentRegressor("rnn", max_iter=3, shuffle=False, **SMALL)
    kept = np.arange(20) < 10
    coefs = model.fit(X, y, kept.astype(float)).coefs_
    alone = RecurrentRegressor("rnn", max_iter=3, shuffle=False, **SMALL)
    half = alone.fit(X[:10], y[:10], np.ones(10)).coefs_
    for one, other in zip(coefs, half, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


TEXTS = ["the cat sat", "the hat", "a cat that sat at the mat"]


def test_texts_are_sequences_of_characters():
    X, y = [text[:-1] for text in TEXTS], [text[1:] for text in TEXTS]
    more = {"embedding": 4, "learning_rate_init": 0.03, "max_iter": 60, "batch_size": 3}
    model = RecurrentClassifier("lstm", **{**SMALL, **more, "hidden_layer_sizes": 24}).fit(X, y)
    assert model.score(X, y) > 0.8
    assert "".join(model.categories_) == " acehmst"
    assert model.coefs_[0].shape == (8, 4)
    assert model.coefs_[0].dtype == np.float32
    assert model.recurrent_coefs_[0].shape == (24, 96)
    codes = [np.searchsorted(model.categories_, [*x]) for x in X]
    numbers = RecurrentClassifier("lstm", **{**SMALL, **more, "hidden_layer_sizes": 24})
    assert_same_bits(numbers.fit(codes, y).coefs_, model.coefs_)
    unknown = model.predict_proba(["thz"])[0]
    assert_same_bits(unknown[:2], model.predict_proba(["the"])[0][:2])
    assert np.abs(unknown[2] - model.predict_proba(["the"])[0][2]).max() > 1e-5
    assert model.transform(X, output="all").shape == (3, 24, 24)


def test_partial_fit_learns_the_classes_of_steps():
    X, y = sums(20)
    y = [t > 0 for t in y]
    model = RecurrentClassifier("gru", **SMALL).partial_fit(X, y, classes=[False, True])
    assert model.partial_fit(X[:10], y[:10]).predict(X)[3].shape == (len(X[3]),)
    with pytest.raises(AttributeError, match="partial_fit"):
        RecurrentClassifier("gru", solver="lbfgs", **SMALL).partial_fit(X, y, classes=[0, 1])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (lambda y: y[:-1], "X has 20 sequences, and y has 19"),
        (lambda y: [*y[:4], y[4][:-1], *y[5:]], r"y\[4\] has 6 targets, and X\[4\] has 7 steps"),
        (lambda y: [t[0] for t in y], r"y has a target for each step.*y\[0\] is a single one"),
        (lambda y: [*y[:2], y[2] * np.nan, *y[3:]], r"y\[2\] has nan at step 0"),
        (lambda y: [*y[:2], y[2][:, None] * [1, 2], *y[3:]], "as many targets at each step"),
        (lambda y: [np.array(["a"] * len(t)) for t in y], "real numbers"),
    ],
)
def test_targets_that_do_not_fit_the_steps(y, message):
    X, right = sums(20)
    model = RecurrentRegressor("rnn", max_iter=1, **SMALL).fit(X, right)
    before = model.predict(X)[0]
    with pytest.raises(ValueError, match=message):
        model.fit(X, y(right))
    assert_same_bits(model.predict(X)[0], before)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (["ab", ""], r"X\[1\] has no steps"),
        ([[0.5, 1.0], [2.0]], "must hold categories"),
        ("ab", "sequences of categories"),
        ([[[1]], [[2]]], r"X\[0\] must be a sequence of categories"),
    ],
)
def test_categories_that_are_none(X, message):
    with pytest.raises(ValueError, match=message):
        RecurrentClassifier(embedding=2).fit(X, [0, 1])


def test_parameters_that_do_not_go_together():
    X, y = sums(20)
    with pytest.raises(ValueError, match="class_weight is for one label a sequence"):
        RecurrentClassifier(class_weight="balanced", **SMALL).fit(X, [t > 0 for t in y])
    model = RecurrentClassifier(embedding=2, max_iter=1, random_state=0).fit(["ab", "b"], [0, 1])
    with pytest.raises(ValueError, match="categories of dtype int64, but the model was fitted on"):
        model.predict([[1, 2]])
    with pytest.raises(ValueError, match="X is categories"):
        model.input_gradients(["ab"])


def test_labels_of_steps_are_categories_from_the_beginning():
    """What only ends texts, or is not in the first piece of many, can be sampled and go on."""
    model = RecurrentClassifier(
        hidden_layer_sizes=8, output="all", embedding=3, max_iter=2, random_state=0
    )
    model.fit(["Saab", "Sab"], ["aab.", "ab."])
    assert "".join(model.categories_) == ".Sab"
    assert len(model.sample(6, "S")) == 6
    first = clone(model).partial_fit(["Sab"], ["ab."], classes=[*"z.Sabq"])
    assert "".join(first.categories_) == ".Sabqz"
    assert len(first.coefs_[0]) == 6
    assert first.partial_fit(["Sqz"], ["qz."]).predict(["zq"])[0].shape == (2,)
    # of another kind, or longer than X has any, a label is no step
    tags = clone(model).fit(["Saab", "Sab"], [["noun", "a", "a", "a"], ["noun", "a", "b"]])
    assert "".join(tags.categories_) == "Sab"
    numbers = clone(model).fit(["Saab", "Sab"], [[1, 2, 2, 3], [1, 2, 3]])
    assert "".join(numbers.categories_) == "Sab"
