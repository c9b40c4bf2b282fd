from fastnn._kernels.score cimport Mode, Model
from fastnn._kernels.table cimport floating

cdef void finish(const Model *model, Mode mode, Py_ssize_t rows, Py_ssize_t n, floating *z, Py_ssize_t ld,
                 void *out) noexcept nogil
