"""A user's own activation: a pair of Python functions, called with the interpreter from within the pass.

Kernels cannot raise: what a function raises is kept by its CustomPair, whose results are NaN from then on, for the
caller of the kernels to raise.
"""

import numpy as np

cimport numpy as cnp
from cpython.mem cimport PyMem_Calloc, PyMem_Free

from fastnn._kernels.native.dtypes cimport dtype_of_tag
from fastnn._kernels.native.table cimport floating

cnp.import_array()


cdef class CustomPair:
    """f(z) -> h and df(z, h) -> dh/dz over arrays (rows, n); ``error`` is what they raised, or None.

    Pre-activations and outputs are given read-only.
    """

    cdef object f, df
    cdef public object error

    def __init__(self, f, df):
        self.f, self.df, self.error = f, df, None

    cdef object call(self, function, arguments, shape):
        if self.error is None:
            try:
                result = np.asarray(function(*arguments))
                if result.shape != shape:
                    raise ValueError(f"a custom activation must return an array of shape {shape}, got {result.shape}")
                return result
            except BaseException as error:
                self.error = error
        return np.nan


cdef class Pairs:
    """Pairs for one call of the kernels, from (f, df) each: what a function raises belongs to that call alone."""

    def __cinit__(self, functions):
        self.pairs = [CustomPair(f, df) for f, df in functions]
        self.pointers = <void **> PyMem_Calloc(max(len(self.pairs), 1), sizeof(void *))
        if self.pointers == NULL:
            raise MemoryError()
        for i, pair in enumerate(self.pairs):
            self.pointers[i] = <void *> pair

    def __dealloc__(self):
        PyMem_Free(self.pointers)

    cdef object raise_error(self):
        """Raise what a function has raised, if any has."""
        for pair in self.pairs:
            if pair.error is not None:
                raise pair.error


cdef object rows_of(void *data, Py_ssize_t rows, Py_ssize_t n, Py_ssize_t ld, floating tag, bint writeable):
    """A view of padded rows."""
    cdef cnp.npy_intp shape[2]
    shape[0], shape[1] = rows, ld
    view = cnp.PyArray_SimpleNewFromData(2, shape, dtype_of_tag(tag).type_number, data)
    view.flags.writeable = writeable
    return view[:, :n]


cdef void custom_forward(void *pair, Py_ssize_t rows, Py_ssize_t n, const floating *z, floating *h,
                         Py_ssize_t ld) noexcept nogil:
    with gil:
        z_rows = rows_of(<void *> z, rows, n, ld, <floating> 0, False)
        rows_of(h, rows, n, ld, <floating> 0, True)[...] = (<CustomPair> pair).call(
            (<CustomPair> pair).f, (z_rows,), (rows, n))
        rows_of(h, rows, ld, ld, <floating> 0, True)[:, n:] = 0     # whose memory may be anybody's


cdef void custom_backward(void *pair, Py_ssize_t rows, Py_ssize_t n, const floating *z, const floating *h, floating *d,
                          Py_ssize_t ld) noexcept nogil:
    with gil:
        arguments = (rows_of(<void *> z, rows, n, ld, <floating> 0, False),
                     rows_of(<void *> h, rows, n, ld, <floating> 0, False))
        d_rows = rows_of(d, rows, n, ld, <floating> 0, True)
        d_rows *= (<CustomPair> pair).call((<CustomPair> pair).df, arguments, (rows, n))
