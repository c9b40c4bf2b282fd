"""The bridge to the kernels of layers that look at images through windows, as table.pxd for the others; see
csrc/layers/places.inc."""

from libc.stdint cimport int32_t

from fastnn._kernels.native.header_places cimport fastnn_cells, fastnn_reach
from fastnn._kernels.native.table cimport Kernels, floating


cdef inline void places_product(Kernels k, int mr, int nv, Py_ssize_t first, Py_ssize_t end, const floating **window,
                                const int32_t *at, const floating *b, const floating *bias, bint rectify, floating *c,
                                Py_ssize_t ldc) noexcept nogil:
    if floating is float:
        k.f32.places.product(mr, nv, first, end, window, at, b, bias, rectify, c, ldc)
    else:
        k.f64.places.product(mr, nv, first, end, window, at, b, bias, rectify, c, ldc)


cdef inline void places_mix(Kernels k, int m, int t, const floating *f, Py_ssize_t n, const floating *x, Py_ssize_t ldx,
                            const floating *bias, bint rectify, floating *y, Py_ssize_t ldy) noexcept nogil:
    if floating is float:
        k.f32.places.mix(m, t, f, n, x, ldx, bias, rectify, y, ldy)
    else:
        k.f64.places.mix(m, t, f, n, x, ldx, bias, rectify, y, ldy)


cdef inline void places_scatter(Kernels k, int mr, int nv, Py_ssize_t depth, const floating *d, Py_ssize_t ldd,
                                const floating *b, floating **to) noexcept nogil:
    if floating is float:
        k.f32.places.scatter(mr, nv, depth, d, ldd, b, to)
    else:
        k.f64.places.scatter(mr, nv, depth, d, ldd, b, to)


cdef inline void places_gradient(Kernels k, int mr, int nv, Py_ssize_t n, const int32_t *start, const floating *x,
                                 const int32_t *at, const floating *d, Py_ssize_t ldd, floating *g) noexcept nogil:
    if floating is float:
        k.f32.places.gradient(mr, nv, n, start, x, at, d, ldd, g)
    else:
        k.f64.places.gradient(mr, nv, n, start, x, at, d, ldd, g)


cdef inline void places_largest(Kernels k, Py_ssize_t n, Py_ssize_t places, Py_ssize_t step, const fastnn_cells *cells,
                                const floating *x, floating *h, floating *which) noexcept nogil:
    if floating is float:
        k.f32.places.largest(n, places, step, cells, x, h, which)
    else:
        k.f64.places.largest(n, places, step, cells, x, h, which)


cdef inline void places_to_largest(Kernels k, Py_ssize_t n, const fastnn_cells *cells, const floating *d,
                                   const floating *which, floating *dx) noexcept nogil:
    if floating is float:
        k.f32.places.to_largest(n, cells, d, which, dx)
    else:
        k.f64.places.to_largest(n, cells, d, which, dx)


cdef inline void places_sum(Kernels k, Py_ssize_t n, Py_ssize_t places, Py_ssize_t step, const fastnn_cells *cells,
                            double factor, const floating *x, floating *h) noexcept nogil:
    if floating is float:
        k.f32.places.sum(n, places, step, cells, <float> factor, x, h)
    else:
        k.f64.places.sum(n, places, step, cells, factor, x, h)


cdef inline void places_to_all(Kernels k, Py_ssize_t n, const fastnn_cells *cells, double factor, const floating *d,
                               floating *dx) noexcept nogil:
    if floating is float:
        k.f32.places.to_all(n, cells, <float> factor, d, dx)
    else:
        k.f64.places.to_all(n, cells, factor, d, dx)


cdef inline void places_reach(Kernels k, const fastnn_reach *r, Py_ssize_t n, const floating *x, const floating *end,
                              const floating *b, Py_ssize_t ldb, const floating *bias, int how,
                              floating *y) noexcept nogil:
    if floating is float:
        k.f32.places.reach(r, n, x, end, b, ldb, bias, how, y)
    else:
        k.f64.places.reach(r, n, x, end, b, ldb, bias, how, y)


cdef inline void places_taps(Kernels k, Py_ssize_t n, Py_ssize_t taps, Py_ssize_t places, const int32_t *start,
                             const floating *x, const floating *end, const int32_t *at, const floating *d, Py_ssize_t ldd,
                             floating *g, Py_ssize_t ldg) noexcept nogil:
    if floating is float:
        k.f32.places.taps(n, taps, places, start, x, end, at, d, ldd, g, ldg)
    else:
        k.f64.places.taps(n, taps, places, start, x, end, at, d, ldd, g, ldg)
