from fastnn._kernels.families.rbm_phases cimport Machine, Turn
from fastnn._kernels.native.table cimport floating

cdef void gather(Machine *m, Turn *t, Py_ssize_t first, Py_ssize_t strip, floating tag) noexcept nogil
cdef void mark_chains(Machine *m, Turn *t, Py_ssize_t strip, floating tag) noexcept nogil
