"""csrc/families/reduced.h, declared."""

from libc.stdint cimport int32_t

from fastnn._kernels.native.header cimport fastnn_isa
from fastnn._kernels.native.header_tiles cimport fastnn_tiles

cdef extern from "families/reduced.h" nogil:
    ctypedef struct fastnn_reduced_columns:
        const float *scale
        const float *bias
        const int32_t *sums
        bint finest

    ctypedef struct fastnn_reduced_row:
        float scale
        int32_t offset
        int32_t plain

    ctypedef struct fastnn_reduced_inputs:
        const float *factor
        float peak, count

    ctypedef struct fastnn_products:
        const char *name
        const char *missing() noexcept nogil
        int unit, parts
        const fastnn_tiles *tiles
        void codes(Py_ssize_t n, const float *x, const fastnn_reduced_inputs *inputs, int32_t *codes,
                   fastnn_reduced_row *row) noexcept nogil
        void tile(int mr, Py_ssize_t steps, const int32_t *some, const int32_t *codes, Py_ssize_t ld,
                  const fastnn_reduced_row *rows, const void *w, const fastnn_reduced_columns *columns, Py_ssize_t n,
                  bint rectify, float *z, Py_ssize_t ldz) noexcept nogil
        void row(int np, Py_ssize_t steps, const int32_t *some, const int32_t *codes, const fastnn_reduced_row *row,
                 const void *w, Py_ssize_t stride, const fastnn_reduced_columns *columns, Py_ssize_t n, bint rectify,
                 float *z) noexcept nogil

    ctypedef struct fastnn_reduced:
        int lanes
        int tile_rows
        void round_bf16(Py_ssize_t n, const float *x, float *y) noexcept nogil
        const fastnn_products *const *bf16
        const fastnn_products *const *int8
        const fastnn_products *const *slices

    const fastnn_reduced *fastnn_reduced_of(const fastnn_isa *isa) noexcept
