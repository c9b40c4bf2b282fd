from fastnn._kernels.sweep cimport Sweep
from fastnn._kernels.table cimport floating

cdef int strip_share(const Sweep *s, int thread, int team) noexcept nogil
cdef void strip_gradients(Sweep *s, int first, int end, int thread, int team, Py_ssize_t rows, bint accumulate,
                          long long batch, double weight, bint measure, floating tag) noexcept nogil
cdef void update_strips(Sweep *s, int first, int end, long long batch, double weight, double factor,
                        floating tag) noexcept nogil
cdef void limit_norms(Sweep *s, int thread, int team, floating tag) noexcept nogil
