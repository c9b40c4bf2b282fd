from fastnn._kernels.layers.stage cimport Batch, Pass
from fastnn._kernels.training.sweep cimport Sweep
from fastnn._kernels.native.table cimport floating

cdef double nonzero_share(Sweep *s, floating tag) noexcept nogil
cdef double nonzero_share_as(Sweep *s, int dtype) noexcept nogil
cdef Batch batch_of(const Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, floating tag) noexcept nogil
cdef Batch batch_as(const Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, int dtype) noexcept nogil
cdef Pass pass_of(Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, const double *bounds, int thread, int team,
                  floating tag) noexcept nogil
cdef void forward(Sweep *s, const Pass *p, Py_ssize_t ahead, floating tag) noexcept nogil
cdef void losses(Sweep *s, const Pass *p, floating tag) noexcept nogil
cdef void backward(Sweep *s, const Pass *p, floating tag) noexcept nogil
cdef void layer_rows(Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, Py_ssize_t unit, floating tag) noexcept nogil
cdef void layer_rows_as(Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, Py_ssize_t unit, int dtype) noexcept nogil
cdef double sum_of(const double *x, Py_ssize_t n) noexcept nogil
