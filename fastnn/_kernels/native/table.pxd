"""The bridge from fused types to the table of one dtype: nowhere else is a dtype named."""

from fastnn._kernels.native.header cimport (fastnn_csr, fastnn_isa, fastnn_kernels_f32, fastnn_kernels_f64, fastnn_step,
                                            fastnn_targets_f32, fastnn_targets_f64)
from fastnn._kernels.native.header_tiles cimport fastnn_tiles

ctypedef fused floating:
    float
    double

cdef enum:              # the same types by number, in the order of DTYPES in dtypes.pyx
    FLOAT32
    FLOAT64


cdef struct Kernels:    # the tables of one ISA; so small that it is handed on in registers
    const fastnn_kernels_f32 *f32
    const fastnn_kernels_f64 *f64

cdef const fastnn_isa *isa_of(str isa) except NULL
cdef Kernels kernels_of(str isa) except *
cdef const fastnn_tiles *tiles_called(str name) except NULL
cdef bint activation_needs_z(int activation) noexcept


cdef inline int lanes(Kernels k, floating tag) noexcept nogil:
    if floating is float:
        return k.f32.lanes
    else:
        return k.f64.lanes


cdef inline int tile_rows(Kernels k, floating tag) noexcept nogil:
    if floating is float:
        return k.f32.tile_rows
    else:
        return k.f64.tile_rows


cdef inline int lanes_as(Kernels k, int dtype) noexcept nogil:
    return k.f64.lanes if dtype == FLOAT64 else k.f32.lanes


cdef inline int tile_rows_as(Kernels k, int dtype) noexcept nogil:
    return k.f64.tile_rows if dtype == FLOAT64 else k.f32.tile_rows


cdef inline void gemm_tile(Kernels k, int mr, int nv, Py_ssize_t depth, const floating *a, Py_ssize_t lda,
                           const floating *b, Py_ssize_t ldb, const floating *init, Py_ssize_t ldi, bint rectify,
                           const floating *gate, floating *c, Py_ssize_t ldc) noexcept nogil:
    if floating is float:
        k.f32.gemm_tile(mr, nv, depth, a, lda, b, ldb, init, ldi, rectify, gate, c, ldc)
    else:
        k.f64.gemm_tile(mr, nv, depth, a, lda, b, ldb, init, ldi, rectify, gate, c, ldc)


cdef inline bint has_few_forward(Kernels k, Py_ssize_t rows, Py_ssize_t n, Py_ssize_t depth, floating tag) noexcept nogil:
    return 1 <= n <= 4 <= depth and 8 <= lanes(k, tag) <= 4 * rows


cdef inline void few_forward(Kernels k, Py_ssize_t rows, int n, Py_ssize_t depth, const floating *a, Py_ssize_t lda,
                             const floating *b, Py_ssize_t ldb, const floating *init, bint rectify, floating *c,
                             Py_ssize_t ldc) noexcept nogil:
    if floating is float:
        k.f32.few_forward(rows, n, depth, a, lda, b, ldb, init, rectify, c, ldc)
    else:
        k.f64.few_forward(rows, n, depth, a, lda, b, ldb, init, rectify, c, ldc)


cdef inline void outer_tile(Kernels k, int mr, int nv, Py_ssize_t depth, const floating *a, Py_ssize_t lda,
                            const floating *b, Py_ssize_t ldb, const floating *init, Py_ssize_t ldi, floating *c,
                            Py_ssize_t ldc) noexcept nogil:
    if floating is float:
        k.f32.outer_tile(mr, nv, depth, a, lda, b, ldb, init, ldi, c, ldc)
    else:
        k.f64.outer_tile(mr, nv, depth, a, lda, b, ldb, init, ldi, c, ldc)


cdef inline void gemv(Kernels k, int np, Py_ssize_t depth, const floating *x, const floating *b, Py_ssize_t ldb,
                      Py_ssize_t panel_stride, const floating *init, Py_ssize_t init_stride,
                      floating *y) noexcept nogil:
    if floating is float:
        k.f32.gemv(np, depth, x, b, ldb, panel_stride, init, init_stride, y)
    else:
        k.f64.gemv(np, depth, x, b, ldb, panel_stride, init, init_stride, y)


cdef inline void narrow_forward(Kernels k, Py_ssize_t rows, int n, Py_ssize_t depth, const floating *x,
                                Py_ssize_t ldx, const floating *wt, const floating *bias, floating *y,
                                Py_ssize_t ldy) noexcept nogil:
    if floating is float:
        k.f32.narrow_forward(rows, n, depth, x, ldx, wt, bias, y, ldy)
    else:
        k.f64.narrow_forward(rows, n, depth, x, ldx, wt, bias, y, ldy)


cdef inline void narrow_backward(Kernels k, Py_ssize_t rows, int n, int nv, const floating *d, Py_ssize_t ldd,
                                 const floating *wt, const floating *x, bint gated, floating *dx, Py_ssize_t ldx,
                                 floating *g, bint accumulate) noexcept nogil:
    if floating is float:
        k.f32.narrow_backward(rows, n, nv, d, ldd, wt, x, gated, dx, ldx, g, accumulate)
    else:
        k.f64.narrow_backward(rows, n, nv, d, ldd, wt, x, gated, dx, ldx, g, accumulate)


cdef inline void transpose(Kernels k, int n_rows, int n_cols, const floating *src, Py_ssize_t lds, floating *dst,
                           Py_ssize_t ldd) noexcept nogil:
    if floating is float:
        k.f32.transpose(n_rows, n_cols, src, lds, dst, ldd)
    else:
        k.f64.transpose(n_rows, n_cols, src, lds, dst, ldd)


