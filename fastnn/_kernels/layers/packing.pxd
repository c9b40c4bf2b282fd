from fastnn._kernels.layers.plan cimport Layer, Plan
from fastnn._kernels.native.table cimport Kernels, floating

cdef void pack(Plan plan, const floating *params, floating *packed) noexcept nogil
cdef void fill_tables(Plan plan, floating *packed) noexcept nogil
cdef void fill_layer_table(Kernels k, const Layer *layer, floating *packed) noexcept nogil
cdef void pack_master(Plan plan, const floating *params, floating *packed) noexcept nogil
cdef void unpack(Plan plan, const floating *packed, floating *params) noexcept nogil
# The same with memory of the plan's dtype.
cdef void pack_as(Plan plan, const void *params, void *packed) noexcept nogil
cdef void fill_tables_as(Plan plan, void *packed) noexcept nogil
cdef void pack_master_as(Plan plan, const void *params, void *packed) noexcept nogil
cdef void unpack_as(Plan plan, const void *packed, void *params) noexcept nogil
cdef void transpose_panels(Kernels k, const Layer *layer, Py_ssize_t column, Py_ssize_t width, Py_ssize_t first,
                           Py_ssize_t count, const floating *w, floating *packed) noexcept nogil
