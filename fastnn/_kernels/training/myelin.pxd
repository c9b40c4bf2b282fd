from fastnn._kernels.layers.plan cimport Plan
from fastnn._kernels.training.sweep cimport Plasticity

cdef class Myelin:
    cdef Plasticity p
    cdef readonly Plan plan
    cdef readonly object thickness, anchor      # in packed order, or None
    cdef object _keep
