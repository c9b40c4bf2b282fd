"""LaplaceClassifier and LaplaceRegressor beside what is known."""

import numpy as np
import pytest
import scipy.sparse
from scipy.special import expit, softmax
from sklearn.datasets import (
    load_diabetes,
    make_classification,
    make_multilabel_classification,
    make_regression,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import BayesianRidge
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastnn import LaplaceClassifier, LaplaceRegressor, MLPClassifier, MLPRegressor
from fastnn.estimators.laplace.posterior import tuned

X, y = load_diabetes(return_X_y=True)
X, y = 20 * X, (y - 152) / 77
LINEAR = {"hidden_layer_sizes": (), "solver": "lbfgs", "tol": 1e-10, "max_iter": 5000}
SMALL = {"hidden_layer_sizes": (8,), "max_iter": 60, "learning_rate_init": 0.01, "random_state": 0}


@parametrize_with_checks(
    [LaplaceClassifier(MLPClassifier(**SMALL)), LaplaceRegressor(MLPRegressor(**SMALL))]
)
def test_checks(estimator, check):
    check(estimator)


#: Well conditioned: L-BFGS comes close to the minimum.
XW, YW = make_regression(300, 6, noise=1.0, random_state=0)
YW = YW / 50


def test_without_hidden_layers_it_is_bayesian_ridge():
    theirs = BayesianRidge(tol=1e-10, max_iter=2000).fit(XW[:200], YW[:200])
    net = MLPRegressor(alpha=theirs.lambda_ / theirs.alpha_, warm_start=True, **LINEAR)
    for _ in range(10):  # each goes on until the loss stands still
        net.fit(XW[:200], YW[:200])
    ours = LaplaceRegressor(
        FrozenEstimator(net), prior_precision=theirs.lambda_, noise_precision=theirs.alpha_
    )
    found = ours.fit(XW[:200], YW[:200]).predict(XW[200:], return_std=True)
    expected = theirs.predict(XW[200:], return_std=True)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12)


def test_a_frozen_network_stays():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(X, columns=list("abcdefghij"))
    net = MLPRegressor(max_iter=5, random_state=0).fit(frame, y)
    model = LaplaceRegressor(FrozenEstimator(net)).fit(frame, y)
    assert (model.predict(frame) == net.predict(frame)).all()
    assert model.estimator_.coefs_ is net.coefs_
    assert (net.feature_names_in_ == frame.columns).all()
    with pytest.raises(ValueError, match="1 outputs, and y has 2"):
        model.fit(frame, np.c_[y, y])


def test_the_precisions_are_those_of_bayesian_ridge():
    """Its weights are the most probable ones at its precisions: those found for them stay."""
    theirs = BayesianRidge(tol=1e-12, max_iter=5000).fit(XW, YW)
    net = MLPRegressor(alpha=theirs.lambda_ / theirs.alpha_, **LINEAR)
    ours = LaplaceRegressor(net).fit(XW, YW)
    np.testing.assert_allclose(ours.prior_precision_, theirs.lambda_, rtol=1e-3)
    np.testing.assert_allclose(ours.noise_precision_, theirs.alpha_, rtol=1e-3)


def test_the_tuned_precisions_make_the_data_most_probable():
    values, squares, errors, n = np.array([0.3, 2.0, 40.0]), 1.7, 20.0, 50
    prior, noise = tuned(values, squares, None, None, errors=errors, n=n)

    def log_evidence(prior, noise):
        fit = -noise * errors - prior * squares + n * np.log(noise) + 3 * np.log(prior)
        return fit - np.log(noise * values + prior).sum()

    best = log_evidence(prior, noise)
    for a in (0.9, 1.0, 1.1):
        for b in (0.9, 1.0, 1.1):
            assert log_evidence(a * prior, b * noise) <= best + 1e-12
    assert tuned(values, squares, 2.0, 3.0, errors=errors, n=n) == (2.0, 3.0)


def test_weights_are_repetitions_in_the_posterior():
    net = MLPRegressor(alpha=0.1, **LINEAR)
    weight = np.random.RandomState(0).randint(3, size=300)
    some = LaplaceRegressor(net).fit(XW, YW, weight).predict(XW, return_std=True)
    again = LaplaceRegressor(net).fit(np.repeat(XW, weight, 0), np.repeat(YW, weight))
    np.testing.assert_allclose(some, again.predict(XW, return_std=True), rtol=1e-3, atol=1e-4)


def test_the_spread_grows_outside_the_data():
    """The cubic of Lakshminarayanan et al. (2017)."""
    rng = np.random.RandomState(1)
    x = rng.uniform(-4, 4, (40, 1))
    target = x[:, 0] ** 3 / 30 + rng.normal(scale=0.1, size=40)
    net = MLPRegressor(hidden_layer_sizes=(50,), activation="relu", solver="lbfgs", random_state=0)
    model = LaplaceRegressor(net).fit(x, target)
    points = np.array([[-8.0], [-6.0], [0.0], [6.0], [8.0]])
    _, std = model.predict(points, return_std=True)
    assert std[0] > std[1] > 2 * std[2]
    assert std[4] > std[3] > 2 * std[2]
    total, aleatoric, epistemic = model.decompose(points)
    np.testing.assert_allclose(total, std**2)
    assert np.ptp(aleatoric) == 0
    assert (total == aleatoric + epistemic).all()
    low, middle, high = model.predict_quantiles(points, [0.1587, 0.5, 0.8413]).T
    np.testing.assert_allclose(middle, model.predict(points))
    np.testing.assert_allclose(high - low, 2 * std, rtol=1e-3)


