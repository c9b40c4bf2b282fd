from fastnn._kernels.layers.stage cimport Pass
from fastnn._kernels.native.table cimport floating
from fastnn._kernels.training.sweep cimport Sweep

cdef Py_ssize_t numbers_of_row(const Sweep *s) noexcept nogil
cdef Py_ssize_t chunk_of(const Sweep *s) noexcept nogil
cdef void there_and_back(Sweep *s, Pass p, Py_ssize_t ahead, floating tag) noexcept nogil
