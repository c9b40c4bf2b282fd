"""The three products of a dense layer against NumPy's matmul and the measured FMA peak.

``forward`` is X (M, K) W (K, N), ``dX`` is D (M, N) Wᵀ (N, K), ``dW`` is Xᵀ (K, M) D (M, N): M rows
of a batch through a layer of K inputs and N outputs. Each is what training calls: the weights lie
packed, NumPy gets its output array.
"""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from benchmarks.machine import cpu_count
from fastnn._kernels.testing import bench

SHAPES = [  # M, K, N
    (1, 30, 100),
    (1, 784, 256),
    (16, 784, 256),
    (32, 64, 64),
    (100, 100, 10),
    (128, 784, 256),
    (128, 256, 128),
    (128, 128, 10),
    (256, 1024, 1024),
    (1024, 10, 10),
    (1024, 100, 1024),
    (1024, 1024, 1024),
]
THREADS = sorted({1, cpu_count()})


def operands(operation, M, K, N, dtype):
    """The two factors of the product as NumPy multiplies them."""
    rng = np.random.default_rng(0)
    X, W, D = (rng.standard_normal(shape).astype(dtype) for shape in ((M, K), (K, N), (M, N)))
    return {"forward": (X, W), "dX": (D, W.T), "dW": (X.T, D)}[operation]


@pytest.fixture(scope="module")
def peak():
    """GFLOP/s of the machine by dtype and threads, measured once each."""
    measured = {}

    def of(dtype, threads):
        if (dtype, threads) not in measured:
            measured[dtype, threads] = max(bench.fma_peak(dtype, threads) for _ in range(5))
        return measured[dtype, threads]

    return of


@pytest.mark.parametrize("contender", ["fastnn", "NumPy"])
@pytest.mark.parametrize("threads", THREADS)
@pytest.mark.parametrize("operation", ["forward", "dX", "dW"])
@pytest.mark.parametrize(("M", "K", "N"), SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def bench_product(benchmark, peak, dtype, M, K, N, operation, threads, contender):
    A, B = operands(operation, M, K, N, dtype)
    flops = 2e-9 * M * K * N
    repeat = max(1, round(0.2 / flops)) if contender == "fastnn" else 1  # as in training: within C
    benchmark.group = f"{operation} {M}×{K}×{N}, {dtype}, {threads} thread{'s' * (threads > 1)}"
    benchmark.extra_info |= {"contender": contender, "repeat": repeat}
    if contender == "fastnn":
        product = bench.Product(operation, A, B, threads)
        product.run()
        tolerance = 10 * A.shape[1] * np.finfo(dtype).eps
        np.testing.assert_allclose(product.result(), A @ B, rtol=0, atol=tolerance)
        benchmark(product.run, repeat)
    else:
        out = np.empty((len(A), B.shape[1]), dtype)
        with threadpool_limits(threads, "blas"):
            benchmark(np.matmul, A, B, out=out)
    gflops = flops * repeat / benchmark.stats.stats.median
    benchmark.extra_info["share"] = gflops / peak(dtype, threads)
