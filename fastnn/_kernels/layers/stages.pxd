from fastnn._kernels.layers.stage cimport Pass
from fastnn._kernels.native.table cimport floating

cdef void stage_forward(const Pass *p, int t, floating tag) noexcept nogil
cdef void stage_derivative(const Pass *p, int t, floating tag) noexcept nogil
cdef void stage_backward(const Pass *p, int t, floating tag) noexcept nogil
cdef double activity_penalty(const Pass *p, int t, Py_ssize_t r, floating tag) noexcept nogil
