from fastnn._kernels.families.rbm_phases cimport Machine, Turn, What
from fastnn._kernels.native.table cimport floating

cdef void hidden_panels(Machine *m, Turn *t, Py_ssize_t begin, Py_ssize_t end, What what, bint samples,
                        floating tag) noexcept nogil
