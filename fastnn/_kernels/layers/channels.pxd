from fastnn._kernels.layers.stage cimport Pass, Stage
from fastnn._kernels.native.table cimport floating

cdef void channel_norm_stage(const Pass *p, int t, floating tag) noexcept nogil
cdef void channel_norm_stage_backward(const Pass *p, int t, floating tag) noexcept nogil
cdef void channel_gradient(const Stage *stage, Py_ssize_t column, Py_ssize_t width, Py_ssize_t rows, const floating *d,
                           const floating *xhat, floating *sum_d, floating *sum_dx, bint accumulate) noexcept nogil
