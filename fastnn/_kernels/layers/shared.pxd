from fastnn._kernels.layers.stage cimport Buffers, Pass, Stage
from fastnn._kernels.native.table cimport floating

cdef enum Output:       # what is made of the outputs of a row's steps: OUTPUTS of specs.py
    ALL
    LAST
    MEAN

cdef void place_shared(const Stage *stage, Buffers *buffers, floating *memory, Py_ssize_t rows,
                       Py_ssize_t kept) noexcept nogil
cdef void place_shared_as(const Stage *stage, Buffers *buffers, void *memory, Py_ssize_t rows, Py_ssize_t kept,
                          int dtype) noexcept nogil
cdef void shared_forward(const Pass *p, int t, floating tag) noexcept nogil
cdef void shared_backward(const Pass *p, int t, floating tag) noexcept nogil
