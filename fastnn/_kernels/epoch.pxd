from fastnn._kernels.sweep cimport Sweep
from fastnn._kernels.table cimport floating

cdef void sweep_threads(Sweep *s, int n_threads, floating tag) noexcept nogil
cdef void layer_rows(Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, Py_ssize_t unit, floating tag) noexcept nogil
