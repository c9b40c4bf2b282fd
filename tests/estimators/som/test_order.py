"""The random order of single rows: by what they are, with turns by weight."""

import numpy as np

from fastnn import SelfOrganizingMap
from fastnn.estimators.som.order import RandomOrder
from fastnn.estimators.som.rows import Rows


def turns_of(X, weight=None, seed=0):
    rows = Rows(X, weight)
    numbers, weights = RandomOrder(rows).epoch(np.random.RandomState(seed))
    return X[numbers], np.ones(len(numbers)) if weights is None else weights


def test_the_order_goes_by_what_rows_are(rng):
    X = rng.randint(0, 3, (200, 4)) / 2.0
    place = rng.permutation(200)
    for one, other in zip(turns_of(X), turns_of(X[place]), strict=True):
        assert (one == other).all()
    assert len(turns_of(X)[0]) == 200
    assert (np.sort(turns_of(X)[0], axis=0) == np.sort(X, axis=0)).all()
    assert (turns_of(X)[0] != turns_of(X, seed=1)[0]).any()


def test_weights_are_repetitions(rng):
    X, weight = rng.normal(size=(60, 3)), rng.randint(0, 5, 60).astype(float)
    for one, other in zip(
        turns_of(X, weight), turns_of(X.repeat(weight.astype(int), axis=0)), strict=True
    ):
        assert (one == other).all()
    _, heavy = turns_of(X[:2], np.array([1000.0, 0.25]))
    assert sorted(heavy) == [0.25, *[62.5] * 16]


def test_gaps_and_zeros_are_alike_whatever_their_bits():
    X = np.array([[0.0, np.nan], [-0.0, -np.nan], [1.0, 2.0]])
    rows, weights = turns_of(X)
    assert len(rows) == 3
    assert (weights == 1).all()
    assert np.isnan(rows[:, 1]).sum() == 2


def test_an_online_map_is_that_of_repeated_rows(rng):
    X, weight = rng.normal(size=(80, 3)), rng.randint(0, 4, 80)
    options = {"algorithm": "online", "n_iter": 3, "random_state": 0}
    one = SelfOrganizingMap(3, 4, **options).fit(X, sample_weight=weight)
    other = SelfOrganizingMap(3, 4, **options).fit(X.repeat(weight, axis=0))
    np.testing.assert_allclose(one.codebook_, other.codebook_, atol=1e-12)
