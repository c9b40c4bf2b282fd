from libc.stdint cimport uint64_t

from fastnn._kernels.families.rbm cimport below, hashed
from fastnn._kernels.families.rbm_phases cimport Machine
from fastnn._kernels.native.table cimport floating

cdef void draw_ahead(Machine *m) noexcept nogil
cdef Py_ssize_t rows_of(const Machine *m, Py_ssize_t batch) noexcept nogil


cdef inline void sample(Machine *m, Py_ssize_t rows, Py_ssize_t n, Py_ssize_t first, const floating *p, Py_ssize_t ldp,
                        const double *u, Py_ssize_t ldu, uint64_t key, floating *y, Py_ssize_t ldy) noexcept nogil:
    """n units from `first` on, on with probability p: by NumPy's numbers, or by hashes where there are none."""
    if u != NULL:
        below(m.isa, rows, n, p, ldp, u + first, ldu, y, ldy)
    else:
        hashed(m.isa, rows, n, p, ldp, key, first, y, ldy)
