"""The three products of a dense layer: right, and the same bits however they are shared out."""

import numpy as np
import pytest
from fastnn._kernels.testing.bench import OPERATIONS, Product
from kernel_cases import DTYPES, ISAS, THREADS, assert_same_bits, make_network, sizes_around, tile

# Largest error of an element relative to the sum of the absolute values of its products.
RESIDUAL = {np.float32: 1e-5, np.float64: 1e-14}


def operands(rng, operation, m, k, n, dtype):
    X, W, D = (rng.normal(size=s).astype(dtype) for s in ((m, k), (k, n), (m, n)))
    return {"forward": (X, W), "dX": (D, W.T), "dW": (X.T, D)}[operation]


def product(operation, A, B, isa, n_threads=1):
    p = Product(operation, A, B, n_threads, isa)
    p.run()
    return p.result()


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_products_of_ragged_shapes(isa, dtype, operation, rng):
    lanes, rows = tile(dtype, isa)
    for m in sizes_around(rows):
        for k in (1, lanes, 2 * lanes + 1, 101):
            for n in sorted({1, 2, lanes // 2, lanes // 2 + 1, 10, *sizes_around(2 * lanes)}):
                A, B = operands(rng, operation, m, k, n, dtype)
                A64, B64 = A.astype(np.float64), B.astype(np.float64)
                error = np.abs(product(operation, A, B, isa) - A64 @ B64)
                allowed = RESIDUAL[dtype] * (np.abs(A64) @ np.abs(B64))
                assert (error <= allowed).all(), (m, k, n)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_large_product(isa, dtype, operation, rng):
    A, B = operands(rng, operation, 131, 257, 193, dtype)
    A64, B64 = A.astype(np.float64), B.astype(np.float64)
    error = np.abs(product(operation, A, B, isa) - A64 @ B64)
    assert (error <= RESIDUAL[dtype] * (np.abs(A64) @ np.abs(B64))).all()


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_threads_change_no_bit(isa, dtype, operation, rng):
    for m, k, n in ((53, 113, 71), (3, 113, 5), (29, 200, 1)):
        A, B = operands(rng, operation, m, k, n, dtype)
        alone = product(operation, A, B, isa)
        for n_threads in THREADS[1:]:
            assert_same_bits(product(operation, A, B, isa, n_threads), alone)


@pytest.mark.parametrize("operation", ["forward", "dX"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_a_row_has_the_same_bits_in_any_batch(isa, dtype, operation, rng):
    lanes, rows = tile(dtype, isa)
    for n in (1, 2, lanes // 2, lanes // 2 + 1, 10, 2 * lanes, 4 * lanes + 3, 9 * lanes):
        A, B = operands(rng, operation, 2 * rows + 3, 47, n, dtype)
        whole = product(operation, A, B, isa)
        for count in range(1, len(A) + 1):
            for first in {0, len(A) - count}:
                part = product(operation, A[first : first + count], B, isa)
                assert_same_bits(part, whole[first : first + count], (n, first, count))


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("isa", ISAS)
def test_sums_run_in_the_order_of_k(isa, operation):
    """2^24 + 1 rounds away in float32 unless it comes last: the order of the sum shows."""
    lanes, _ = tile(np.float32, isa)
    k, n = 40, 2 * lanes
    terms = np.zeros(k, np.float32)
    terms[:3] = 2.0**24, 1, -(2.0**24)
    A, B = np.tile(terms, (5, 1)), np.ones((k, n), np.float32)
    assert (product(operation, A, B, isa) == 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("isa", ISAS)
def test_no_rows(isa, dtype):
    network = make_network(n_in=5, sizes=(4, 3), dtype=dtype, isa=isa)
    assert network.forward(np.empty((0, 5), dtype)).shape == (0, 3)
