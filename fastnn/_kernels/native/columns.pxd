"""The bridge to the kernels of encoded columns, as table.pxd for the others; see csrc/layers/columns.inc.

Columns and codes are structs of a dtype, and therefore `void` here.
"""

from fastnn._kernels.native.header_columns cimport fastnn_column_f32, fastnn_column_f64
from fastnn._kernels.native.table cimport Kernels, floating


cdef inline void columns_encode(Kernels k, Py_ssize_t n, const void *columns, Py_ssize_t rows, const floating *x,
                                Py_ssize_t ldx, void *codes, Py_ssize_t ldc) noexcept nogil:
    if floating is float:
        k.f32.columns.encode(n, <const fastnn_column_f32 *> columns, rows, x, ldx, codes, ldc)
    else:
        k.f64.columns.encode(n, <const fastnn_column_f64 *> columns, rows, x, ldx, codes, ldc)


cdef inline void columns_forward(Kernels k, int nv, Py_ssize_t n, const void *columns, Py_ssize_t rows,
                                 const void *codes, Py_ssize_t ldc, const floating *w, const floating *table,
                                 const floating *bias, bint rectify, floating *z, Py_ssize_t ldz) noexcept nogil:
    if floating is float:
        k.f32.columns.forward(nv, n, <const fastnn_column_f32 *> columns, rows, codes, ldc, w, table, bias, rectify, z,
                              ldz)
    else:
        k.f64.columns.forward(nv, n, <const fastnn_column_f64 *> columns, rows, codes, ldc, w, table, bias, rectify, z,
                              ldz)


cdef inline void columns_table(Kernels k, int nv, const void *columns, Py_ssize_t j, const floating *w,
                               floating *table) noexcept nogil:
    """Of column number j."""
    if floating is float:
        k.f32.columns.table(nv, <const fastnn_column_f32 *> columns + j, w, table)
    else:
        k.f64.columns.table(nv, <const fastnn_column_f64 *> columns + j, w, table)


cdef inline void columns_gradient(Kernels k, int nv, const void *columns, Py_ssize_t j, Py_ssize_t rows,
                                  const void *codes, Py_ssize_t ldc, const floating *d, Py_ssize_t ldd,
                                  Py_ssize_t first, Py_ssize_t count, floating *g) noexcept nogil:
    """Of column number j."""
    if floating is float:
        k.f32.columns.gradient(nv, <const fastnn_column_f32 *> columns + j, j, rows, codes, ldc, d, ldd, first, count, g)
    else:
        k.f64.columns.gradient(nv, <const fastnn_column_f64 *> columns + j, j, rows, codes, ldc, d, ldd, first, count, g)


cdef inline void columns_backward(Kernels k, int nv, Py_ssize_t n, const void *columns, Py_ssize_t rows,
                                  const void *codes, Py_ssize_t ldc, const floating *w, const floating *table,
                                  const floating *d, Py_ssize_t ldd, floating *dx, Py_ssize_t ldx,
                                  bint accumulate) noexcept nogil:
    if floating is float:
        k.f32.columns.backward(nv, n, <const fastnn_column_f32 *> columns, rows, codes, ldc, w, table, d, ldd, dx, ldx,
                               accumulate)
    else:
        k.f64.columns.backward(nv, n, <const fastnn_column_f64 *> columns, rows, codes, ldc, w, table, d, ldd, dx, ldx,
                               accumulate)
