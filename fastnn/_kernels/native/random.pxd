"""The bridge from fused types to the kernels of dropout, sampling and noise: csrc/layers/random.inc."""

from fastnn._kernels.native.header cimport fastnn_random_key as random_key     # (seed, step, stage) -> key
from fastnn._kernels.native.table cimport Kernels, floating


cdef inline void dropout(Kernels k, Py_ssize_t rows, Py_ssize_t n, const floating *x, Py_ssize_t ld, floating *y,
                         Py_ssize_t ldy, unsigned long long key, Py_ssize_t first_row, double rate) noexcept nogil:
    """y = x with units dropped and the others times 1 / (1 - rate), forward and backward alike; y may be x."""
    if floating is float:
        k.f32.dropout(rows, n, x, ld, y, ldy, key, first_row, rate)
    else:
        k.f64.dropout(rows, n, x, ld, y, ldy, key, first_row, rate)


cdef inline void bernoulli(Kernels k, Py_ssize_t rows, Py_ssize_t n, const floating *p, Py_ssize_t ld, floating *h,
                           Py_ssize_t ldh, unsigned long long key, Py_ssize_t first_row) noexcept nogil:
    """h = 1 with probability p, else 0; h may be p."""
    if floating is float:
        k.f32.bernoulli(rows, n, p, ld, h, ldh, key, first_row)
    else:
        k.f64.bernoulli(rows, n, p, ld, h, ldh, key, first_row)


cdef inline void gaussian_noise(Kernels k, Py_ssize_t rows, Py_ssize_t n, const floating *x, Py_ssize_t ld,
                                floating *y, Py_ssize_t ldy, unsigned long long key, Py_ssize_t first_row,
                                double scale) noexcept nogil:
    """y = x + scale * normal numbers; y may be x."""
    if floating is float:
        k.f32.gaussian_noise(rows, n, x, ld, y, ldy, key, first_row, scale)
    else:
        k.f64.gaussian_noise(rows, n, x, ld, y, ldy, key, first_row, scale)
