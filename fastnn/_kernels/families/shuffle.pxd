"""csrc/families/shuffle.h, declared."""

from libc.stdint cimport uint32_t

from fastnn._kernels.native.header cimport fastnn_isa

cdef extern from "families/shuffle.h" nogil:
    enum:
        FASTNN_TWISTER_WORDS

    ctypedef struct fastnn_shuffle:
        void twist(uint32_t *key) noexcept nogil
        void temper(int n, const uint32_t *key, uint32_t *words) noexcept nogil
        void uniforms(Py_ssize_t n, const uint32_t *words, double *u) noexcept nogil
        Py_ssize_t swap_rows(Py_ssize_t *order, Py_ssize_t *last, const uint32_t *words, Py_ssize_t n) noexcept nogil

    const fastnn_shuffle *fastnn_shuffle_of(const fastnn_isa *isa) noexcept
