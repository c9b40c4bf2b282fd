"""SelfOrganizingMap beside the formulas, and in its course."""

import numpy as np
import pytest
import scipy.sparse
from reference_som import batch_step, grid_distances, strengths, winners
from same_fits import assert_same
from sklearn.datasets import load_digits, load_iris
from sklearn.metrics.pairwise import cosine_distances, nan_euclidean_distances

from fastnn import SelfOrganizingMap
from fastnn.estimators.som.grid import Grid

#: No two rows are equally near to a unit.
IRIS = load_iris().data + np.random.default_rng(5).normal(scale=0.01, size=(150, 4))
GRIDS = [("rectangular", False), ("rectangular", True), ("hexagonal", False), ("hexagonal", True)]


def with_gaps(X, rng):
    gaps = rng.uniform(size=X.shape) < 0.2
    gaps[:, 0] &= ~gaps[:, 1]
    return np.where(gaps, np.nan, X)


@pytest.mark.parametrize(("topology", "toroidal"), GRIDS)
def test_the_grid(topology, toroidal):
    grid = Grid(4, 6, topology, toroidal)
    expected = grid_distances(4, 6, topology, toroidal)
    np.testing.assert_allclose(grid.squared_distances(), expected, atol=1e-12)
    limit = 1.001 if topology == "hexagonal" else 2.001  # the six or the eight around a unit
    pairs = np.argwhere(np.triu((expected < limit) & (expected > 0)))
    np.testing.assert_array_equal(np.stack(grid.neighbors(), axis=1), pairs)
    around = np.bincount(pairs.ravel())
    most = 6 if topology == "hexagonal" else 8
    assert around.max() == most
    assert (around == most).all() == toroidal
    one, other = np.divmod(np.arange(24 * 24), 24)
    near = grid.are_neighbors(one, other).reshape(24, 24)
    assert (near == (expected < limit)).all()


@pytest.mark.parametrize("neighborhood", ["gaussian", "bubble"])
@pytest.mark.parametrize(("topology", "toroidal"), GRIDS)
def test_a_batch_step_is_kohonens_formula(rng, topology, toroidal, neighborhood):
    """Each case weighted, and with missing values or without."""
    h = strengths(grid_distances(4, 5, topology, toroidal), neighborhood, 1.3)
    for missing in (False, True):
        X = with_gaps(IRIS, rng) if missing else IRIS
        weight, start = rng.randint(3, size=150), IRIS[rng.permutation(150)[:20]]
        som = SelfOrganizingMap(
            *(4, 5),
            topology=topology,
            toroidal=toroidal,
            neighborhood=neighborhood,
            sigma=1.3,
            init=start,
            n_iter=1,
        ).fit(X, sample_weight=weight)
        expected = batch_step(X, weight, start, h)
        np.testing.assert_allclose(som.codebook_, expected, rtol=1e-12)
        assert (som.labels_ == winners(X, som.codebook_)).all()


def test_a_mexican_hat_pushes_away(rng):
    start = IRIS[rng.permutation(150)[:12]]
    som = SelfOrganizingMap(3, 4, neighborhood="mexican_hat", sigma=1.0, init=start, n_iter=1)
    h = strengths(grid_distances(3, 4, "rectangular", False), "mexican_hat", 1.0)
    assert h.min() < 0
    unit, expected = winners(IRIS, start), start.copy()
    for u in range(12):
        followed = h[u, unit][:, None]
        expected[u] += (followed * (IRIS - start[u])).sum(axis=0) / np.abs(followed).sum()
    np.testing.assert_allclose(som.fit(IRIS).codebook_, expected, rtol=1e-12)
    # over a plane, as over a line, attraction and repulsion are balanced
    assert (
        abs(strengths(grid_distances(41, 41, "rectangular", False), "mexican_hat", 3.0)[840].sum())
        < 1e-6
    )
    line = Grid(1, 41).strengths("mexican_hat", 3.0)[20]
    assert line.min() < 0
    assert abs(line.sum()) < 1e-6


def test_online_training_is_kohonens_other_rule(rng):
    X, start = IRIS[:40], IRIS[rng.permutation(150)[:12]]
    weight = rng.randint(3, size=40)
    som = SelfOrganizingMap(
        *(3, 4),
        algorithm="online",
        shuffle=False,
        sigma=(1.5, 0.5),
        learning_rate=(0.4, 0.1),
        init=start,
        n_iter=2,
    )
    squared, expected = grid_distances(3, 4, "rectangular", False), start.copy()
    for sigma, rate in ((1.5, 0.4), (0.5, 0.1)):
        h = strengths(squared, "gaussian", sigma)
        for row in np.repeat(X, weight, axis=0):
            unit = winners(row[None], expected)[0]
            expected += rate * h[unit][:, None] * (row - expected)
    np.testing.assert_allclose(som.fit(X, sample_weight=weight).codebook_, expected, rtol=1e-12)
    again = som.fit(np.repeat(X, weight, axis=0))
    np.testing.assert_allclose(again.codebook_, expected, rtol=1e-12)


