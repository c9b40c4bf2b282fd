from fastnn._kernels.families.rbm_phases cimport Machine

cdef void draw_ahead(Machine *m) noexcept nogil
cdef Py_ssize_t rows_of(const Machine *m, Py_ssize_t batch) noexcept nogil
