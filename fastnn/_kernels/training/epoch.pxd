from fastnn._kernels.training.sweep cimport Sweep
from fastnn._kernels.native.table cimport floating

cdef void sweep_as(Sweep *s, int n_threads, int dtype) noexcept nogil
cdef void sweep_threads(Sweep *s, int n_threads, floating tag) noexcept nogil