@pytest.mark.parametrize("algorithm", ["batch", "online"])
def test_a_chain_orders_itself(rng, algorithm):
    """Kohonen's first example: a chain of units over a uniform variable, from random places."""
    X = rng.uniform(size=(3000, 1))
    som = SelfOrganizingMap(1, 15, algorithm=algorithm, init="sample", n_iter=40, random_state=3)
    before = SelfOrganizingMap(1, 15, init="sample", sigma=1e-3, n_iter=1, random_state=3).fit(X)
    assert len(np.unique(np.sign(np.diff(before.codebook_[:, 0])))) == 2
    steps = np.diff(som.fit(X).codebook_[:, 0])
    assert (steps > 0).all() or (steps < 0).all()
    assert np.ptp(som.codebook_) > 0.85
    assert som.topographic_error_ == 0


def test_the_errors(rng):
    som = SelfOrganizingMap(4, 5, topology="hexagonal").fit(IRIS)
    weight = rng.randint(3, size=150)
    distances = som.transform(IRIS)
    two = np.argsort(distances, axis=1)[:, :2]
    near = grid_distances(4, 5, "hexagonal", False)[two[:, 0], two[:, 1]] < 1.01
    assert som.topographic_error_ == pytest.approx(1 - near.mean())
    assert 0 < som.topographic_error_ < 0.5
    nearest = distances.min(axis=1)
    assert som.quantization_error_ == pytest.approx(nearest.mean())
    assert som.score(IRIS) == pytest.approx(-nearest.mean())
    assert som.score(IRIS, sample_weight=weight) == pytest.approx(
        -np.average(nearest, weights=weight)
    )
    assert (som.predict(IRIS) == som.labels_).all()
    assert (som.labels_ == two[:, 0]).all()


#: minisom 2.3.6: quantization and topographic error after 10 epochs of train_batch_offline from
#: pca_weights_init, and of train with use_epochs and random_order (random_seed=0).
MINISOM = {
    "iris": ((0.2414, 0.0333), (0.1965, 0.1400)),
    "digits": ((18.7067, 0.1959), (16.7506, 0.2688)),
}


@pytest.mark.parametrize("data", ["iris", "digits"])
def test_beside_minisom(data):
    """Each rule at the same grid and epochs: `python -m benchmarks.som` has all of it."""
    X, side = (load_iris().data, 8) if data == "iris" else (load_digits().data, 12)
    batch, online = MINISOM[data]
    ours = SelfOrganizingMap(side, side, n_iter=10).fit(X)
    assert ours.quantization_error_ < 0.92 * batch[0]
    wide = SelfOrganizingMap(side, side, n_iter=10, sigma=(side / 4, 0.5)).fit(X)
    assert wide.quantization_error_ < 0.97 * batch[0]
    assert wide.topographic_error_ <= batch[1] + 1e-4
    walked = SelfOrganizingMap(side, side, n_iter=10, algorithm="online", random_state=0).fit(X)
    assert walked.quantization_error_ < 1.02 * online[0]
    assert walked.topographic_error_ < online[1]


def test_hexagonal_maps_beside_minisom():
    """18.71 and 0.176 of digits are MiniSom's. Of iris it errs less by one row in a hundred, which
    docs/maps.md tells: 0.237 and 0.048 in the mean over draws of 120 rows."""
    options = {"topology": "hexagonal", "n_iter": 10}
    som = SelfOrganizingMap(12, 12, sigma=(3, 0.5), **options).fit(load_digits().data)
    assert som.quantization_error_ < 18.71
    assert som.topographic_error_ < 0.176
    X, rng = load_iris().data, np.random.RandomState(0)
    som, found = SelfOrganizingMap(8, 8, sigma=(2, 0.5), **options), []
    for _ in range(24):
        som.fit(X[rng.permutation(150)[:120]])
        found.append((som.quantization_error_, som.topographic_error_))
    assert (np.mean(found, axis=0) < (0.237, 0.048 + 0.015)).all()


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_distances(rng, metric, dtype):
    X = IRIS.astype(dtype) - 2
    X[3] = 0  # without a direction
    som = SelfOrganizingMap(4, 5, metric=metric).fit(X)
    assert som.codebook_.dtype == som.transform(X).dtype == dtype
    expected = nan_euclidean_distances if metric == "euclidean" else cosine_distances
    tolerance = (
        {"rtol": 1e-4, "atol": 1e-6} if dtype == np.float32 else {"rtol": 1e-9, "atol": 1e-12}
    )
    units = som.codebook_.astype(np.float64)
    np.testing.assert_allclose(som.transform(X), expected(X.astype(float), units), **tolerance)
    if metric == "euclidean":
        gaps = with_gaps(X, rng)
        expected = nan_euclidean_distances(gaps.astype(float), units)
        np.testing.assert_allclose(som.transform(gaps), expected, **tolerance)
        assert (som.predict(gaps) == expected.argmin(axis=1)).mean() > 0.99
    else:
        np.testing.assert_allclose(np.linalg.norm(som.codebook_, axis=1), 1, rtol=1e-6)
    alone = [som.predict(row[None])[0] for row in X[:9]]
    assert (som.predict(X)[:9] == alone).all()


