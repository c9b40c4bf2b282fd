from fastnn._kernels.sweep cimport Sweep
from fastnn._kernels.table cimport floating

cdef void limit_norms(Sweep *s, int thread, int team, floating tag) noexcept nogil
