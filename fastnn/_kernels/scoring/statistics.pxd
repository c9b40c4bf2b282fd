from fastnn._kernels.layers.plan cimport Plan

cdef Py_ssize_t n_statistics(Plan plan)
cdef object pack_statistics(Plan plan, object numbers, object packed)
