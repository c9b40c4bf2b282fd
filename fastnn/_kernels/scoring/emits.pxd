"""What steps have found, put into the rows of a network."""

cdef struct Emit:
    int step
    bint choice
    double scale, shift
    int first                   # of its features

cdef void emit_pair(const Emit *emit, const double *values, Py_ssize_t n, int *indices, void *to, Py_ssize_t n_pairs,
                    bint wide) noexcept nogil
cdef void emit_dense(const Emit *emit, const double *values, Py_ssize_t n, void *to, Py_ssize_t n_features,
                     bint wide) noexcept nogil
