from fastnn._kernels.families.reduced cimport fastnn_products
from fastnn._kernels.layers.dense cimport Dense, Reduced

cdef class ReducedWeights:
    cdef Reduced layer
    cdef object panels, bias, scale, sums, factor
    cdef readonly Py_ssize_t n_bytes
    cdef readonly str kernel

    cdef const fastnn_products *_choose(self, str kind, str isa, str kernel) except NULL

cdef int take_reduced(Dense *layers, int n_layers, int dtype, tuple weights) except -1
