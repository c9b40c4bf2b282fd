"""Dropout, sampling and noise: the twin's numbers bit for bit, and numbers that look random."""

import numpy as np
import pytest
import reference_random
from kernel_cases import DTYPES, ISAS, padded, sizes_around, tile

from fastnn._kernels.testing import probe

#: Of normal numbers: single precision is coarse where u is nearly 1, and its root coarser.
TOLERANCE = {np.float32: 1e-4, np.float64: 1e-14}
KEY = probe.random_key(7, 1, 2)


def transform(kernel, x, key, first_row, *parameters, isa=None):
    """kernel(x) into rows of another stride; nothing is written beyond the padding."""
    lanes, n = tile(x.dtype, isa)[0], x.shape[1]
    X, Y = padded(x, isa), np.full((len(x), 2 * lanes + padded(x, isa).shape[1]), np.nan, x.dtype)
    kernel(X, n, Y, key, first_row, *parameters, isa=isa)
    width = X.shape[1] - lanes
    assert (Y[:, n:width] == 0).all()
    assert np.isnan(Y[:, width:]).all()
    before = Y[:, :n].copy()
    kernel(X, n, X, key, first_row, *parameters, isa=isa)  # in place
    np.testing.assert_array_equal(X[:, :n], before)
    return before


def ones(rows, n, dtype=np.float32):
    return np.ones((rows, n), dtype)


def test_keys_are_those_of_the_twin():
    for arguments in ((0, 0, 0), (7, 1, 2), (2**64 - 1, 2**40, 3)):
        assert probe.random_key(*arguments) == reference_random.key(*arguments)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_the_numbers_are_those_of_the_twin(isa, dtype, rng):
    for n in (*sizes_around(tile(dtype, isa)[0]), 300):
        x = rng.uniform(size=(3, n)).astype(dtype)
        for first_row in (0, 2, 10**6):
            for rate in (0.0, 0.3, 0.999):
                got = transform(probe.dropout, x, KEY, first_row, rate, isa=isa)
                expected = reference_random.dropout(x, KEY, first_row, rate)
                np.testing.assert_array_equal(got, expected)
            got = transform(probe.bernoulli, x, KEY, first_row, isa=isa)
            np.testing.assert_array_equal(got, reference_random.bernoulli(x, KEY, first_row))
            got = transform(probe.gaussian_noise, x, KEY, first_row, 0.5, isa=isa)
            expected = x + 0.5 * reference_random.normal(KEY, first_row, 3, n)
            np.testing.assert_allclose(got, expected, rtol=0, atol=TOLERANCE[dtype])


def test_a_row_is_the_same_in_every_batch(rng):
    x = rng.normal(size=(9, 20))
    whole = transform(probe.dropout, x, KEY, 5, 0.5)
    for r in range(9):
        alone = transform(probe.dropout, x[r : r + 1], KEY, 5 + r, 0.5)
        np.testing.assert_array_equal(alone, whole[r : r + 1])


@pytest.mark.parametrize("dtype", DTYPES)
def test_no_dropout_is_the_identity_and_nearly_all_leaves_nearly_nothing(dtype, rng):
    x = rng.normal(size=(50, 40)).astype(dtype)
    np.testing.assert_array_equal(transform(probe.dropout, x, KEY, 0, 0.0), x)
    almost = np.nextafter(1, 0)
    assert (transform(probe.dropout, x, KEY, 0, almost) == 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_certain_units_and_nan(isa, dtype):
    p = np.repeat(np.array([[0, 1, np.nan]], dtype), 100, axis=0)
    h = transform(probe.bernoulli, p, KEY, 0, isa=isa)
    np.testing.assert_array_equal(h, p)


def five_sigma(mean, variance, n):
    return pytest.approx(mean, abs=5 * np.sqrt(variance / n))


@pytest.mark.parametrize("rate", [0.001, 0.1, 0.5, 0.9])
def test_the_share_of_dropped_units(rate):
    """Over all, in every row and in every column: a biased bit would show somewhere."""
    kept = transform(probe.dropout, ones(1000, 500), KEY, 0, rate) != 0
    variance = rate * (1 - rate)
    assert kept.mean() == five_sigma(1 - rate, variance, kept.size)
    for axis, n in ((0, 1000), (1, 500)):
        deviation = (kept.mean(axis) - (1 - rate)) / np.sqrt(variance / n)
        assert np.abs(deviation).max() < 5.5
        assert deviation.var() == pytest.approx(1, abs=0.35)


@pytest.mark.parametrize("other", ["row", "unit", "step", "stage", "seed"])
def test_neighbours_are_independent(other):
    """Masks of neighbouring rows, units, steps, stages and seeds do not correlate."""
    shape, at = (1000, 500), {"seed": 3, "step": 5, "stage": 1}

    def mask(first_row=0, **change):
        key = probe.random_key(*{**at, **change}.values())
        return (transform(probe.dropout, ones(*shape), key, first_row, 0.5) != 0) - 0.5

    here = mask()
    if other == "row":
        there = mask(first_row=1)
    elif other == "unit":
        there = np.roll(here, 1, axis=1)
    else:
        there = mask(**{other: at[other] + 1})
    assert not (here == there).all()
    assert (here * there).mean() == five_sigma(0, 1 / 16, here.size)
    per_unit = (here * there).mean(axis=0) / np.sqrt(1 / 16 / shape[0])
    assert np.abs(per_unit).max() < 5.5


def test_bits_are_uniform():
    """Every one of the 32 bits is set half the time, and independent of the next."""
    numbers = reference_random.rows_of_bits(KEY, 0, 500, 400)
    one = (numbers[..., None] >> np.arange(32, dtype=np.uint32)) & 1
    assert np.abs(one.mean((0, 1)) - 0.5).max() < 5 * 0.5 / np.sqrt(numbers.size)
    signs = 2.0 * one.reshape(-1, 32) - 1
    correlation = signs.T @ signs / len(signs) - np.eye(32)
    assert np.abs(correlation).max() < 5 / np.sqrt(len(signs))


@pytest.mark.parametrize("p", [0.02, 0.5, 0.95])
def test_samples_have_their_expectation(p):
    h = transform(probe.bernoulli, ones(500, 400) * np.float32(p), KEY, 0)
    assert set(np.unique(h)) == {0, 1}
    assert h.mean() == five_sigma(p, p * (1 - p), h.size)


@pytest.mark.parametrize("dtype", DTYPES)
def test_noise_is_normal(dtype):
    z = transform(probe.gaussian_noise, np.zeros((1000, 500), dtype), KEY, 0, 2.0) / 2
    z, n = z.astype(np.float64), z.size
    assert z.mean() == five_sigma(0, 1, n)
    assert (z**2).mean() == five_sigma(1, 2, n)
    assert (z**3).mean() == five_sigma(0, 15, n)
    assert (z**4).mean() == five_sigma(3, 96, n)
    assert (np.abs(z) > 3).mean() == five_sigma(0.0026998, 0.0026998, n)
    assert (z[:, 1:] * z[:, :-1]).mean() == five_sigma(0, 1, n)
    assert (z[1:] * z[:-1]).mean() == five_sigma(0, 1, n)
