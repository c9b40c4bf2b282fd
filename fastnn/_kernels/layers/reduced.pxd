from libc.stdint cimport int32_t

from fastnn._kernels.families.reduced cimport fastnn_reduced_row
from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.zeros cimport Tiles
from fastnn._kernels.native.table cimport Kernels

cdef struct Prepared:       # rows of a layer's input as its products read them
    const int32_t *words        # (rows, ld)
    Py_ssize_t ld
    const fastnn_reduced_row *rows
    const float *x              # (rows, ldx) themselves
    Py_ssize_t ldx
    const int32_t *some         # (tiles, ld_some) steps that are not all zero, or NULL
    const Py_ssize_t *counts    # (tiles,) how many, -1: take all
    Py_ssize_t ld_some

cdef Py_ssize_t prepared_size(const Dense *layer, Py_ssize_t rows) noexcept nogil
cdef void prepare(const Dense *layer, Py_ssize_t rows, const float *x, Py_ssize_t ldx, const Tiles *tiles, float *scratch,
                  Prepared *out) noexcept nogil
cdef void reduced_panels(Kernels k, const Dense *layer, Py_ssize_t rows, const Prepared *x, Py_ssize_t first,
                         Py_ssize_t end, float *h) noexcept nogil
cdef void reduced_forward(Kernels k, const Dense *layer, Py_ssize_t rows, const float *x, Py_ssize_t ldx,
                          const Tiles *tiles, float *scratch, float *h) noexcept nogil
