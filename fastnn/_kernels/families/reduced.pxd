"""csrc/families/reduced.h, declared."""

from libc.stdint cimport int8_t, int32_t, uint32_t

from fastnn._kernels.native.header cimport fastnn_isa

cdef extern from "families/reduced.h" nogil:
    ctypedef struct fastnn_int8_columns:
        const float *scale
        const float *bias
        const int32_t *sums

    ctypedef struct fastnn_int8_row:
        float scale
        int32_t offset

    ctypedef struct fastnn_int8:
        const char *name
        int supported() noexcept nogil
        int unit
        void codes(Py_ssize_t n, const float *x, int32_t *codes, fastnn_int8_row *row) noexcept nogil
        void tile(int mr, Py_ssize_t steps, const int32_t *some, const int32_t *codes, Py_ssize_t ld,
                  const fastnn_int8_row *rows, const int8_t *w, const fastnn_int8_columns *columns, Py_ssize_t n,
                  bint rectify, float *z, Py_ssize_t ldz) noexcept nogil
        void row(int np, Py_ssize_t steps, const int32_t *some, const int32_t *codes, const fastnn_int8_row *row,
                 const int8_t *w, Py_ssize_t stride, const fastnn_int8_columns *columns, Py_ssize_t n, bint rectify,
                 float *z) noexcept nogil

    ctypedef struct fastnn_reduced:
        int lanes
        int tile_rows
        void round_bf16(Py_ssize_t n, const float *x, float *y) noexcept nogil
        void bf16_tile(int mr, Py_ssize_t k, const int32_t *some, const float *x, Py_ssize_t ldx, const uint32_t *w,
                       const float *bias, Py_ssize_t n, bint rectify, float *z, Py_ssize_t ldz) noexcept nogil
        void bf16_row(int np, Py_ssize_t k, const int32_t *some, const float *x, const uint32_t *w, Py_ssize_t stride,
                      const float *bias, Py_ssize_t n, bint rectify, float *z) noexcept nogil
        const fastnn_int8 *const *int8

    const fastnn_reduced *fastnn_reduced_of(const fastnn_isa *isa) noexcept
