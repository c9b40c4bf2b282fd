"""PiecewiseLinear: a transformer, and the first layer of a network."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from fastnn import Network, PiecewiseLinear
from fastnn.layers import Category, Dense, Number


@parametrize_with_checks([PiecewiseLinear(), PiecewiseLinear(4, value=False)])
def test_checks(estimator, check):
    check(estimator)


def test_codes_are_centred_and_edges_are_quantiles(rng):
    X = rng.randn(401, 2)
    encoder = PiecewiseLinear(8).fit(X)
    W = encoder.transform(X)
    assert W.shape == (401, 18)
    np.testing.assert_array_equal(W[:, 0], X[:, 0])
    np.testing.assert_allclose(W[:, 1:9].mean(axis=0), 0, atol=1e-12)
    edges = encoder.columns_[0].edges
    np.testing.assert_array_equal(edges, np.quantile(X[:, 0], np.linspace(0, 1, 9)))
    assert list(encoder.get_feature_names_out(["a", "b"])[[0, 1, 8, 9]]) == ["a", "a_0", "a_7", "b"]


def test_it_lets_a_linear_model_bend(rng):
    x = rng.uniform(-3, 3, (500, 1))
    y = np.sin(2 * x[:, 0])
    assert make_pipeline(PiecewiseLinear(16), Ridge(1e-3)).fit(x, y).score(x, y) > 0.99


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_as_a_layer_it_is_itself_in_front_of_the_network(dtype, rng):
    X = rng.randn(300, 3).astype(dtype)
    X[:, 2] = rng.randint(0, 4, 300)
    y = (X[:, :1] > 0) * X[:, 2:] ** 2
    encoder = PiecewiseLinear(8, categories=[2]).fit(X)
    options = {"dtype": dtype, "random_state": 0}
    within = Network([encoder, Dense(20, "relu"), Dense(1)], **options)
    behind = Network([Dense(20, "relu"), Dense(1)], **options)
    for net, rows in ((within, X), (behind, encoder.transform(X))):
        net.fit(rows, y, epochs=5, batch_size=64)
    found, expected = within.predict(X), behind.predict(encoder.transform(X))
    atol = 1e-3 if dtype == "float32" else 1e-10
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol)
    assert within.layers[0].columns == tuple(encoder.columns_)


def test_columns_that_are_no_numbers_to_cut_have_no_code():
    X = np.column_stack([np.full(50, 3.0), np.arange(50) % 2, np.arange(50) % 3, np.arange(50)])
    constant, two, category, many = PiecewiseLinear(4, categories=[2]).fit(X).columns_
    assert constant == two == Number()
    assert category == Category(3)
    assert many.edges == (0, 12, 24, 37, 49)


def test_what_cannot_be_learned_is_refused(rng):
    X = rng.randn(20, 2)
    with pytest.raises(ValueError, match="n_bins must be an int from 2 to 256, got 1"):
        PiecewiseLinear(1).fit(X)
    with pytest.raises(ValueError, match="column 1 must hold category numbers from 0"):
        PiecewiseLinear(categories=[1]).fit(X)
    with pytest.raises(ValueError, match="numbers of columns, from 0 to 1; got 2"):
        PiecewiseLinear(categories=[2]).fit(X)
    with pytest.raises(NotFittedError):
        Network([PiecewiseLinear(), Dense(1)])
