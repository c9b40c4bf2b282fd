from fastnn._kernels.training.sweep cimport Sweep
from fastnn._kernels.native.table cimport floating

cdef void group_gradients(Sweep *s, Py_ssize_t start, Py_ssize_t rows, long long step, bint more,
                          const double *bounds, int thread, floating tag) noexcept nogil
