"""Kernels of self-organizing maps beside NumPy: every ISA, both dtypes, 1, 2 and 4 threads."""

import numpy as np
import pytest
import scipy.sparse
from kernel_cases import ISAS, chain_scorer

from fastnn._kernels.families import som

DTYPES = np.float32, np.float64


@pytest.fixture(params=DTYPES, ids=lambda dtype: dtype.__name__)
def dtype(request):
    return request.param


def tolerance(dtype):
    return 1e-5 if dtype == np.float32 else 1e-13


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("missing", [False, True])
def test_squared_distances(rng, dtype, isa, missing):
    X, codebook = (rng.normal(size=(n, 37)).astype(dtype) for n in (203, 29))
    if missing:
        X[rng.uniform(size=X.shape) < 0.2] = np.nan
    found = som.squared_distances(X, codebook, missing, 1, isa)
    expected = np.square(X[:, None].astype(float) - codebook)
    np.testing.assert_allclose(found, np.nansum(expected, axis=2), rtol=tolerance(dtype))
    X, codebook = np.tile(X, (8, 1)), np.tile(codebook, (3, 1))  # enough for several threads
    for n_threads in (2, 4):
        again = som.squared_distances(X, codebook, missing, n_threads, isa)
        assert (again == np.tile(found, (8, 3))).all()


def test_rows_are_added_up_in_their_order(rng, dtype):
    X = rng.normal(size=(9001, 33)).astype(dtype) * (rng.uniform(size=(9001, 33)) < 0.3)
    unit, weight = rng.randint(7, size=9001), rng.uniform(size=9001)
    for w in (None, weight):
        expected = np.zeros((7, 33))
        np.add.at(expected, unit, X.astype(float) * (1 if w is None else w[:, None]))
        for data in (X, scipy.sparse.csr_matrix(X)):
            sums = [np.zeros((7, 33)) for _ in range(3)]
            for n_threads, to in zip((1, 2, 4), sums, strict=True):
                som.add_rows(data, unit, w, to, n_threads)
            np.testing.assert_allclose(sums[0], expected, rtol=1e-12, atol=1e-12)
            assert (sums[0] == sums[1]).all()
            assert (sums[0] == sums[2]).all()
    with pytest.raises(ValueError, match="no unit"):
        som.add_rows(X, unit + 1, None, np.zeros((7, 33)))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("sphere", [False, True])
def test_training_row_by_row(rng, dtype, isa, sphere):
    X, codebook = rng.normal(size=(50, 19)).astype(dtype), rng.normal(size=(6, 19)).astype(dtype)
    X[::3, ::4] = np.nan
    weight, strength = rng.randint(4, size=50).astype(float), rng.uniform(size=(6, 6))
    expected = codebook.astype(float)
    for row, w in zip(X.astype(float), weight, strict=True):
        away = np.nan_to_num(row - expected)
        winner = np.square(away).sum(axis=1).argmin()
        expected += (1 - (1 - 0.3 * strength[winner]) ** w)[:, None] * away
        if sphere and w:
            expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    som.train_rows(X, weight, codebook, strength, 0.3, True, sphere, isa)
    np.testing.assert_allclose(codebook, expected, rtol=0, atol=100 * tolerance(dtype))


@pytest.mark.parametrize("isa", ISAS)
def test_the_largest_output(rng, dtype, isa):
    """The first of equal ones, of layers of all shapes, for one row and many, dense and sparse."""
    for n in (1, 3, 16, 35):
        X = rng.normal(size=(300, 5)).astype(dtype)
        weight = np.round(rng.normal(size=(5, n))).astype(dtype)
        X[:20] = np.round(X[:20])  # ties
        scorer = chain_scorer([weight], [np.zeros(n, dtype)], ["identity"], "identity", dtype, isa)
        found = scorer.largest(X)
        assert (found == scorer.raw(X).argmax(axis=1)).all()
        assert (found[:9] == [scorer.largest(row)[0] for row in X[:9]]).all()
        assert (found == scorer.largest(scipy.sparse.csr_matrix(X))).all()
