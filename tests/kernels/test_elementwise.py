"""Activations, gathering and transposing, against NumPy in float64."""

import numpy as np
import pytest
import reference
from kernel_cases import DTYPES, ISAS, padded, sizes_around, tile

from fastnn._kernels.native import table
from fastnn._kernels.testing import probe

TOLERANCE = {np.float32: 1e-6, np.float64: 1e-14}
DERIVATIVES = {
    **{name: derivative for name, (_, derivative) in reference.ACTIVATIONS.items()},
    "exp": lambda z, h: h,
}
FUNCTIONS = {
    **{name: function for name, (function, _) in reference.ACTIVATIONS.items()},
    "exp": np.exp,
}


def test_every_function_of_the_tables_is_tested():
    assert set(table.activations()) == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_activation_and_its_derivative(isa, dtype, name, rng):
    for n in sizes_around(tile(dtype, isa)[0]):
        z, d = rng.normal(size=(2, 3, n)).astype(dtype)
        H, D = padded(z, isa), padded(d, isa)
        Z = H.copy()
        probe.activation(name, H, n, isa)
        expected = FUNCTIONS[name](z.astype(np.float64))
        np.testing.assert_allclose(H[:, :n], expected, rtol=TOLERANCE[dtype])
        width = H.shape[1] - tile(dtype, isa)[0]
        assert (H[:, n:width] == 0).all()
        assert np.isnan(H[:, width:]).all()  # nothing was written beyond

        probe.activation_gradient(name, Z, H, D, n, isa)
        expected = d * DERIVATIVES[name](z.astype(np.float64), expected)
        np.testing.assert_allclose(
            D[:, :n], expected, rtol=10 * TOLERANCE[dtype], atol=TOLERANCE[dtype]
        )


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_a_nan_stays_a_nan(isa, dtype, name):
    Z = padded(np.array([[np.nan, 1, -np.nan]], dtype), isa)
    probe.activation(name, Z, 3, isa)
    assert np.isnan(Z[0, :3]).tolist() == [True, False, True]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_relu_of_nan_is_nan(isa, dtype):
    Z = padded(np.array([[np.nan, -1, -0.0, 2, np.inf, -np.inf]], dtype), isa)
    probe.activation("relu", Z, 6, isa)
    np.testing.assert_array_equal(Z[0, :6], [np.nan, 0, 0, 2, np.inf, 0])


SLOPES_AT_INFINITY = {  # below, above
    **dict.fromkeys(["relu", "elu", "selu", "gelu", "silu", "mish", "softplus"], (0, 1)),
    **dict.fromkeys(["tanh", "logistic", "softsign", "step"], (0, 0)),
    "leaky_relu": (0.01, 1),
    "selu": (0, reference.SCALE),
}


@pytest.mark.parametrize("name", SLOPES_AT_INFINITY)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_slopes_far_out_are_the_limits(isa, dtype, name):
    for far in (1e30, np.inf):
        Z = padded(np.array([[-far, far]], dtype), isa)
        H, D = Z.copy(), np.ones_like(Z)
        probe.activation(name, H, 2, isa)
        probe.activation_gradient(name, Z, H, D, 2, isa)
        np.testing.assert_allclose(D[0, :2], SLOPES_AT_INFINITY[name], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_softmax(isa, dtype, rng):
    for n in sizes_around(tile(dtype, isa)[0]):
        z = (rng.normal(size=(5, n)) * [[0], [1], [10], [100], [1e4]]).astype(dtype)
        Z = padded(z, isa)
        probe.softmax(Z, n, isa)
        expected = reference.OUTPUT_ACTIVATIONS["softmax_log_loss"](z.astype(np.float64))
        tiny = np.finfo(dtype).tiny
        np.testing.assert_allclose(Z[:, :n], expected, rtol=10 * TOLERANCE[dtype], atol=tiny)
    for bad in ([np.nan, 0, 1], [0, 1, np.nan], [0, np.inf, 1]):
        Z = padded(np.array([bad], dtype), isa)
        probe.softmax(Z, 3, isa)
        assert np.isnan(Z[0, :3]).any()


@pytest.mark.parametrize("source", DTYPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_gather(isa, dtype, source, rng):
    lanes = tile(dtype, isa)[0]
    for n in sizes_around(lanes):
        X = rng.normal(size=(9, n)).astype(source)
        sample = np.array([8, 0, 3, 3, 1], np.intp)
        to = padded(np.zeros((5, n), dtype), isa)
        probe.gather(X, sample, to, isa)
        np.testing.assert_array_equal(to[:, :n], X[sample].astype(dtype))
        assert (to[:, n:-lanes] == 0).all()
        assert np.isnan(to[:, -lanes:]).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_transpose(isa, dtype, rng):
    lanes = tile(dtype, isa)[0]
    A = rng.normal(size=(lanes, lanes)).astype(dtype)
    for n_rows in range(1, lanes + 1):
        for n_cols in range(1, lanes + 1):
            to = np.full((lanes, lanes + 1), np.nan, dtype)
            probe.transpose(A[:n_rows], n_cols, to, isa)
            np.testing.assert_array_equal(to[:n_cols, :n_rows], A[:n_rows, :n_cols].T)
            assert (to[:n_cols, n_rows:lanes] == 0).all()
            assert np.isnan(to[n_cols:]).all()
            assert np.isnan(to[:, lanes]).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_all_finite(isa, dtype):
    for n in sizes_around(tile(dtype, isa)[0]):
        x = np.full(n, np.finfo(dtype).max, dtype)
        assert probe.all_finite(x, isa)
        for bad in (np.nan, np.inf, -np.inf):
            for i in range(n):
                x[i] = bad
                assert not probe.all_finite(x, isa)
                x[i] = 0
