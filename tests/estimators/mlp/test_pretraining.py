"""Greedy pre-training of hidden layers from rows without labels."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.datasets import load_digits

from fastnn import Autoencoder, BernoulliRBM, GaussianRBM, MLPClassifier, MLPRegressor
from tests.support.kernel_cases import assert_same_bits

X, y = load_digits(return_X_y=True)
X = X / 16
FEW = {
    "hidden_layer_sizes": (20, 10),
    "max_iter": 1,
    "learning_rate_init": 1e-12,
    "random_state": 0,
}


@pytest.mark.parametrize("pretrain", ["autoencoder", "rbm"])
@pytest.mark.parametrize("sparse", [False, True])
def test_layers_are_learned_one_after_the_other(pretrain, sparse, monkeypatch):
    """The first weights are those of the learners by themselves, on labelled and other rows."""
    from fastnn.estimators.mlp import pretraining

    learned = []
    learner_of = pretraining._learner
    monkeypatch.setattr(
        pretraining, "_learner", lambda *a: learned.append(learner_of(*a)) or learned[-1]
    )
    options = {"max_iter": 3} if pretrain == "autoencoder" else {"n_iter": 3}
    model = MLPClassifier(**FEW, activation="logistic", pretrain=pretrain, pretrain_params=options)
    data = scipy.sparse.csr_array(X) if sparse else X
    model.fit(data[:100], y[:100], X_unlabeled=data[100:400])
    rows = X[:400]
    for layer, learner in enumerate(learned):
        again = clone(learner).fit(scipy.sparse.csr_array(rows) if sparse and not layer else rows)
        weights = again.coefs_[0] if pretrain == "autoencoder" else again.components_.T
        np.testing.assert_allclose(model.coefs_[layer], weights, atol=1e-9)
        rows = again.transform(rows)
    assert len(learned) == 2
    kinds = {"autoencoder": Autoencoder, "rbm": BernoulliRBM}
    assert all(type(learner) is kinds[pretrain] for learner in learned)


def test_minus_one_marks_rows_without_a_label():
    options = {**FEW, "pretrain": "autoencoder", "pretrain_params": {"max_iter": 2}}
    marked = np.where(np.arange(300) < 100, y[:300], -1)
    one = MLPClassifier(**options).fit(X[:300], marked)
    other = MLPClassifier(**options).fit(X[:100], y[:100], X_unlabeled=X[100:300])
    assert (one.classes_ == np.arange(10)).all()
    assert_same_bits(one.coefs_[0], other.coefs_[0])
    assert -1 in MLPClassifier(max_iter=1).fit(X[:300], marked).classes_
    with pytest.raises(ValueError, match="a label of -1 stands for a row without one"):
        MLPClassifier(**options).fit(X[:100], np.where(y[:100] > 4, 1, -1))


def test_real_features_have_gaussian_units(monkeypatch):
    from fastnn.estimators.mlp import pretraining

    assert (
        type(pretraining._learner(MLPRegressor(pretrain="rbm"), 3, "logistic", X - 0.5))
        is GaussianRBM
    )
    model = MLPRegressor(
        **FEW, activation="logistic", pretrain="rbm", pretrain_params={"n_iter": 1}
    )
    assert model.fit(X - X.mean(axis=0), y).n_iter_ == 1


def test_what_it_brings_with_few_labels():
    """Two hundred labels of digits and the other rows without: a little, as a regulariser does."""
    options = {"hidden_layer_sizes": (100,), "activation": "logistic", "max_iter": 200}
    scores = {"rbm": [], None: []}
    for seed in range(3):
        order = np.random.RandomState(seed).permutation(len(X))
        few, others, test = order[:100], order[100:1300], order[1300:]
        for pretrain in scores:
            params = {"n_iter": 30, "learning_rate": 0.05} if pretrain else None
            model = MLPClassifier(
                **options, pretrain=pretrain, pretrain_params=params, random_state=seed
            )
            more = {"X_unlabeled": X[others]} if pretrain else {}
            scores[pretrain].append(model.fit(X[few], y[few], **more).score(X[test], y[test]))
    assert np.mean(scores["rbm"]) > np.mean(scores[None])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pretrain": "rbm"}, "set activation='logistic'"),
        (
            {"pretrain": "autoencoder", "batch_norm": True},
            "plain hidden layers: set batch_norm=False",
        ),
        ({"pretrain": "autoencoder", "pretrain_params": {"depth": 3}}, "depth"),
        ({}, "X_unlabeled is for pre-training: set pretrain="),
    ],
)
def test_bad_input_is_named(options, message):
    model = MLPClassifier(**FEW, **options)
    with pytest.raises(ValueError, match=message):
        model.fit(X[:50], y[:50], X_unlabeled=X[50:])
    assert not hasattr(model, "coefs_")
