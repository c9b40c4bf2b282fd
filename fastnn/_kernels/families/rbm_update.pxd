from fastnn._kernels.families.rbm_phases cimport Machine, Turn
from fastnn._kernels.native.table cimport floating

cdef void keep_sparse(Machine *m, Py_ssize_t rows, Py_ssize_t n, floating *activity, floating *p,
                      Py_ssize_t ld) noexcept nogil
cdef void update_panels(Machine *m, Turn *t, Py_ssize_t begin, Py_ssize_t end, const floating *d) noexcept nogil
cdef void update_visible(Machine *m, Turn *t, Py_ssize_t first, floating tag) noexcept nogil
