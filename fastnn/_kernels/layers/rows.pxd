"""Stages without parameters that are no function of single numbers, or one of a number of their own."""

from fastnn._kernels.native.table cimport floating


cdef inline void softmax_backward(Py_ssize_t rows, Py_ssize_t n, const floating *h, floating *d,
                                  Py_ssize_t ld) noexcept nogil:
    """From the gradient d by the outputs h to that by the inputs: h * (d - sum of h * d), row by row."""
    cdef Py_ssize_t _r, j
    cdef floating along
    for _r in range(rows):
        along = 0
        for j in range(n):
            along = along + h[j] * d[j]
        for j in range(n):
            d[j] = h[j] * (d[j] - along)
        h += ld
        d += ld


cdef inline void scale_rows(Py_ssize_t rows, floating factor, const floating *x, floating *y,
                            Py_ssize_t ld) noexcept nogil:
    """y = factor * x, padding included; x may be y."""
    cdef Py_ssize_t i
    for i in range(rows * ld):
        y[i] = factor * x[i]
