from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.plan cimport Plan
from fastnn._kernels.layers.windows cimport Window, Winograd
from fastnn._kernels.native.table cimport Kernels, floating

cdef class Quick:
    cdef Winograd described
    cdef list _arrays

cdef void winograd_forward(Kernels k, const Dense *layer, const Window *w, Py_ssize_t rows, const floating *x,
                           Py_ssize_t ldx, floating *h, floating *scratch) noexcept nogil
cdef list hasten(Plan plan, specs, arrays)
