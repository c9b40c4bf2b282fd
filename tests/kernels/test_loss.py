"""Losses of rows and their gradients, against NumPy in float64; losses far out and at kinks."""

import numpy as np
import pytest
from kernel_cases import DTYPES, ISAS, padded, sizes_around, tile
from reference_losses import LOSSES, targets

from fastnn._kernels.native import table
from fastnn._kernels.testing import probe

TOLERANCE = {np.float32: 1e-6, np.float64: 1e-14}


def test_every_loss_of_the_table_is_tested():
    assert set(table.losses()) == set(LOSSES)


def parameter_of(rng, name, n, dtype):
    """One a output where the loss takes that, else the same for all."""
    default = LOSSES[name][2]
    if default is None:
        return None
    if name.startswith("softmax"):
        return np.full(n, 0.3 if default < 1 else 1.7, dtype)
    low, high = (1.1, 1.9) if name == "tweedie" else (0.1, 0.9) if default < 1 else (0.5, 3)
    return rng.uniform(low, high, n).astype(dtype)


def loss_case(rng, name, rows, n, dtype):
    """(z, labels, y, one-hot or y) of more rows than the batch has."""
    scale = 1 if LOSSES[name][1] == "exp" or name == "gaussian_nll" else 3
    z = rng.normal(scale=scale, size=(rows, n)).astype(dtype)
    y = targets(name, rng, 2 * rows, n)
    if y.dtype == np.intp:
        return z, y, None, np.eye(n)[y]
    y = y.astype(dtype)
    return z, None, y, y


def bounds_of(dtype):
    """Those of scikit-learn's log losses, to which a fit keeps what it reports."""
    eps = float(np.finfo(dtype).eps)
    return {"low": eps, "high": -np.log(eps)}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_loss_and_its_gradient(isa, dtype, name, weighted, rng):
    lanes = tile(dtype, isa)[0]
    for rows in (1, lanes - 1, lanes, 2 * lanes + 3):
        for n in (*sizes_around(lanes), 2 * lanes, 300):
            n += n % 2 if name == "gaussian_nll" else 0  # outputs in pairs
            z, labels, y, wanted = loss_case(rng, name, rows, n, dtype)
            q = parameter_of(rng, name, n, dtype)
            weight = rng.uniform(size=2 * rows).astype(dtype) if weighted else None
            sample = rng.permutation(2 * rows)[:rows].astype(np.intp)
            D, row_loss = padded(np.zeros_like(z), isa), np.empty(rows)
            probe.loss(name, padded(z, isa), n, D, labels, y, weight, sample, row_loss, isa, q)

            w = np.ones(rows) if weight is None else weight[sample].astype(np.float64)
            target, z = wanted[sample].astype(np.float64), z.astype(np.float64)
            q = q if q is None else q.astype(np.float64)[: 1 if labels is not None else n]
            losses, slopes = LOSSES[name][0](z, target, q, 0)
            rtol = 20 * TOLERANCE[dtype]
            # Terms of many times the result cancel in a deviance: their rounding is absolute.
            scale = 1 + np.abs(target).max() * np.exp(-z.min()) if "exp" in LOSSES[name][1] else 1
            np.testing.assert_allclose(
                row_loss, w * losses.sum(axis=1), rtol=rtol, atol=rtol * n * scale
            )
            np.testing.assert_allclose(D[:, :n], w[:, None] * slopes, rtol=rtol, atol=rtol * scale)
            width = D.shape[1] - lanes
            assert (D[:, n:width] == 0).all()
            assert np.isnan(D[:, width:]).all()


def one_row(name, z, y, dtype, isa, parameter=None):
    """(losses, slopes) of single outputs z with targets y."""
    Z = padded(np.array(z, dtype)[:, None], isa)
    y = np.array(y, dtype)[:, None]
    D, losses, n = Z.copy(), np.empty(len(Z)), len(Z)
    q = None if parameter is None else np.array([parameter], dtype)
    probe.loss(name, Z, 1, D, None, y, None, np.arange(n), losses, isa, q)
    return losses, D[:, 0]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_kinks(isa, dtype):
    """Where the slope jumps it is the documented one; a margin of 0 still moves a perceptron."""
    z, y = [0.0, 0.0, 0.5, 1.0, -1.0, 1.5], [0, 1, 1, 1, 0, 1]
    assert one_row("perceptron", z, y, dtype, isa)[1].tolist() == [1, -1, 0, 0, 0, 0]
    assert one_row("hinge", z, y, dtype, isa)[1].tolist() == [1, -1, -1, -1, 1, 0]
    assert one_row("absolute_error", [1, 2, 3], [2, 2, 2], dtype, isa)[1].tolist() == [-1, 0, 1]
    slopes = one_row("quantile", [1, 2, 3], [2, 2, 2], dtype, isa, 0.25)[1]
    assert slopes.tolist() == [-0.25, 0, 0.75]
    losses, slopes = one_row("huber", [2, 0, -9], [0, 0, 0], dtype, isa, 2.0)
    assert losses.tolist() == [2, 0, 16]
    assert slopes.tolist() == [2, 0, -2]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_small_and_large_values_keep_their_digits(isa, dtype):
    r = np.array([1e-6, 1e-3, 0.5, 0.999, 1.001, 30, 1e4]).astype(dtype)
    losses, slopes = one_row("log_cosh", r, np.zeros_like(r), dtype, isa)
    x = r.astype(np.longdouble)
    small = x**2 / 2 - x**4 / 12 + x**6 / 45
    exact = np.where(x < 0.01, small, x - np.log(np.longdouble(2)) + np.log1p(np.exp(-2 * x)))
    rtol = 10 * TOLERANCE[dtype]
    np.testing.assert_allclose(losses, exact.astype(np.float64), rtol=rtol)
    np.testing.assert_allclose(slopes, np.tanh(r.astype(np.float64)), rtol=rtol)
    # Far beyond what single precision can tell from certainty.
    losses, slopes = one_row(
        "logistic_focal_loss", [40, -40, 1e4, -1e4], [1, 1, 1, 0], dtype, isa, 1.0
    )
    q = np.exp(-40.0)
    np.testing.assert_allclose(slopes[0], -2 * q * q, rtol=1e-5 if dtype == np.float32 else 1e-12)
    assert (losses[2:] == 0).all()
    assert (slopes[2:] == 0).all()
    assert np.isfinite(losses).all()


