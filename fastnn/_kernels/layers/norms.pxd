from fastnn._kernels.layers.stage cimport Pass
from fastnn._kernels.native.table cimport floating

cdef void layer_norm_stage(const Pass *p, int t, floating tag) noexcept nogil
cdef void layer_norm_stage_backward(const Pass *p, int t, floating tag) noexcept nogil
cdef void batch_norm_stage(const Pass *p, int t, floating tag) noexcept nogil
cdef void batch_norm_stage_backward(const Pass *p, int t, floating tag) noexcept nogil
