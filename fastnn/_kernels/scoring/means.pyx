"""The mean of what several networks predict, added up in their order: a row's bits are its own."""

from fastnn._kernels.layers.rows cimport scale_rows
from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.dtypes cimport FLOAT64, Dtype, dtype_of
from fastnn._kernels.native.table cimport floating


def mean_of(list arrays):
    """Mean of arrays of one shape and dtype, float32 or float64, C-contiguous; the first one takes it.

    The sum is multiplied by one over the number of arrays, as the nodes of an ensemble do (model/ensembles.py).
    """
    cdef object first = arrays[0]
    cdef Py_ssize_t size = first.size, n = len(arrays)
    cdef Dtype dtype = dtype_of(first.dtype)
    cdef void *total = address(first, dtype.format, True)
    for array in arrays[1:]:
        if array.shape != first.shape:
            raise ValueError(f"shapes {first.shape} and {array.shape} have no mean")
        add_as(total, address(array, dtype.format, False), size, dtype.number)
    scale_as(total, size, 1.0 / n, dtype.number)
    return first


cdef void add_as(void *total, const void *x, Py_ssize_t n, int dtype) noexcept nogil:
    if dtype == FLOAT64:
        add(<double *> total, <const double *> x, n)
    else:
        add(<float *> total, <const float *> x, n)


cdef void add(floating *total, const floating *x, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        total[i] += x[i]


cdef void scale_as(void *total, Py_ssize_t n, double factor, int dtype) noexcept nogil:
    if dtype == FLOAT64:
        scale_rows(1, factor, <const double *> total, <double *> total, n)
    else:
        scale_rows(1, <float> factor, <const float *> total, <float *> total, n)
