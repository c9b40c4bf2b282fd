from fastnn._kernels.layers.plan cimport Plan
from fastnn._kernels.training.sweep cimport Sweep

cdef object place_zeros(Sweep *s, Plan plan, Py_ssize_t rows, int n_threads)
