from fastnn._kernels.training.sweep cimport Sweep
from fastnn._kernels.native.table cimport floating

cdef void limit_norms(Sweep *s, int thread, int team, floating tag) noexcept nogil
