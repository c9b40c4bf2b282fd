"""csrc/families/som.h, declared, and the bridge from fused types to its tables."""

from fastnn._kernels.native.header cimport fastnn_isa
from fastnn._kernels.native.table cimport floating

cdef extern from "families/som.h" nogil:
    ctypedef struct fastnn_som_f32:
        void squared_distances(Py_ssize_t rows, Py_ssize_t units, Py_ssize_t d, const float *x, Py_ssize_t ldx,
                               const float *c, Py_ssize_t ldc, bint missing, float *out, Py_ssize_t ldo) noexcept nogil
        float move(Py_ssize_t d, const float *x, bint missing, float rate, float *c) noexcept nogil

    ctypedef struct fastnn_som_f64:
        void squared_distances(Py_ssize_t rows, Py_ssize_t units, Py_ssize_t d, const double *x, Py_ssize_t ldx,
                               const double *c, Py_ssize_t ldc, bint missing, double *out, Py_ssize_t ldo) noexcept nogil
        double move(Py_ssize_t d, const double *x, bint missing, double rate, double *c) noexcept nogil

    const fastnn_som_f32 *fastnn_som_f32_of(const fastnn_isa *isa) noexcept
    const fastnn_som_f64 *fastnn_som_f64_of(const fastnn_isa *isa) noexcept


cdef inline void row_distances(const fastnn_isa *isa, Py_ssize_t rows, Py_ssize_t units, Py_ssize_t d,
                               const floating *x, Py_ssize_t ldx, const floating *c, Py_ssize_t ldc, bint missing,
                               floating *out, Py_ssize_t ldo) noexcept nogil:
    if floating is float:
        fastnn_som_f32_of(isa).squared_distances(rows, units, d, x, ldx, c, ldc, missing, out, ldo)
    else:
        fastnn_som_f64_of(isa).squared_distances(rows, units, d, x, ldx, c, ldc, missing, out, ldo)


cdef inline floating move_unit(const fastnn_isa *isa, Py_ssize_t d, const floating *x, bint missing, floating rate,
                               floating *c) noexcept nogil:
    if floating is float:
        return fastnn_som_f32_of(isa).move(d, x, missing, rate, c)
    else:
        return fastnn_som_f64_of(isa).move(d, x, missing, rate, c)
