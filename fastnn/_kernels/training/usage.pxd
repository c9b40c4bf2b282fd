from fastnn._kernels.native.table cimport floating
from fastnn._kernels.training.sweep cimport Plasticity, Sweep

cdef void count_group(Sweep *s, int group, const Py_ssize_t *sample, Py_ssize_t r0, Py_ssize_t rows, bint accumulate,
                      floating tag) noexcept nogil
cdef void count_use(Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, bint accumulate, bint last, double weight,
                    int thread, int team, floating tag) noexcept nogil
cdef void factors_as(Plasticity *p, int dtype) noexcept nogil
