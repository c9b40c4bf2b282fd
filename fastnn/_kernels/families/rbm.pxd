"""csrc/families/rbm.h, declared, and the bridge from fused types to its tables."""

from libc.stdint cimport uint64_t

from fastnn._kernels.native.header cimport fastnn_isa
from fastnn._kernels.native.table cimport floating

cdef extern from "families/rbm.h" nogil:
    ctypedef struct fastnn_rbm_f32:
        void visible(Py_ssize_t rows, Py_ssize_t n, Py_ssize_t n_panels, const float *h, Py_ssize_t ldh, const float *w,
                     Py_ssize_t stride, const float *bias, float *z, Py_ssize_t ldz) noexcept nogil
        void marks(Py_ssize_t rows, Py_ssize_t n, const float *v, Py_ssize_t ldv, uint64_t *of_rows, Py_ssize_t ldr,
                   uint64_t *of_units, Py_ssize_t first) noexcept nogil
        void hidden(Py_ssize_t rows, Py_ssize_t n_panels, const uint64_t *of_rows, Py_ssize_t ldr, const float *v,
                    Py_ssize_t ldv, const float *w, Py_ssize_t stride, const float *init, Py_ssize_t ldi, float *z,
                    Py_ssize_t ldz) noexcept nogil
        void learn(Py_ssize_t n, Py_ssize_t n_panels, const uint64_t *of_units, const float *v, Py_ssize_t ldv,
                   const float *d, Py_ssize_t ldd, bint add, float *w, Py_ssize_t stride) noexcept nogil
        void below(Py_ssize_t rows, Py_ssize_t n, const float *p, Py_ssize_t ldp, const double *u, Py_ssize_t ldu,
                   float *y, Py_ssize_t ldy) noexcept nogil
        void hashed(Py_ssize_t rows, Py_ssize_t n, const float *p, Py_ssize_t ldp, uint64_t key, Py_ssize_t first_unit,
                    float *y, Py_ssize_t ldy) noexcept nogil
        void normal(Py_ssize_t rows, Py_ssize_t n, const float *p, Py_ssize_t ldp, uint64_t key, Py_ssize_t first_unit,
                    float *y, Py_ssize_t ldy) noexcept nogil
        void step(Py_ssize_t n, const float *g, float *v, float *w, double momentum, double decay) noexcept nogil

    ctypedef struct fastnn_rbm_f64:
        void visible(Py_ssize_t rows, Py_ssize_t n, Py_ssize_t n_panels, const double *h, Py_ssize_t ldh,
                     const double *w, Py_ssize_t stride, const double *bias, double *z, Py_ssize_t ldz) noexcept nogil
        void marks(Py_ssize_t rows, Py_ssize_t n, const double *v, Py_ssize_t ldv, uint64_t *of_rows, Py_ssize_t ldr,
                   uint64_t *of_units, Py_ssize_t first) noexcept nogil
        void hidden(Py_ssize_t rows, Py_ssize_t n_panels, const uint64_t *of_rows, Py_ssize_t ldr, const double *v,
                    Py_ssize_t ldv, const double *w, Py_ssize_t stride, const double *init, Py_ssize_t ldi, double *z,
                    Py_ssize_t ldz) noexcept nogil
        void learn(Py_ssize_t n, Py_ssize_t n_panels, const uint64_t *of_units, const double *v, Py_ssize_t ldv,
                   const double *d, Py_ssize_t ldd, bint add, double *w, Py_ssize_t stride) noexcept nogil
        void below(Py_ssize_t rows, Py_ssize_t n, const double *p, Py_ssize_t ldp, const double *u, Py_ssize_t ldu,
                   double *y, Py_ssize_t ldy) noexcept nogil
        void hashed(Py_ssize_t rows, Py_ssize_t n, const double *p, Py_ssize_t ldp, uint64_t key,
                    Py_ssize_t first_unit, double *y, Py_ssize_t ldy) noexcept nogil
        void normal(Py_ssize_t rows, Py_ssize_t n, const double *p, Py_ssize_t ldp, uint64_t key,
                    Py_ssize_t first_unit, double *y, Py_ssize_t ldy) noexcept nogil
        void step(Py_ssize_t n, const double *g, double *v, double *w, double momentum, double decay) noexcept nogil

    const fastnn_rbm_f32 *fastnn_rbm_f32_of(const fastnn_isa *isa) noexcept
    const fastnn_rbm_f64 *fastnn_rbm_f64_of(const fastnn_isa *isa) noexcept


