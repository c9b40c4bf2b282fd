from fastnn._kernels.layers.plan cimport Plan
from fastnn._kernels.training.sweep cimport Sweep

cdef class Workspace:
    cdef readonly Plan plan
    cdef Sweep s
    cdef readonly int n_threads
    cdef readonly object packed, moments, gradient
    cdef object _keep, _average, _custom, _parameter, _targets_keep, _myelin, _free
    cdef str _format
    cdef object _dtype
    cdef int output
    cdef Py_ssize_t _rows       # that the buffers have room for
    cdef bint _spent, _shares_held, _ready     # _ready: `prepare` of an Engine has been called

    cdef void _place_gradients(self, bint over_outputs) noexcept
