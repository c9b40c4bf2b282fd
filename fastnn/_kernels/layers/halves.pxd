from libc.stdint cimport uint16_t, uint32_t

from fastnn._kernels.families.reduced cimport fastnn_reduced
from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.plan cimport Layer, Strip
from fastnn._kernels.layers.tiles cimport round_up
from fastnn._kernels.native.table cimport Kernels

cdef enum:
    STEP = 32           # numbers of a row that a step of a product takes
    COLUMNS = 16        # of a panel


cdef inline Py_ssize_t half_stride(Py_ssize_t n) noexcept nogil:
    """Numbers from a row of n of them to the next: whole steps, and no multiple of 1 KiB, whose rows would compete for the
    same sets of the cache."""
    cdef Py_ssize_t ld = round_up(n, STEP)
    return ld + STEP if ld % 512 == 0 else ld


cdef inline Py_ssize_t panel_words(Py_ssize_t n) noexcept nogil:
    """Words of a panel whose columns are of n numbers."""
    return round_up(n, STEP) // 2 * COLUMNS


cdef inline Py_ssize_t all_words(Py_ssize_t n, Py_ssize_t columns) noexcept nogil:
    """Those of so many columns."""
    return round_up(columns, COLUMNS) // COLUMNS * panel_words(n)


cdef void tiles_forward(Kernels k, const Dense *layer, Py_ssize_t rows, const uint16_t *x, float *z, float *h) noexcept nogil
cdef void tiles_backward(const Dense *layer, Py_ssize_t rows, const uint16_t *d, float *dx, Py_ssize_t ldx,
                         bint accumulate) noexcept nogil
cdef void tiles_gradient(const Dense *layer, const Strip *strip, Py_ssize_t rows, Py_ssize_t most_rows, const uint16_t *x,
                         const uint32_t *d, float *g, bint accumulate) noexcept nogil
cdef void weights_to_words(Kernels k, const fastnn_reduced *rounding, const Layer *layer, const Strip *strip,
                           float *packed) noexcept nogil
cdef void to_rows(const fastnn_reduced *rounding, Py_ssize_t rows, Py_ssize_t n, const float *x, Py_ssize_t ldx,
                  uint16_t *y) noexcept nogil
cdef void to_columns(Kernels k, const fastnn_reduced *rounding, Py_ssize_t r0, Py_ssize_t r1, Py_ssize_t n, const float *x,
                     Py_ssize_t ldx, Py_ssize_t most_rows, uint16_t *y) noexcept nogil
cdef void to_words(Py_ssize_t r0, Py_ssize_t r1, Py_ssize_t n, const float *d, Py_ssize_t ldd, Py_ssize_t most_rows,
                   uint32_t *y) noexcept nogil
