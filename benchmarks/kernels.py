"""The one door from the benchmarks to the kernels, and to the speed of the machine below them."""

import importlib.util


def available():
    """Whether fastnn's kernels are built."""
    return (
        importlib.util.find_spec("fastnn") is not None
        and importlib.util.find_spec("fastnn._kernels.bench") is not None
    )


def fma_peak(dtype, n_threads):
    """GFLOP/s of independent FMAs in registers."""
    from fastnn._kernels import bench

    return bench.fma_peak(dtype, n_threads)


def stream_bandwidth(n_threads, n_bytes=0):
    """GB/s read and written over ``n_bytes`` again and again (0: more than any cache holds)."""
    from fastnn._kernels import bench

    return bench.stream_bandwidth(n_threads, n_bytes)


def product(operation, A, B, n_threads):
    """A @ B as a layer computes it: ``.run(repeat)`` multiplies in C, ``.result()`` is the product.

    ``operation`` is ``forward``, ``dX`` or ``dW``.
    """
    from fastnn._kernels import bench

    return bench.Product(operation, A, B, n_threads)
