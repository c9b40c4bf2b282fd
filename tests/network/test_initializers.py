"""Initial weights: scikit-learn's draws, the papers' variances, equal weights."""

import numpy as np
import pytest
import sklearn.neural_network
from scipy import stats
from sklearn.datasets import load_iris

from fastnn import MLPClassifier, MLPRegressor
from fastnn.initializers import INITIALIZERS, initialize

X, y = load_iris(return_X_y=True)

# Variance of a layer of 300 inputs and 200 outputs, and whether the draws are uniform.
VARIANCES = {
    "uniform": (0.1**2 / 3, True),
    "normal": (0.01**2, False),
    "glorot_uniform": (2 / 500, True),
    "glorot_normal": (2 / 500, False),
    "he_uniform": (2 / 300, True),
    "he_normal": (2 / 300, False),
    "lecun_uniform": (1 / 300, True),
    "lecun_normal": (1 / 300, False),
}


def weights(init, shape=(300, 200), activation="tanh", scale=None, seed=0):
    coefs, intercepts = [np.full(shape, np.nan)], [np.full(shape[1], np.nan)]
    initialize(coefs, intercepts, [activation], np.random.RandomState(seed), init, scale)
    return coefs[0], intercepts[0]


@pytest.mark.parametrize("name", VARIANCES)
def test_distribution(name):
    variance, uniform = VARIANCES[name]
    coef, intercept = weights(name)
    bound = np.sqrt(3 * variance)
    expected = stats.uniform(-bound, 2 * bound) if uniform else stats.norm(0, np.sqrt(variance))
    assert stats.kstest(coef.ravel(), expected.cdf).pvalue > 1e-3
    assert coef.var() == pytest.approx(variance, rel=0.02)
    assert not intercept.any()


@pytest.mark.parametrize("name", [*VARIANCES, "orthogonal"])
def test_scale_multiplies(name):
    base = {"uniform": 0.1, "normal": 0.01}.get(name, 1.0)
    plain, scaled = weights(name)[0], weights(name, scale=3.0)[0]
    np.testing.assert_allclose(scaled, 3.0 / base * plain, atol=1e-13)


@pytest.mark.parametrize("name", ["he_normal", "he_uniform"])
def test_he_knows_the_slope_of_a_leaky_relu(name):
    plain, leaky = weights(name)[0], weights(name, activation="leaky_relu")[0]
    np.testing.assert_allclose(leaky**2 * (1 + 0.01**2), plain**2, atol=1e-15)


@pytest.mark.parametrize("name", sorted(set(VARIANCES) - {"he_normal", "he_uniform"}))
def test_the_others_do_not(name):
    np.testing.assert_array_equal(weights(name)[0], weights(name, activation="leaky_relu")[0])


@pytest.mark.parametrize("shape", [(7, 5), (5, 7), (6, 6), (1, 4), (4, 1), (1, 1)])
def test_orthogonal(shape):
    coef, _ = weights("orthogonal", shape)
    product = coef @ coef.T if shape[0] < shape[1] else coef.T @ coef
    np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-12)


def test_orthogonal_prefers_no_sign():
    signs = [np.sign(weights("orthogonal", (3, 3), seed=i)[0][0, 0]) for i in range(200)]
    assert abs(np.mean(signs)) < 0.2


def test_names_are_those_of_the_table():
    assert set(INITIALIZERS) == {*VARIANCES, "zeros", "orthogonal"}


@pytest.mark.parametrize("activation", ["relu", "logistic", "tanh"])
@pytest.mark.parametrize("sizes", [(), (7,), (7, 5)])
def test_auto_draws_what_scikit_learn_draws(activation, sizes):
    theirs = sklearn.neural_network.MLPClassifier(
        sizes, activation, random_state=3, learning_rate_init=1e-300, solver="sgd", max_iter=1
    ).fit(X, y)
    ours = MLPClassifier(
        sizes, activation, random_state=3, learning_rate_init=1e-300, solver="sgd", max_iter=1
    )
    listed = MLPClassifier(**ours.get_params()).set_params(activation=[activation] * len(sizes))
    models = [ours.fit(X, y)]
    if sizes:  # without a hidden layer a list cannot tell what scikit-learn goes by
        models.append(listed.fit(X, y))
    for model in models:
        expected = theirs.coefs_ + theirs.intercepts_
        for mine, other in zip(model.coefs_ + model.intercepts_, expected, strict=True):
            np.testing.assert_array_equal(mine, other)


def test_auto_goes_by_the_activation_of_each_layer():
    model = MLPClassifier((50, 50), ["relu", "logistic"], random_state=0, max_iter=1)
    model.set_params(solver="sgd", learning_rate_init=1e-300).fit(X, y)
    found = [np.abs(coef).max() for coef in model.coefs_]
    bounds = np.sqrt([6 / 54, 2 / 100, 2 / 53])
    np.testing.assert_allclose(found, bounds, rtol=0.1)


def test_a_function_gets_shape_rng_and_activation():
    seen = []

    def init(shape, rng, activation):
        seen.append((shape, activation))
        return rng.normal(size=shape)

    model = MLPRegressor(hidden_layer_sizes=(5, 3), activation=["tanh", "relu"], init=init)
    model.set_params(random_state=0, solver="sgd", learning_rate_init=1e-300, max_iter=1).fit(X, y)
    assert seen == [((4, 5), "tanh"), ((5, 3), "relu"), ((3, 1), "identity")]
    rng = np.random.RandomState(0)
    for coef in model.coefs_:
        np.testing.assert_array_equal(coef, rng.normal(size=coef.shape))


@pytest.mark.parametrize("value", [0.0, np.zeros((3, 4)), np.full((4, 3), np.nan), [["a"] * 3] * 4])
def test_what_a_function_must_return(value):
    model = MLPRegressor(hidden_layer_sizes=(3,), init=lambda *_: value)
    with pytest.raises(
        ValueError, match=r"init\(shape, rng, activation\) must return finite numbers"
    ):
        model.fit(X, y)


@pytest.mark.parametrize("init", ["auto", "zeros", lambda shape, rng, activation: np.ones(shape)])
def test_scale_of_what_has_none(init):
    with pytest.raises(
        ValueError, match=r"init_scale has no meaning with init=.* leave it at None"
    ):
        MLPClassifier(init=init, init_scale=2.0).fit(X, y)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_with_zero_weights_no_hidden_weight_ever_moves(activation):
    model = MLPClassifier((6,), activation, init="zeros", max_iter=20, random_state=0).fit(X, y)
    assert not model.coefs_[0].any()
    assert not model.coefs_[1].any()
    assert model.intercepts_[1].any()


def test_equal_units_stay_equal():
    model = MLPClassifier(
        (6,), "logistic", init="zeros", max_iter=20, random_state=0, learning_rate_init=0.1
    ).fit(X, y)
    assert model.coefs_[0].any()
    assert (model.coefs_[0] == model.coefs_[0][:, :1]).all()
    assert (model.coefs_[1] == model.coefs_[1][:1]).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_seed_starts_both_precisions_alike(dtype):
    model = MLPRegressor(init="he_normal", random_state=0, max_iter=1, learning_rate_init=1e-300)
    coef = model.fit(X.astype(dtype), y).coefs_[0]
    expected = np.random.RandomState(0).normal(0, np.sqrt(2 / 4), coef.shape)
    np.testing.assert_array_equal(coef, expected.astype(dtype))
