"""Monte Carlo dropout: thinned networks, their mean and spread."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.frozen import FrozenEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastnn import (
    MLPClassifier,
    MLPRegressor,
    MonteCarloDropoutClassifier,
    MonteCarloDropoutRegressor,
)

X, y = make_classification(150, 8, n_informative=6, n_classes=3, random_state=0)
XR, YR = make_regression(150, 5, noise=3.0, random_state=0)
YR = YR / 50
SMALL = {"hidden_layer_sizes": (20,), "max_iter": 60, "learning_rate_init": 0.01}
THIN = {**SMALL, "dropout": 0.1, "random_state": 0}


@parametrize_with_checks(
    [
        MonteCarloDropoutClassifier(MLPClassifier(**THIN, alpha=0.01), 8),
        MonteCarloDropoutRegressor(MLPRegressor(**{**THIN, "dropout": 0.05}), 8),
    ]
)
def test_checks(estimator, check):
    if check.func.__name__.startswith("check_sample_weight_equivalence"):
        pytest.skip("in training, repeated rows have masks of their own")
    check(estimator)


def test_the_spread_of_a_linear_output_is_known():
    """Unit j is there with probability 1 - p, divided by it: variance w^2 h^2 p / (1 - p)."""
    p = 0.25
    net = MLPRegressor(
        hidden_layer_sizes=(10,), activation="tanh", dropout=p, random_state=0, max_iter=20
    )
    model = MonteCarloDropoutRegressor(net, 4000, random_state=0).fit(XR, YR)
    mean, std = model.predict(XR[:20], return_std=True)
    h, w = model.estimator_.transform(XR[:20]), model.estimator_.coefs_[1][:, 0]
    np.testing.assert_allclose(std**2, (h**2 @ w**2) * p / (1 - p), rtol=0.15)
    np.testing.assert_allclose(mean, model.estimator_.predict(XR[:20]), atol=0.05)


def test_it_is_what_dropout_does_in_training():
    """The loss of a training step with its masks is that of a network thinned by them."""
    from fastnn.layers import Dense, Dropout
    from fastnn.network.compiled import CompiledNetwork
    from fastnn.training.objective import Objective

    net = MLPRegressor(hidden_layer_sizes=(1,), dropout=0.5, random_state=0, max_iter=5)
    model = MonteCarloDropoutRegressor(net, 30, random_state=0).fit(XR, YR)
    own = model.estimator_
    network = CompiledNetwork(5, [Dense(1, "relu"), Dropout(0.5), Dense(1)], "squared_error")
    for to, given in zip(
        network.coefs + network.intercepts, own.coefs_ + own.intercepts_, strict=True
    ):
        to[...] = given
    target = np.full((1, 1), 3.0)
    steps = {Objective(network, XR[:1], target, seed=seed)()[0] for seed in range(30)}
    thinned = {((m.predict(XR[:1]) - 3.0) ** 2 / 2).item() for m in model._members()}
    np.testing.assert_allclose(sorted(steps), sorted(thinned), rtol=1e-12)
    assert len(steps) == 2


def test_predictions_repeat_and_rows_do_not_matter_to_each_other():
    for dtype in (np.float32, np.float64):
        data = X.astype(dtype)
        one, two = (
            MonteCarloDropoutClassifier(MLPClassifier(**THIN, n_jobs=n), 10, random_state=3)
            .fit(data, y)
            .predict_proba(data)
            for n in (1, 2)
        )
        assert (one == two).all()
        assert one.dtype == dtype
        model = MonteCarloDropoutClassifier(MLPClassifier(**THIN), 10, random_state=3).fit(data, y)
        alone = [model.predict_proba(data[i : i + 1])[0] for i in range(10)]
        assert (one[:10] == alone).all()


def test_the_first_samples_are_those_of_fewer():
    net = MLPClassifier(**THIN)
    few, many = (MonteCarloDropoutClassifier(net, n, random_state=0).fit(X, y) for n in (3, 5))
    for one, other in zip(few._members(), many._members()[:3], strict=True):
        assert all((a == b).all() for a, b in zip(one.coefs_, other.coefs_, strict=True))


def test_several_layers_inputs_norms_and_targets():
    net = MLPClassifier((9, 7), dropout=[0.0, 0.5], input_dropout=0.2, batch_norm=True, max_iter=5)
    model = MonteCarloDropoutClassifier(net, 6, random_state=0).fit(X, y == 1)
    own = model.estimator_.coefs_
    for member in model._members():
        assert (member.coefs_[1] == own[1]).all()
        for layer, rate in ((0, 0.2), (2, 0.5)):
            gone = (member.coefs_[layer] == 0).all(axis=1)
            np.testing.assert_allclose(member.coefs_[layer][~gone], own[layer][~gone] / (1 - rate))
    assert model.predict_proba(X).shape == (150, 2)
    assert set(model.predict(X)) <= {False, True}
    labels = make_multilabel_classification(100, 8, n_classes=4, random_state=0)[1]
    several = MonteCarloDropoutClassifier(MLPClassifier(**THIN), 3).fit(X[:100], labels)
    assert several.predict(X).shape == several.decompose(X).epistemic.shape == (150, 4)
    sparse = scipy.sparse.csr_matrix(np.where(X > 0, X, 0))
    model = MonteCarloDropoutRegressor(MLPRegressor(**THIN), 3, random_state=0).fit(sparse, y)
    assert (model.predict(sparse) == model.predict(sparse.toarray())).all()


def test_a_frozen_network_stays():
    net = MLPClassifier(**THIN).fit(X, y)
    model = MonteCarloDropoutClassifier(FrozenEstimator(net), 4, random_state=0).fit(X, y)
    assert model.estimator_.coefs_ is net.coefs_


def test_the_default_has_dropout():
    assert MonteCarloDropoutRegressor(n_samples=2).fit(XR, YR).estimator_.dropout == 0.1


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (MLPClassifier(), "has no dropout"),
        (MLPClassifier(dropout=0.1, residual=True), "set residual=False"),
        (MLPClassifier(dropout=0.1, loss="hinge"), "'hinge' makes no probabilities"),
        (MLPRegressor(dropout=0.1), "must be a fastnn.MLPClassifier"),
        (MLPClassifier(dropout=2.0), "'dropout' parameter"),
    ],
)
def test_bad_parameters(net, message):
    model = MonteCarloDropoutClassifier(net)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert not hasattr(model, "estimator_")