cdef inline void visible(const fastnn_isa *isa, Py_ssize_t rows, Py_ssize_t n, Py_ssize_t n_panels, const floating *h,
                         Py_ssize_t ldh, const floating *w, Py_ssize_t stride, const floating *bias, floating *z,
                         Py_ssize_t ldz) noexcept nogil:
    if floating is float:
        fastnn_rbm_f32_of(isa).visible(rows, n, n_panels, h, ldh, w, stride, bias, z, ldz)
    else:
        fastnn_rbm_f64_of(isa).visible(rows, n, n_panels, h, ldh, w, stride, bias, z, ldz)


cdef inline void marks(const fastnn_isa *isa, Py_ssize_t rows, Py_ssize_t n, const floating *v, Py_ssize_t ldv,
                       uint64_t *of_rows, Py_ssize_t ldr, uint64_t *of_units, Py_ssize_t first) noexcept nogil:
    if floating is float:
        fastnn_rbm_f32_of(isa).marks(rows, n, v, ldv, of_rows, ldr, of_units, first)
    else:
        fastnn_rbm_f64_of(isa).marks(rows, n, v, ldv, of_rows, ldr, of_units, first)


cdef inline void hidden(const fastnn_isa *isa, Py_ssize_t rows, Py_ssize_t n_panels, const uint64_t *of_rows,
                        Py_ssize_t ldr, const floating *v, Py_ssize_t ldv, const floating *w, Py_ssize_t stride,
                        const floating *init, Py_ssize_t ldi, floating *z, Py_ssize_t ldz) noexcept nogil:
    if floating is float:
        fastnn_rbm_f32_of(isa).hidden(rows, n_panels, of_rows, ldr, v, ldv, w, stride, init, ldi, z, ldz)
    else:
        fastnn_rbm_f64_of(isa).hidden(rows, n_panels, of_rows, ldr, v, ldv, w, stride, init, ldi, z, ldz)


cdef inline void learn(const fastnn_isa *isa, Py_ssize_t n, Py_ssize_t n_panels, const uint64_t *of_units,
                       const floating *v, Py_ssize_t ldv, const floating *d, Py_ssize_t ldd, bint add, floating *w,
                       Py_ssize_t stride) noexcept nogil:
    if floating is float:
        fastnn_rbm_f32_of(isa).learn(n, n_panels, of_units, v, ldv, d, ldd, add, w, stride)
    else:
        fastnn_rbm_f64_of(isa).learn(n, n_panels, of_units, v, ldv, d, ldd, add, w, stride)


cdef inline void below(const fastnn_isa *isa, Py_ssize_t rows, Py_ssize_t n, const floating *p, Py_ssize_t ldp,
                       const double *u, Py_ssize_t ldu, floating *y, Py_ssize_t ldy) noexcept nogil:
    if floating is float:
        fastnn_rbm_f32_of(isa).below(rows, n, p, ldp, u, ldu, y, ldy)
    else:
        fastnn_rbm_f64_of(isa).below(rows, n, p, ldp, u, ldu, y, ldy)


cdef inline void hashed(const fastnn_isa *isa, Py_ssize_t rows, Py_ssize_t n, const floating *p, Py_ssize_t ldp,
                        uint64_t key, Py_ssize_t first_unit, floating *y, Py_ssize_t ldy) noexcept nogil:
    if floating is float:
        fastnn_rbm_f32_of(isa).hashed(rows, n, p, ldp, key, first_unit, y, ldy)
    else:
        fastnn_rbm_f64_of(isa).hashed(rows, n, p, ldp, key, first_unit, y, ldy)


cdef inline void normal(const fastnn_isa *isa, Py_ssize_t rows, Py_ssize_t n, const floating *p, Py_ssize_t ldp,
                        uint64_t key, Py_ssize_t first_unit, floating *y, Py_ssize_t ldy) noexcept nogil:
    if floating is float:
        fastnn_rbm_f32_of(isa).normal(rows, n, p, ldp, key, first_unit, y, ldy)
    else:
        fastnn_rbm_f64_of(isa).normal(rows, n, p, ldp, key, first_unit, y, ldy)


cdef inline void step(const fastnn_isa *isa, Py_ssize_t n, const floating *g, floating *v, floating *w, double momentum,
                      double decay) noexcept nogil:
    if floating is float:
        fastnn_rbm_f32_of(isa).step(n, g, v, w, momentum, decay)
    else:
        fastnn_rbm_f64_of(isa).step(n, g, v, w, momentum, decay)
