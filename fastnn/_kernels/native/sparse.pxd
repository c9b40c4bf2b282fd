"""The bridge to the kernels of sparse rows, as table.pxd for the others; they are in csrc/products/sparse.inc."""

from fastnn._kernels.native.header cimport fastnn_csr
from fastnn._kernels.native.table cimport Kernels, floating


cdef inline void sparse_gemv(Kernels k, int np, int nv, const fastnn_csr *x, Py_ssize_t row, const floating *b,
                             Py_ssize_t ldb, Py_ssize_t panel_stride, const floating *init, Py_ssize_t init_stride,
                             floating *y) noexcept nogil:
    if floating is float:
        k.f32.sparse_gemv(np, nv, x, row, b, ldb, panel_stride, init, init_stride, y)
    else:
        k.f64.sparse_gemv(np, nv, x, row, b, ldb, panel_stride, init, init_stride, y)


cdef inline void sparse_narrow(Kernels k, int n, Py_ssize_t depth, const fastnn_csr *x, Py_ssize_t row,
                               const floating *wt, const floating *bias, floating *y) noexcept nogil:
    if floating is float:
        k.f32.sparse_narrow(n, depth, x, row, wt, bias, y)
    else:
        k.f64.sparse_narrow(n, depth, x, row, wt, bias, y)


cdef inline void sparse_sort(Kernels k, const fastnn_csr *x, const Py_ssize_t *sample, Py_ssize_t r0, Py_ssize_t r1,
                             Py_ssize_t n_buckets, Py_ssize_t base, Py_ssize_t *begin, void *entries,
                             floating tag) noexcept nogil:
    if floating is float:
        k.f32.sparse_sort(x, sample, r0, r1, n_buckets, base, begin, entries)
    else:
        k.f64.sparse_sort(x, sample, r0, r1, n_buckets, base, begin, entries)


cdef inline void sparse_outer(Kernels k, int nv, Py_ssize_t n_buckets, const Py_ssize_t *begin, const void *entries,
                              const floating *d, Py_ssize_t ldd, floating *g) noexcept nogil:
    if floating is float:
        k.f32.sparse_outer(nv, n_buckets, begin, entries, d, ldd, g)
    else:
        k.f64.sparse_outer(nv, n_buckets, begin, entries, d, ldd, g)


cdef inline void sparse_outer_narrow(Kernels k, int n, Py_ssize_t n_buckets, const Py_ssize_t *begin,
                                     const void *entries, const floating *d, Py_ssize_t ldd,
                                     floating *g) noexcept nogil:
    if floating is float:
        k.f32.sparse_outer_narrow(n, n_buckets, begin, entries, d, ldd, g)
    else:
        k.f64.sparse_outer_narrow(n, n_buckets, begin, entries, d, ldd, g)
