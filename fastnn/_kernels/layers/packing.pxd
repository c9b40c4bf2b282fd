from fastnn._kernels.layers.plan cimport Plan
from fastnn._kernels.native.table cimport floating

cdef void pack(Plan plan, const floating *params, floating *packed) noexcept nogil
cdef void pack_master(Plan plan, const floating *params, floating *packed) noexcept nogil
cdef void unpack(Plan plan, const floating *packed, floating *params) noexcept nogil
# The same with memory of the plan's dtype.
cdef void pack_as(Plan plan, const void *params, void *packed) noexcept nogil
cdef void pack_master_as(Plan plan, const void *params, void *packed) noexcept nogil
cdef void unpack_as(Plan plan, const void *packed, void *params) noexcept nogil
