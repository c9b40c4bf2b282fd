from fastnn._kernels.layers.plan cimport Plan
from fastnn._kernels.layers.stage cimport Pass
from fastnn._kernels.native.table cimport floating
from fastnn._kernels.training.sweep cimport Sweep

cdef object place_taken(Sweep *s, Plan plan, bint of_input, Py_ssize_t rows)
cdef void forward_through(Sweep *s, const Pass *p, int t, floating tag) noexcept nogil
cdef void back_through(Sweep *s, const Pass *p, int t, floating tag) noexcept nogil
