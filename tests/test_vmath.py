"""exp, log, tanh and logistic: their error in units in the last place, and their special values."""

import numpy as np
import pytest
from kernel_cases import DTYPES, ISAS, padded

from fastnn._kernels import probe

INF, NAN = np.inf, np.nan

# Bounds in units in the last place; csrc/vmath.inc states the measured maxima.
ULP = {
    np.float32: {"exp": 1.1, "log": 1.0, "tanh": 2.6, "logistic": 2.5},
    np.float64: {"exp": 1.0, "log": 1.0, "tanh": 2.6, "logistic": 2.5},
}
PRECISE = {np.float32: np.float64, np.float64: np.longdouble}
EXACT = {
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
}
# Beyond these the result no longer changes: dense samples lie between them.
CENTRE = {"exp": 100, "log": 100, "tanh": 12, "logistic": 100}
SPECIAL = {
    "exp": [(0, 1), (-0.0, 1), (INF, INF), (-INF, 0), (1e30, INF), (-1e30, 0)],
    "log": [(1, 0), (0, -INF), (-0.0, -INF), (INF, INF), (-1, NAN), (-INF, NAN)],
    "tanh": [(0, 0), (-0.0, -0.0), (INF, 1), (-INF, -1), (1e30, 1), (-1e30, -1)],
    "logistic": [(0, 0.5), (-0.0, 0.5), (INF, 1), (-INF, 0), (1e30, 1), (-1e30, 0)],
}


def evaluate(name, x, isa, flush=False):
    x = np.ascontiguousarray(x)
    if name == "log":
        y = np.empty_like(x)
        probe.log(x, y, isa, flush)
        return y
    Z = padded(x[None, :], isa)
    probe.activation(name, Z, len(x), isa, flush)
    return Z[0, : len(x)]


def every_magnitude(dtype, count):
    """Numbers evenly spread over the bit patterns: all exponents, denormals, both signs."""
    unsigned = np.uint32 if dtype == np.float32 else np.uint64
    step = np.iinfo(unsigned).max // count
    x = (np.arange(count, dtype=unsigned) * unsigned(step) + unsigned(step // 3)).view(dtype)
    return x[np.isfinite(x)]


def ulp_errors(got, exact, dtype):
    """Distance in units of the last place that the exact value has in dtype.

    Results below the normal numbers may have been flushed to zero: that costs no unit.
    """
    info = np.finfo(dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = exact.astype(dtype)
        unit = np.spacing(np.minimum(np.abs(rounded), np.nextafter(info.max, dtype(0))))
        error = np.abs(got.astype(exact.dtype) - exact) / unit.astype(exact.dtype)
    small = np.abs(exact) < info.smallest_normal
    assert (np.abs(got[small] - exact[small]) <= info.smallest_normal).all()
    overflow = ~np.isfinite(rounded)
    np.testing.assert_array_equal(got[overflow], rounded[overflow])
    return np.where(small | overflow, 0, error)


def samples(name, dtype, count):
    rng = np.random.RandomState(0)
    x = np.concatenate(
        [
            every_magnitude(dtype, count),
            rng.uniform(-CENTRE[name], CENTRE[name], count).astype(dtype),
            rng.uniform(-2, 2, count).astype(dtype),
        ]
    )
    return np.abs(x) if name == "log" else x


@pytest.mark.skipif(
    np.finfo(np.longdouble).nmant <= np.finfo(np.float64).nmant, reason="no longer double here"
)
@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("dtype", DTYPES)
def test_error_in_ulp(dtype, name):
    x = samples(name, dtype, 300_000)
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        exact = EXACT[name](x.astype(PRECISE[dtype]))
    for isa in ISAS:
        worst = ulp_errors(evaluate(name, x, isa), exact, dtype).max()
        assert worst <= ULP[dtype][name], (isa, float(worst))


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_special_values(isa, dtype, name):
    x, expected = np.array(SPECIAL[name], dtype).T
    for flush in (False, True):
        np.testing.assert_array_equal(evaluate(name, x, isa, flush), expected)
        assert np.isnan(evaluate(name, np.array([1, NAN, -NAN], dtype), isa, flush)[1:]).all()
    if name == "tanh":
        assert np.signbit(evaluate(name, np.array([-0.0], dtype), isa))[0]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_exp_at_the_edges_of_overflow_and_underflow(isa, dtype):
    info = np.finfo(dtype)
    top = np.log(info.max.astype(np.longdouble)).astype(dtype)
    above = np.nextafter(top, dtype(INF)) * dtype(1 + 4 * info.eps)
    low = np.log(info.smallest_normal.astype(np.longdouble)).astype(dtype)
    x = np.array([top * dtype(1 - 2 * info.eps), above, low, low - dtype(0.7)], dtype)
    y = evaluate("exp", x, isa)
    assert np.isfinite(y[0])
    assert y[0] > 0.99 * info.max
    assert y[1] == INF
    assert 0.99 * info.smallest_normal < y[2] < 1.01 * info.smallest_normal
    assert 0 < y[3] < info.smallest_normal  # a denormal where they are not flushed
    assert evaluate("exp", x, isa, flush=True)[3] == 0


@pytest.mark.parametrize("name", ["exp", "tanh", "logistic"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_monotone_up_to_rounding(isa, dtype, name):
    """Neighbours may swap by the error bound, no more, and bounded functions stay in bounds."""
    x = np.sort(samples(name, dtype, 20_000))
    y = evaluate(name, x, isa)
    finite = y[np.isfinite(y)]
    slack = 2 * np.ceil(ULP[dtype][name]) * np.spacing(np.abs(finite[1:]))
    assert (np.diff(finite) >= -slack).all()
    if name != "exp":
        assert finite.max() == 1
        assert finite.min() == (-1 if name == "tanh" else 0)


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_a_value_does_not_depend_on_its_lane(isa, dtype, name):
    x = np.abs(samples(name, dtype, 40)[::3]) + dtype(0.1)
    whole = evaluate(name, x, isa)
    for i in range(len(x)):
        assert evaluate(name, x[i:], isa)[0].tobytes() == whole[i].tobytes()
