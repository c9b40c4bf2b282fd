"""An output activation on rows of numbers that lie one after the other."""

import numpy as np

from fastnn._kernels.layers.tiles cimport row_stride
from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.table cimport Kernels, activation_forward, floating, kernels_of, lanes, softmax

from fastnn._kernels.native import table
from fastnn._kernels.native.buffers import aligned_zeros


def activate_rows(z, output_activation, isa=None):
    """Apply it to C-contiguous rows (n, n_out), in place: as scoring does, to the bit."""
    cdef Kernels k = kernels_of(isa)
    cdef int output = table.output_number(output_activation)
    cdef bint wide = z.dtype == np.float64
    cdef Py_ssize_t rows = len(z), n = z.shape[1]
    cdef Py_ssize_t ld = row_stride(n, lanes(k, <double> 0) if wide else lanes(k, <float> 0), z.dtype.itemsize)
    if output == 0 or rows == 0:
        return
    padded = aligned_zeros(rows * ld, z.dtype).reshape(rows, ld)    # kernels read and write whole vectors
    padded[:, :n] = z
    cdef void *at = address(padded, z.dtype.char, True)
    if wide:
        activate(k, output, rows, n, <double *> at, ld)
    else:
        activate(k, output, rows, n, <float *> at, ld)
    z[...] = padded[:, :n]


cdef inline void activate(Kernels k, int output, Py_ssize_t rows, Py_ssize_t n, floating *z, Py_ssize_t ld) noexcept nogil:
    """The output activation, -1 for softmax, in place on rows with padding."""
    if output < 0:
        softmax(k, rows, n, z, ld)
    else:
        activation_forward(k, output, rows, n, <const floating *> z, z, ld)
