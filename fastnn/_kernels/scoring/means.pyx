"""The mean of what several networks predict, added up in their order: a row's bits are its own."""

from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.table cimport floating


def mean_of(list arrays):
    """Mean of arrays of one shape and dtype, float32 or float64, C-contiguous; the first one takes it."""
    cdef object first = arrays[0]
    cdef Py_ssize_t size = first.size, n = len(arrays)
    cdef bint f64 = first.dtype.char == "d"
    cdef str format = "d" if f64 else "f"
    cdef void *total = address(first, format, True)
    for array in arrays[1:]:
        if array.shape != first.shape:
            raise ValueError(f"shapes {first.shape} and {array.shape} have no mean")
        if f64:
            add(<double *> total, <const double *> address(array, format, False), size)
        else:
            add(<float *> total, <const float *> address(array, format, False), size)
    if f64:
        divide(<double *> total, size, n)
    else:
        divide(<float *> total, size, n)
    return first


cdef void add(floating *total, const floating *x, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        total[i] += x[i]


cdef void divide(floating *total, Py_ssize_t n, Py_ssize_t by) noexcept nogil:
    cdef Py_ssize_t i
    cdef floating divisor = <floating> by
    for i in range(n):
        total[i] /= divisor
