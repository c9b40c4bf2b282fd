from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.stage cimport Stage
from fastnn._kernels.native.table cimport Kernels, floating

cdef void product(Kernels k, const Stage *stage, const Dense *layer, Py_ssize_t rows, const floating *a, floating *z,
                  floating tag) noexcept nogil
cdef void back_product(Kernels k, const Stage *stage, const Dense *layer, Py_ssize_t rows, const floating *d, bint own,
                       floating *da, floating tag) noexcept nogil
