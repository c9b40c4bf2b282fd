from fastnn._kernels.layers.plan cimport Strip
from fastnn._kernels.layers.stage cimport Stage
from fastnn._kernels.native.table cimport floating
from fastnn._kernels.training.sweep cimport Sweep

cdef struct Walk:                   # over strips, in the order that suits the caches
    int first, panels, pieces       # some panels of so many strips each, which begin with this one
    int done                        # of their strips

cdef object place_copies(Sweep *s, bint of_input, Py_ssize_t rows, dtype, str format)
cdef int next_strip(const Sweep *s, Walk *walk, int end, Py_ssize_t rows) noexcept nogil
cdef bint is_copied(const Sweep *s, const Stage *stage) noexcept nogil
cdef void copy_rows(Sweep *s, Py_ssize_t r0, Py_ssize_t r1, floating tag) noexcept nogil
cdef void copied_gradient(const Sweep *s, const Strip *strip, Py_ssize_t rows, floating *g,
                          bint accumulate) noexcept nogil
