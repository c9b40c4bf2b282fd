from fastnn._kernels.layers.stage cimport Pass
from fastnn._kernels.native.table cimport floating

cdef void image_stage(const Pass *p, int t, floating tag) noexcept nogil
cdef void image_stage_backward(const Pass *p, int t, floating tag) noexcept nogil