def test_far_from_zero_units_stay_apart():
    """Squares of the values leave no digits for those of the differences."""
    near, far = SelfOrganizingMap(5, 5).fit(IRIS), SelfOrganizingMap(5, 5).fit(IRIS + 2.0**24)
    np.testing.assert_allclose(far.codebook_ - 2.0**24, near.codebook_, atol=1e-6)
    assert (far.labels_ == near.labels_).all()


def test_sparse_rows_are_as_dense_ones():
    X = load_digits().data[:500]
    for algorithm in ("batch", "online"):
        for metric in ("euclidean", "cosine"):
            som = SelfOrganizingMap(4, 5, algorithm=algorithm, metric=metric, random_state=0)
            dense = som.fit(X).codebook_
            found = som.fit(scipy.sparse.csr_matrix(X))
            np.testing.assert_allclose(found.codebook_, dense, rtol=1e-9, atol=1e-12)
            for matrix in (scipy.sparse.csr_array(X), scipy.sparse.csc_matrix(X)):
                assert (found.predict(matrix) == found.labels_).all()
                np.testing.assert_allclose(found.transform(matrix), found.transform(X), atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bits_do_not_depend_on_threads(rng, dtype):
    X = np.repeat(load_digits().data.astype(dtype), 4, axis=0)
    for data in (X, scipy.sparse.csr_matrix(X), with_gaps(X, rng)):
        fits = [SelfOrganizingMap(8, 9, n_iter=3, n_jobs=n).fit(data) for n in (1, 2, 4)]
        for other in fits[1:]:
            other.n_jobs = 1
            assert_same(fits[0], other)
            other.n_jobs = 4
            assert (other.transform(data) == fits[0].transform(data)).all()


def test_starts(rng):
    X = rng.normal(size=(400, 3)) * [0.1, 5, 1] + 7
    kinds = {"sigma": 1e-9, "n_iter": 1}  # nobody moves but to the mean of its own rows
    plane = SelfOrganizingMap(3, 8, **kinds, init="pca").fit(X[:300]).codebook_.reshape(3, 8, 3)
    assert abs(np.corrcoef(plane[1, :, 1], np.arange(8))[0, 1]) > 0.99
    assert abs(np.corrcoef(plane[:, 4, 2], np.arange(3))[0, 1]) > 0.9
    one, same = (SelfOrganizingMap(3, 3, init="sample", random_state=1).fit(X) for _ in range(2))
    other = SelfOrganizingMap(3, 3, init="sample", random_state=2).fit(X)
    assert (one.codebook_ == same.codebook_).all()
    assert (one.codebook_ != other.codebook_).any()
    wide = scipy.sparse.random(30, 500, 0.1, random_state=0, format="csr")
    assert SelfOrganizingMap(2, 3).fit(wide).codebook_.shape == (6, 500)
    torus = SelfOrganizingMap(4, 6, toroidal=True, n_iter=20).fit(load_digits().data)
    assert torus.topographic_error_ < 0.3


@pytest.mark.parametrize("algorithm", ["batch", "online"])
def test_partial_fit_is_an_epoch_of_a_fit(algorithm):
    som = SelfOrganizingMap(4, 5, algorithm=algorithm, shuffle=False, n_iter=4)
    parts = SelfOrganizingMap(**som.get_params())
    for _ in range(4):
        parts.partial_fit(IRIS)
    assert_same(som.fit(IRIS), parts)
    assert parts.partial_fit(IRIS[:20]).n_iter_ == 5
    assert len(parts.labels_) == 20
