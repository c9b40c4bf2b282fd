"""Activations and what they are made of: errors in units in the last place, special values."""

import numpy as np
import pytest
from kernel_cases import DTYPES, ISAS, padded

from fastnn._kernels.testing import probe

INF, NAN = np.inf, np.nan

# Bounds in units in the last place; csrc/vectors/*.inc state the measured maxima.
ULP = {
    np.float32: {
        **{"exp": 1.1, "log": 1.0, "tanh": 2.6, "logistic": 2.5, "elu": 1.2, "selu": 2.5},
        **{"gelu": 5.5, "silu": 2.8, "mish": 4.0, "softplus": 2.1, "softsign": 1.6},
    },
    np.float64: {
        **{"exp": 1.0, "log": 1.0, "tanh": 2.6, "logistic": 2.5, "elu": 1.3, "selu": 3.0},
        **{"gelu": 7.5, "silu": 2.6, "mish": 4.0, "softplus": 2.1, "softsign": 1.6},
    },
}
PRECISE = {np.float32: np.float64, np.float64: np.longdouble}
EXACT = {
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(x)),
    "gelu": lambda x: x * normal_cdf(x),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "mish": lambda x: x * np.tanh(np.logaddexp(x.dtype.type(0), x)),
    "softplus": lambda x: np.logaddexp(x.dtype.type(0), x),
    "softsign": lambda x: x / (1 + np.abs(x)),
}
SELU_SCALE = np.longdouble("1.0507009873554804934193349852946")
SELU_ALPHA = np.longdouble("1.6732632423543772848170429916717")
# Beyond these the result no longer changes: dense samples lie between them.
CENTRE = {**dict.fromkeys(EXACT, 100), "tanh": 12, "gelu": 15}
SPECIAL = {
    "exp": [(0, 1), (-0.0, 1), (INF, INF), (-INF, 0), (1e30, INF), (-1e30, 0)],
    "log": [(1, 0), (0, -INF), (-0.0, -INF), (INF, INF), (-1, NAN), (-INF, NAN)],
    "tanh": [(0, 0), (-0.0, -0.0), (INF, 1), (-INF, -1), (1e30, 1), (-1e30, -1)],
    "logistic": [(0, 0.5), (-0.0, 0.5), (INF, 1), (-INF, 0), (1e30, 1), (-1e30, 0)],
    "elu": [(0, 0), (INF, INF), (-INF, -1), (1e30, 1e30), (-1e30, -1)],
    "gelu": [(0, 0), (INF, INF), (-INF, 0), (1e30, 1e30), (-1e30, 0)],
    "silu": [(0, 0), (INF, INF), (-INF, 0), (1e30, 1e30), (-1e30, 0)],
    "mish": [(0, 0), (INF, INF), (-INF, 0), (1e30, 1e30), (-1e30, 0)],
    "softplus": [(INF, INF), (-INF, 0), (1e30, 1e30), (-1e30, 0)],
    "softsign": [(0, 0), (INF, 1), (-INF, -1), (1e38, 1), (-1e38, -1)],
    "leaky_relu": [(0, 0), (INF, INF), (-INF, -INF), (1e30, 1e30)],
    "step": [(0, 0), (-0.0, 0), (INF, 1), (-INF, 0), (1e-30, 1)],
}


def normal_cdf(x):
    """The normal distribution function to the precision of long double: series and fraction."""
    a = np.abs(x.astype(np.longdouble))
    near, far = np.minimum(a, 2.5), np.maximum(a, 2.5)
    term, total = near, near
    for k in range(1, 60):  # the series of positive terms: x + x^3 / 3 + x^5 / (3 * 5) + ...
        term = term * near * near / (2 * k + 1)
        total = total + term
    fraction = far
    for k in range(150, 0, -1):  # x + 1 / (x + 2 / (x + 3 / (x + ...)))
        fraction = far + k / fraction
    root = np.sqrt(8 * np.arctan(np.longdouble(1)))
    near = 0.5 - np.exp(-near * near / 2) / root * total
    upper = np.where(a < 2.5, near, np.exp(-far * far / 2) / root / fraction)
    return np.where(x < 0, upper, 1 - upper)


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


def ulp_errors(got, exact, dtype, smallest=1):
    """Distance in units of the last place that the exact value has in dtype.

    Results below the normal numbers, or `smallest` times that for a product of which one factor is
    so small, may have been flushed to zero: that costs no unit.
    """
    info = np.finfo(dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = exact.astype(dtype)
        unit = np.spacing(np.minimum(np.abs(rounded), np.nextafter(info.max, dtype(0))))
        error = np.abs(got.astype(exact.dtype) - exact) / unit.astype(exact.dtype)
    small = np.abs(exact) < smallest * info.smallest_normal
    assert (np.abs(got[small] - exact[small]) <= smallest * info.smallest_normal).all()
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
    x = samples(name, dtype, 20_000 if name == "gelu" else 300_000)
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        exact = EXACT[name](x.astype(PRECISE[dtype]))
    for isa in ISAS:
        smallest = 1000 if name in ("gelu", "silu", "mish") else 1
        worst = ulp_errors(evaluate(name, x, isa), exact, dtype, smallest).max()
        assert worst <= ULP[dtype][name], (isa, float(worst))


@pytest.mark.parametrize("name", SPECIAL)
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
