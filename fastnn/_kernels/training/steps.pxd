from fastnn._kernels.layers.stage cimport Pass
from fastnn._kernels.native.table cimport floating
from fastnn._kernels.training.sweep cimport Sweep

cdef object place_steps(Sweep *s, Py_ssize_t steps, int n_threads, dtype, str format)
cdef void step_losses(Sweep *s, const Pass *p, floating tag) noexcept nogil
