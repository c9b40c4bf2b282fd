from fastnn._kernels.layers.plan cimport Strip
from fastnn._kernels.layers.stage cimport Buffers, Stage
from fastnn._kernels.native.table cimport Kernels, floating

cdef void shared_gradients(Kernels k, const Stage *stage, const Buffers *b, const Strip *strips, int n, Py_ssize_t rows,
                           floating *gradient, bint accumulate) noexcept nogil