cdef inline void activation_forward(Kernels k, int activation, Py_ssize_t rows, Py_ssize_t n, const floating *z,
                                    floating *h, Py_ssize_t ld) noexcept nogil:
    if floating is float:
        k.f32.activation_forward[activation](rows, n, z, h, ld)
    else:
        k.f64.activation_forward[activation](rows, n, z, h, ld)


cdef inline void activation_backward(Kernels k, int activation, Py_ssize_t rows, Py_ssize_t n, const floating *z,
                                     const floating *h, floating *d, Py_ssize_t ld) noexcept nogil:
    if floating is float:
        k.f32.activation_backward[activation](rows, n, z, h, d, ld)
    else:
        k.f64.activation_backward[activation](rows, n, z, h, d, ld)


cdef inline void softmax(Kernels k, Py_ssize_t rows, Py_ssize_t n, floating *z, Py_ssize_t ld) noexcept nogil:
    if floating is float:
        k.f32.softmax(rows, n, z, ld)
    else:
        k.f64.softmax(rows, n, z, ld)


cdef inline void loss_rows(Kernels k, int loss, Py_ssize_t rows, Py_ssize_t n, const floating *z, floating *d,
                           Py_ssize_t ld, const Py_ssize_t *labels, const floating *y, Py_ssize_t ldy,
                           const floating *weight, const floating *parameter, double low, double high,
                           const Py_ssize_t *sample, double *row_loss) noexcept nogil:
    cdef fastnn_targets_f32 t
    cdef fastnn_targets_f64 u
    if floating is float:
        t.labels, t.y, t.ldy, t.weight, t.parameter, t.low, t.high = labels, y, ldy, weight, parameter, low, high
        k.f32.loss[loss](rows, n, z, d, ld, &t, sample, row_loss)
    else:
        u.labels, u.y, u.ldy, u.weight, u.parameter, u.low, u.high = labels, y, ldy, weight, parameter, low, high
        k.f64.loss[loss](rows, n, z, d, ld, &u, sample, row_loss)


cdef inline double update(Kernels k, int rule, Py_ssize_t n, floating *w, const floating *g, floating *m, floating *v,
                          floating *u, const fastnn_step *step) noexcept nogil:
    if floating is float:
        return k.f32.update[rule](n, w, g, m, v, u, step)
    else:
        return k.f64.update[rule](n, w, g, m, v, u, step)


cdef inline double squared_norm(Kernels k, Py_ssize_t n, const floating *g, const floating *w, double scale,
                                double l2) noexcept nogil:
    if floating is float:
        return k.f32.squared_norm(n, g, w, scale, l2)
    else:
        return k.f64.squared_norm(n, g, w, scale, l2)


cdef inline double absolute_sum(Kernels k, Py_ssize_t n, const floating *w) noexcept nogil:
    if floating is float:
        return k.f32.absolute_sum(n, w)
    else:
        return k.f64.absolute_sum(n, w)


cdef inline double axpy_dot(Kernels k, Py_ssize_t n, double c, double a, const floating *x, floating *y,
                            const floating *z) noexcept nogil:
    if floating is float:
        return k.f32.axpy_dot(n, c, a, x, y, z)
    else:
        return k.f64.axpy_dot(n, c, a, x, y, z)


cdef inline void average(Kernels k, Py_ssize_t n, const floating *w, floating *a, double decay) noexcept nogil:
    if floating is float:
        k.f32.average(n, w, a, decay)
    else:
        k.f64.average(n, w, a, decay)


cdef inline void gather(Kernels k, Py_ssize_t rows, Py_ssize_t n, const void *x, bint other_dtype, Py_ssize_t ldx,
                        const Py_ssize_t *sample, const Py_ssize_t *next, floating *dst,
                        Py_ssize_t ldd) noexcept nogil:
    """Rows of x, of the kernel's dtype or of the other one, picked by number into padded rows of dst."""
    if floating is float:
        if other_dtype:
            k.f32.gather_other(rows, n, <const double *> x, ldx, sample, next, dst, ldd)
        else:
            k.f32.gather(rows, n, <const float *> x, ldx, sample, next, dst, ldd)
    else:
        if other_dtype:
            k.f64.gather_other(rows, n, <const float *> x, ldx, sample, next, dst, ldd)
        else:
            k.f64.gather(rows, n, <const double *> x, ldx, sample, next, dst, ldd)


cdef inline bint finite(Kernels k, const void *x, bint other_dtype, Py_ssize_t n, floating tag) noexcept nogil:
    """Whether x, of the kernel's dtype or of the other one, is finite in the kernel's."""
    if floating is float:
        if other_dtype:
            return k.f32.all_finite_other(n, <const double *> x)
        return k.f32.all_finite(n, <const float *> x)
    else:
        if other_dtype:
            return k.f64.all_finite_other(n, <const float *> x)
        return k.f64.all_finite(n, <const double *> x)


cdef inline bint finite_as(Kernels k, const void *x, Py_ssize_t n, int dtype) noexcept nogil:
    """Whether x is finite, of the dtype of that number."""
    if dtype == FLOAT64:
        return k.f64.all_finite(n, <const double *> x)
    return k.f32.all_finite(n, <const float *> x)


cdef inline void logarithm(Kernels k, Py_ssize_t n, const floating *x, floating *y) noexcept nogil:
    if floating is float:
        k.f32.log(n, x, y)
    else:
        k.f64.log(n, x, y)
