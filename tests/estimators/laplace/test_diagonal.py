"""subset="all_diagonal" beside a twin in NumPy, whose gradients are differences."""

import numpy as np
import pytest
import scipy.sparse
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.frozen import FrozenEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastnn import LaplaceClassifier, LaplaceRegressor, MLPClassifier, MLPRegressor

NET = {"hidden_layer_sizes": (4, 3), "activation": "tanh", "random_state": 0, "max_iter": 40}
LAYERS = {"plain": {}, "norms and skips": {"batch_norm": True, "residual": True}}
SMALL = {"hidden_layer_sizes": (8,), "max_iter": 60, "learning_rate_init": 0.01, "random_state": 0}
every_layer = pytest.mark.parametrize("layers", LAYERS)


@parametrize_with_checks(
    [
        LaplaceClassifier(MLPClassifier(**SMALL), subset="all_diagonal"),
        LaplaceRegressor(MLPRegressor(**SMALL), subset="all_diagonal"),
    ]
)
def test_checks(estimator, check):
    check(estimator)


def weights(net):
    skips = [a for a in getattr(net, "projections_", None) or [] if isinstance(a, np.ndarray)]
    return [*net.coefs_, *skips]


def gradients(net, outputs, step=1e-5):
    """Of each output of each row by all weights, (n_weights, n, n_outputs)."""
    found = []
    for array in weights(net):
        for at in np.ndindex(array.shape):
            kept = array[at]
            array[at] = kept + step
            above = outputs(net)
            array[at] = kept - step
            found.append((above - outputs(net)) / (2 * step))
            array[at] = kept
    return np.stack(found)


def tuned(curvature, net, prior):
    """The fixed point of prior = determined / squares."""
    squares = sum(np.square(array).sum() for array in weights(net))
    return (curvature / (curvature + prior)).sum() / squares


@every_layer
def test_regression(layers):
    X, y = make_regression(60, 3, n_targets=2, random_state=0)
    weight = np.random.RandomState(0).randint(1, 3, size=60).astype(float)
    net = MLPRegressor(**NET, **LAYERS[layers]).fit(X, y / 50, weight)
    model = LaplaceRegressor(FrozenEstimator(net), subset="all_diagonal").fit(X, y / 50, weight)
    prior, noise = model.prior_precision_[0], model.noise_precision_[0]
    gradient = gradients(model.estimator_, lambda net: net.predict(X))
    curvature = noise * (weight[:, None] * gradient**2).sum(axis=(1, 2))
    variance = np.einsum("wno,w->no", gradient**2, 1 / (curvature + prior)) + 1 / noise
    _, std = model.predict(X, return_std=True)
    np.testing.assert_allclose(std, np.sqrt(variance), rtol=1e-6)
    np.testing.assert_allclose(tuned(curvature, net, prior), prior, rtol=1e-5)
    errors = (weight @ (net.predict(X) - y / 50) ** 2).sum()
    determined = (curvature / (curvature + prior)).sum()
    np.testing.assert_allclose((2 * weight.sum() - determined) / errors, noise, rtol=1e-5)


@every_layer
@pytest.mark.parametrize("n_classes", [2, 3])
def test_classes(layers, n_classes):
    X, y = make_classification(60, 4, n_informative=3, n_redundant=0, n_classes=n_classes,
                               n_clusters_per_class=1, random_state=0)  # fmt: skip
    net = MLPClassifier(**NET, **LAYERS[layers]).fit(X, y)
    model = LaplaceClassifier(FrozenEstimator(net), subset="all_diagonal").fit(X, y)
    prior = model.prior_precision_[0]

    def outputs(net):
        p = net.predict_proba(X)
        return np.log(p) if n_classes > 2 else np.log(p[:, 1:] / p[:, :1])

    z, gradient = outputs(net), gradients(model.estimator_, outputs)
    if n_classes == 2:
        p = expit(z)
        curvature = (p * (1 - p) * gradient**2).sum(axis=(1, 2))
    else:
        p = softmax(z, axis=1)
        mean = (p * gradient).sum(axis=2, keepdims=True)
        curvature = (p * (gradient - mean) ** 2).sum(axis=(1, 2))
        gradient = gradient - gradient.mean(axis=2, keepdims=True)
        z = z - z.mean(axis=1, keepdims=True)
    z = z / np.sqrt(1 + np.pi / 8 * np.einsum("wno,w->no", gradient**2, 1 / (curvature + prior)))
    expected = softmax(z, axis=1) if n_classes > 2 else np.c_[1 - expit(z), expit(z)]
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-6)
    np.testing.assert_allclose(tuned(curvature, net, prior), prior, rtol=1e-5)


def test_without_hidden_layers_its_diagonal_is_that_of_the_last_layer():
    X, y = make_regression(80, 5, random_state=0)
    X -= X.mean(axis=0)
    net = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs")
    model = LaplaceRegressor(net, prior_precision=0.3, noise_precision=2.0).fit(X, y / 50)
    diagonal = clone(model).set_params(subset="all_diagonal").fit(X, y / 50)
    covariance = 1 / (2 * (X**2).sum(axis=0) + 0.3)
    np.testing.assert_allclose(diagonal.decompose(X).epistemic, X**2 @ covariance, rtol=1e-10)
    again = diagonal.set_params(subset="last_layer").fit(X, y / 50)
    assert (again.decompose(X).epistemic == model.decompose(X).epistemic).all()


def test_many_sparse_rows_one_alone_and_float32():
    X, y = make_classification(1500, 6, random_state=0)
    X = scipy.sparse.csr_matrix(np.where(X > 0, X, 0).astype(np.float32))
    model = LaplaceClassifier(MLPClassifier((6,), max_iter=5), subset="all_diagonal").fit(X, y)
    p = model.predict_proba(X)
    assert p.dtype == np.float32
    assert (p == model.predict_proba(X.toarray())).all()
    assert (p[1400:1405] == [model.predict_proba(X[i])[0] for i in range(1400, 1405)]).all()


def test_bad_subset():
    with pytest.raises(ValueError, match="'subset' parameter"):
        LaplaceRegressor(subset="some").fit([[0.0], [1.0]], [0.0, 1.0])
