from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.plan cimport Layer
from fastnn._kernels.layers.stage cimport Stage

cdef void shape_shared(Stage *stage, Layer *layer, object spec, tuple matrix, Py_ssize_t n_in, Py_ssize_t lanes,
                       Py_ssize_t item_size)
cdef Py_ssize_t shared_numbers(const Stage *stage, Py_ssize_t kept) noexcept nogil
cdef int check_tie(const Dense *d, const Dense *of, bint taken) except -1
