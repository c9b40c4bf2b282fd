from fastnn._kernels.training.sweep cimport Sweep
from fastnn._kernels.native.table cimport floating

cdef void sum_ties(Sweep *s, int thread, int team, floating tag) noexcept nogil
cdef void sum_ties_as(Sweep *s, int dtype) noexcept nogil