def features_of(model, data):
    net = model.estimator_
    phi = net.transform(data) if len(net.coefs_) > 1 else data
    return phi, phi @ net.coefs_[-1] + net.intercepts_[-1]


@pytest.mark.parametrize("hidden", [(), (7,), (9, 5)])
def test_two_classes_by_hand(hidden):
    net = MLPClassifier(hidden, solver="lbfgs", alpha=1.0, max_iter=300, random_state=0)
    model = LaplaceClassifier(net).fit(X, y > 0)
    phi, z = features_of(model, X)
    p, centred = expit(z), phi - phi.mean(axis=0)
    hessian = (centred * p * (1 - p)).T @ centred
    prior = model.prior_precision_[0]
    covariance = np.linalg.inv(hessian + prior * np.eye(len(hessian)))
    variance = ((centred @ covariance) * centred).sum(axis=1)
    expected = expit(z[:, 0] / np.sqrt(1 + np.pi / 8 * variance))
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], expected, rtol=1e-8)
    values = np.linalg.eigvalsh(hessian)
    squares = np.square(model.estimator_.coefs_[-1]).sum()
    np.testing.assert_allclose((values / (values + prior)).sum() / squares, prior, rtol=1e-6)
    assert (model.predict(X) == model.estimator_.predict(X)).all()


def test_several_classes_by_hand():
    data, label = make_classification(200, 7, n_informative=5, n_classes=3, random_state=0)
    net = MLPClassifier((4,), solver="lbfgs", alpha=1.0, max_iter=200, random_state=0)
    model = LaplaceClassifier(net, prior_precision=0.7).fit(data, label)
    phi, z = features_of(model, data)
    p, centred = softmax(z, axis=1), phi - phi.mean(axis=0)
    hessian = np.zeros((12, 12))
    for row, q in zip(centred, p, strict=True):
        hessian += np.kron(np.diag(q) - np.outer(q, q), np.outer(row, row))
    covariance = np.linalg.inv(hessian + 0.7 * np.eye(12))
    without_mean = np.eye(3) - 1 / 3
    variance = np.empty((200, 3))
    for i, row in enumerate(centred):
        jacobian = np.kron(without_mean, row)
        variance[i] = np.diag(jacobian @ covariance @ jacobian.T)
    expected = softmax((z @ without_mean) / np.sqrt(1 + np.pi / 8 * variance), axis=1)
    np.testing.assert_allclose(model.predict_proba(data), expected, rtol=1e-8)


def test_far_away_it_is_less_sure():
    net = MLPClassifier((20,), solver="lbfgs", alpha=0.01, random_state=0)
    model = LaplaceClassifier(net).fit(X, y > 0)
    far = 100 * X
    assert model.estimator_.predict_proba(far).max(axis=1).mean() > 0.99
    unsure = [(e.predict_proba(far).max(axis=1) < 0.99).sum() for e in (model, model.estimator_)]
    assert unsure[0] > 3 * unsure[1]


def test_labels_sparse_float32_and_one_row_alone():
    data, labels = make_multilabel_classification(120, 6, n_classes=4, random_state=0)
    several = LaplaceClassifier(MLPClassifier((9,), random_state=0)).fit(data, labels)
    assert several.predict(data).shape == several.predict_proba(data).shape == (120, 4)
    for hidden in ((), (6,)):
        net = MLPClassifier(hidden, random_state=0)
        sparse = scipy.sparse.csr_matrix(np.where(X > 0, X, 0).astype(np.float32))
        model = LaplaceClassifier(net).fit(sparse, y > 0)
        p = model.predict_proba(sparse)
        assert p.dtype == np.float32
        assert (p == model.predict_proba(sparse.toarray())).all()
        alone = [model.predict_proba(sparse[i : i + 1])[0] for i in range(20)]
        assert (p[:20] == alone).all()
    two = LaplaceRegressor(MLPRegressor(random_state=0)).fit(X, np.c_[y, 3 * y])
    mean, std = two.predict(X, return_std=True)
    assert mean.shape == std.shape == (442, 2)
    assert two.predict_quantiles(X).shape == (442, 2, 3)
    one = two.predict(X[:1], return_std=True)
    assert (one[1] == std[:1]).all()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (LaplaceRegressor(MLPClassifier()), "must be a fastnn.MLPRegressor, got MLPC"),
        (LaplaceRegressor(MLPRegressor("huber")), "is for loss='squared_error'"),
        (LaplaceClassifier(MLPClassifier(loss="focal")), "the estimator has loss='focal'"),
        (LaplaceRegressor(prior_precision=0.0), "'prior_precision' parameter"),
        (LaplaceRegressor(MLPRegressor(alpha=-1)), "'alpha' parameter"),
    ],
)
def test_bad_parameters(model, message):
    with pytest.raises(ValueError, match=message):
        model.fit(X, y > 0)
    assert not hasattr(model, "estimator_")


def test_bad_levels_and_too_many_weights():
    model = LaplaceRegressor(MLPRegressor(max_iter=2)).fit(X, y)
    with pytest.raises(ValueError, match="levels must be"):
        model.predict_quantiles(X, [0.5, 1.0])
    wide = LaplaceClassifier(MLPClassifier((1500,), max_iter=1))
    with pytest.raises(ValueError, match="at most 1365 units"):
        wide.fit(X, np.digitize(y, [-0.5, 0.5]))
