from fastnn._kernels.sweep cimport Sweep
from fastnn._kernels.table cimport floating

cdef void sweep_threads(Sweep *s, int n_threads, floating tag) noexcept nogil
