from fastnn._kernels.plan cimport Strip
from fastnn._kernels.sweep cimport Sweep
from fastnn._kernels.table cimport floating

cdef int strip_share(const Sweep *s, int thread, int team) noexcept nogil
cdef void strip_gradients(Sweep *s, int first, int end, int thread, int team, Py_ssize_t rows, bint accumulate,
                          long long batch, double weight, bint measure, floating tag) noexcept nogil
cdef void update_strips(Sweep *s, int first, int end, long long batch, double weight, double factor,
                        floating tag) noexcept nogil
cdef void strip_gradient(Sweep *s, const Strip *strip, Py_ssize_t r0, Py_ssize_t rows, int team, floating *g,
                         floating *bias, bint accumulate) noexcept nogil
