"""The bridge to the kernels of recurrent layers, as table.pxd for the others; see csrc/layers/recurrent.inc."""

from fastnn._kernels.native.table cimport Kernels, floating


cdef inline void cell_forward(Kernels k, int cell, Py_ssize_t rows, Py_ssize_t n, floating *z, Py_ssize_t ldz,
                              const floating *before, floating *after, Py_ssize_t lds, floating *h,
                              Py_ssize_t ldh) noexcept nogil:
    if floating is float:
        k.f32.recurrent.forward[cell](rows, n, z, ldz, before, after, lds, h, ldh)
    else:
        k.f64.recurrent.forward[cell](rows, n, z, ldz, before, after, lds, h, ldh)


cdef inline void cell_backward(Kernels k, int cell, Py_ssize_t rows, Py_ssize_t n, floating *z, Py_ssize_t ldz,
                               const floating *before, const floating *after, Py_ssize_t lds, const floating *dh,
                               floating *carry, Py_ssize_t ldh) noexcept nogil:
    if floating is float:
        k.f32.recurrent.backward[cell](rows, n, z, ldz, before, after, lds, dh, carry, ldh)
    else:
        k.f64.recurrent.backward[cell](rows, n, z, ldz, before, after, lds, dh, carry, ldh)


cdef inline void copy_part(Kernels k, Py_ssize_t rows, Py_ssize_t n, const floating *x, Py_ssize_t ldx, floating *y,
                           Py_ssize_t ldy) noexcept nogil:
    if floating is float:
        k.f32.recurrent.copy(rows, n, x, ldx, y, ldy)
    else:
        k.f64.recurrent.copy(rows, n, x, ldx, y, ldy)


cdef inline void add_part(Kernels k, Py_ssize_t rows, Py_ssize_t n, floating a, const floating *x, Py_ssize_t ldx,
                          floating *y, Py_ssize_t ldy) noexcept nogil:
    if floating is float:
        k.f32.recurrent.add(rows, n, a, x, ldx, y, ldy)
    else:
        k.f64.recurrent.add(rows, n, a, x, ldx, y, ldy)
