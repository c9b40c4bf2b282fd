from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.plan cimport Plan
from fastnn._kernels.scoring.model cimport Model
from fastnn._kernels.scoring.places cimport Places

cdef class Scorer:
    cdef Plan plan
    cdef Model model
    cdef Dense *dense
    cdef Places places
    cdef object packed
    cdef list quick
    cdef tuple functions
    cdef readonly tuple reduced
    cdef bint calls_python
    cdef readonly Py_ssize_t n_in, n_out
    cdef double work
