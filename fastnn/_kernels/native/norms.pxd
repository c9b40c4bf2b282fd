"""The bridge to the kernels of normalisation, as table.pxd for the others; formulas in csrc/layers/norm.inc."""

from fastnn._kernels.native.table cimport Kernels, floating


cdef inline void add_rows(Kernels k, Py_ssize_t rows, Py_ssize_t n, const floating *x, Py_ssize_t ldx, floating *y,
                          Py_ssize_t ldy) noexcept nogil:
    if floating is float:
        k.f32.add_rows(rows, n, x, ldx, y, ldy)
    else:
        k.f64.add_rows(rows, n, x, ldx, y, ldy)


cdef inline void layer_norm_forward(Kernels k, Py_ssize_t rows, Py_ssize_t n, const floating *x, Py_ssize_t ldx,
                                    const floating *gain, const floating *shift, double epsilon, floating *xhat,
                                    floating *spread, floating *y, Py_ssize_t ld) noexcept nogil:
    if floating is float:
        k.f32.layer_norm_forward(rows, n, x, ldx, gain, shift, epsilon, xhat, spread, y, ld)
    else:
        k.f64.layer_norm_forward(rows, n, x, ldx, gain, shift, epsilon, xhat, spread, y, ld)


cdef inline void layer_norm_backward(Kernels k, Py_ssize_t rows, Py_ssize_t n, const floating *d,
                                     const floating *xhat, Py_ssize_t ld, const floating *gain,
                                     const floating *spread, floating *dx, Py_ssize_t ldx,
                                     bint accumulate) noexcept nogil:
    if floating is float:
        k.f32.layer_norm_backward(rows, n, d, xhat, ld, gain, spread, dx, ldx, accumulate)
    else:
        k.f64.layer_norm_backward(rows, n, d, xhat, ld, gain, spread, dx, ldx, accumulate)


cdef inline void batch_statistics(Kernels k, Py_ssize_t rows, Py_ssize_t n, const floating *x, Py_ssize_t ld,
                                  const floating *weight, const Py_ssize_t *sample, double batch, floating *mean,
                                  floating *variance) noexcept nogil:
    if floating is float:
        k.f32.batch_statistics(rows, n, x, ld, weight, sample, batch, mean, variance)
    else:
        k.f64.batch_statistics(rows, n, x, ld, weight, sample, batch, mean, variance)


cdef inline void spread_of(Kernels k, Py_ssize_t n, const floating *variance, double epsilon,
                           floating *spread) noexcept nogil:
    if floating is float:
        k.f32.spread_of(n, variance, epsilon, spread)
    else:
        k.f64.spread_of(n, variance, epsilon, spread)


cdef inline void batch_norm_forward(Kernels k, Py_ssize_t rows, Py_ssize_t n, const floating *x, Py_ssize_t ldx,
                                    const floating *mean, const floating *spread, const floating *gain,
                                    const floating *shift, floating *xhat, floating *y, Py_ssize_t ld) noexcept nogil:
    if floating is float:
        k.f32.batch_norm_forward(rows, n, x, ldx, mean, spread, gain, shift, xhat, y, ld)
    else:
        k.f64.batch_norm_forward(rows, n, x, ldx, mean, spread, gain, shift, xhat, y, ld)


cdef inline void norm_gradient(Kernels k, Py_ssize_t rows, Py_ssize_t n, const floating *d, const floating *xhat,
                               Py_ssize_t ld, floating *sum_d, floating *sum_dx, bint accumulate) noexcept nogil:
    if floating is float:
        k.f32.norm_gradient(rows, n, d, xhat, ld, sum_d, sum_dx, accumulate)
    else:
        k.f64.norm_gradient(rows, n, d, xhat, ld, sum_d, sum_dx, accumulate)


cdef inline void batch_norm_backward(Kernels k, Py_ssize_t rows, Py_ssize_t n, const floating *d,
                                     const floating *xhat, Py_ssize_t ld, const floating *gain,
                                     const floating *spread, const floating *sum_d, const floating *sum_dx,
                                     const floating *weight, const Py_ssize_t *sample, double batch, floating *dx,
                                     Py_ssize_t ldx, bint accumulate) noexcept nogil:
    if floating is float:
        k.f32.batch_norm_backward(rows, n, d, xhat, ld, gain, spread, sum_d, sum_dx, weight, sample, batch, dx, ldx,
                                  accumulate)
    else:
        k.f64.batch_norm_backward(rows, n, d, xhat, ld, gain, spread, sum_d, sum_dx, weight, sample, batch, dx, ldx,
                                  accumulate)
