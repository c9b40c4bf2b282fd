cimport numpy as cnp

from fastnn._kernels.scoring.model cimport Mode, Model
from fastnn._kernels.native.table cimport floating

cdef object not_finite(floating tag)
cdef Py_ssize_t n_outputs(const Model *model) noexcept nogil
cdef bint is_flat(const Model *model, Mode mode) noexcept nogil
cdef Py_ssize_t n_columns(const Model *model, Mode mode) noexcept nogil
cdef cnp.ndarray result(const Model *model, Mode mode, Py_ssize_t rows, object out, int type_out)
cdef void finish(const Model *model, Mode mode, Py_ssize_t rows, Py_ssize_t n, floating *z, Py_ssize_t ld,
                 void *out) noexcept nogil
