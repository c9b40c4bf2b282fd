from fastnn._kernels.native.table cimport floating

cdef class Pairs:
    cdef void **pointers
    cdef list pairs
    cdef object raise_error(self)

cdef void custom_forward(void *pair, Py_ssize_t rows, Py_ssize_t n, const floating *z, floating *h,
                         Py_ssize_t ld) noexcept nogil
cdef void custom_backward(void *pair, Py_ssize_t rows, Py_ssize_t n, const floating *z, const floating *h, floating *d,
                          Py_ssize_t ld) noexcept nogil
