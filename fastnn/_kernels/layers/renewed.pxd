from fastnn._kernels.families.reduced cimport fastnn_reduced
from fastnn._kernels.layers.plan cimport Layer, Plan, Strip
from fastnn._kernels.native.table cimport Kernels, floating

cdef void renew_strip(Kernels k, const fastnn_reduced *rounding, const Layer *layer, const Strip *strip,
                      floating *packed) noexcept nogil
cdef void renew_panel(Kernels k, const fastnn_reduced *rounding, const Layer *layer, Py_ssize_t column, Py_ssize_t width,
                      floating *packed) noexcept nogil
cdef void renew(Plan plan, floating *packed) noexcept nogil
cdef void renew_as(Plan plan, void *packed) noexcept nogil
