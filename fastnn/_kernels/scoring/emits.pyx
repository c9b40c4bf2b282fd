"""What steps have found, put into the rows of a network: as one pair of each row, or where its feature is."""

from cython cimport floating


cdef void emit_pair(const Emit *emit, const double *values, Py_ssize_t n, int *indices, void *to, Py_ssize_t n_pairs,
                    bint wide) noexcept nogil:
    """The same pair of every row: a number is the value of its feature, a choice a 1 at the one chosen."""
    cdef const Py_ssize_t *chosen = <const Py_ssize_t *> values
    cdef Py_ssize_t r
    for r in range(n):
        indices[r * n_pairs] = emit.first + <int> chosen[r] if emit.choice else emit.first
    if wide:
        write(emit, values, n, <double *> to, n_pairs)
    else:
        write(emit, values, n, <float *> to, n_pairs)


cdef void emit_dense(const Emit *emit, const double *values, Py_ssize_t n, void *to, Py_ssize_t n_features,
                     bint wide) noexcept nogil:
    """The feature, or features of a choice, in rows that are zero there."""
    if emit.choice:
        choose(emit, <const Py_ssize_t *> values, n, to, n_features, wide)
    elif wide:
        write(emit, values, n, <double *> to + emit.first, n_features)
    else:
        write(emit, values, n, <float *> to + emit.first, n_features)


cdef void write(const Emit *emit, const double *values, Py_ssize_t n, floating *to, Py_ssize_t stride) noexcept nogil:
    cdef double scale = emit.scale, shift = emit.shift
    cdef Py_ssize_t r
    if emit.choice:
        for r in range(n):
            to[r * stride] = 1
    else:
        for r in range(n):
            to[r * stride] = <floating> (values[r] * scale + shift)


cdef void choose(const Emit *emit, const Py_ssize_t *chosen, Py_ssize_t n, void *to, Py_ssize_t stride,
                 bint wide) noexcept nogil:
    cdef Py_ssize_t r
    if wide:
        for r in range(n):
            (<double *> to)[r * stride + emit.first + chosen[r]] = 1
    else:
        for r in range(n):
            (<float *> to)[r * stride + emit.first + chosen[r]] = 1