@pytest.mark.parametrize("name", ["softmax_focal_loss", "softmax_smoothed_log_loss"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_softmax_variants_far_out(isa, dtype, name):
    """Certain rows, right or wrong, have finite losses and slopes; so has one class only."""
    z = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 0], [40, 0, 0]], dtype)
    for q in (0.0, 0.5, 2.0) if "focal" in name else (0.0, 0.1):
        Z, labels, row_loss = padded(z, isa), np.zeros(3, np.intp), np.empty(3)
        D, parameter = np.zeros_like(Z), np.full(3, q, dtype)
        probe.loss(name, Z, 3, D, labels, None, None, np.arange(3), row_loss, isa, parameter)
        assert np.isfinite(row_loss).all()
        assert np.isfinite(D[:, :3]).all()
        np.testing.assert_allclose(D[:, :3].sum(axis=1), 0, atol=10 * TOLERANCE[dtype])
        if "focal" in name and q == 2.0:
            wrong = 2 * np.exp(-40.0)
            expected = 3 * wrong**3 if dtype == np.float64 else 0
            np.testing.assert_allclose(-D[2, 0], expected, rtol=1e-10, atol=1e-40)
        Z = padded(z[:, :1], isa)
        probe.loss(name, Z, 1, Z, labels, None, None, np.arange(3), row_loss, isa, parameter[:1])
        np.testing.assert_allclose(row_loss, 0, atol=10 * TOLERANCE[dtype])


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_a_nan_stays_in_its_row(isa, dtype, name, rng):
    z, labels, y, _ = loss_case(rng, name, 3, 6, dtype)
    z[1, 2] = np.nan
    Z, row_loss, q = padded(z, isa), np.empty(3), parameter_of(rng, name, 6, dtype)
    probe.loss(name, Z, 6, Z, labels, y, None, np.arange(3), row_loss, isa, q)
    assert np.isnan(row_loss).tolist() == [False, True, False]
    assert np.isnan(Z[:, :6]).any(axis=1).tolist() == [False, True, False]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_losses_of_certain_rows_are_finite(isa, dtype):
    """They are those of the raw outputs, or kept between bounds; the gradient knows no bounds."""
    sample, row_loss, eps = np.arange(2), np.empty(2), np.finfo(dtype).eps
    z = padded(np.array([[1e4, -1e4], [-1e4, 1e4]], dtype), isa)
    labels, y = np.zeros(2, np.intp), np.array([[1, 0], [1, 0]], dtype)
    gradients = []
    for bounds, factor in (({}, None), (bounds_of(dtype), 1)):
        low, high = (eps, -np.log(eps)) if factor else (0, 1e4)
        D = z.copy()
        probe.loss("softmax_log_loss", z, 2, D, labels, None, None, sample, row_loss, isa, **bounds)
        np.testing.assert_allclose(row_loss, [low, high if factor else 2 * high], rtol=1e-6)
        gradients.append(D)
        D = z.copy()
        probe.loss("logistic_log_loss", z, 2, D, None, y, None, sample, row_loss, isa, **bounds)
        np.testing.assert_allclose(row_loss, [2 * low, 2 * high], rtol=1e-6)
        gradients.append(D)
    np.testing.assert_array_equal(gradients[:2], gradients[2:])
    z = padded(np.full((2, 40), -1e4, dtype), isa)  # more outputs than are turned
    z[1, 0] = 1e4
    labels = np.array([0, 1])
    for bounds, high in (({}, 2e4), (bounds_of(dtype), -np.log(eps))):
        D = z.copy()
        probe.loss(
            "softmax_log_loss", z, 40, D, labels, None, None, sample, row_loss, isa, **bounds
        )
        np.testing.assert_allclose(row_loss, [np.log(40), high], rtol=1e-6)
