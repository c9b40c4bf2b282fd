"""The visible units of a step, strip by strip: the batch as it is given, and bits that say which units are not zero."""

from libc.stdint cimport uint64_t
from libc.string cimport memcpy, memset

from fastnn._kernels.families.rbm cimport marks
from fastnn._kernels.families.rbm_phases cimport MARKS, STRIP
from fastnn._kernels.native.header cimport fastnn_csr


cdef void gather(Machine *m, Turn *t, Py_ssize_t first, Py_ssize_t strip, floating tag) noexcept nogil:
    """A strip of the batch whose rows begin with `first`; its marks, and none yet of the chains."""
    cdef Py_ssize_t at = strip * STRIP, n = min(<Py_ssize_t> STRIP, m.n_visible - at), r
    cdef floating *to = <floating *> m.rows + at
    for r in range(t.rows):
        if m.csr == NULL:
            memcpy(to, <const floating *> m.x + (first + r) * m.ldx + at, n * sizeof(floating))
        else:
            memset(to, 0, n * sizeof(floating))
            scatter(m.csr, first + r, at, n, to)
        to += m.ldv
    for r in range(m.n_words):
        memset(m.of_units + r * m.n_visible + at, 0, n * sizeof(uint64_t))
    mark(m, 0, t.rows, strip, tag)


cdef inline void scatter(const fastnn_csr *x, Py_ssize_t row, Py_ssize_t first, Py_ssize_t n, floating *to) noexcept nogil:
    """Entries first..first + n of a row, whose columns are in order."""
    cdef Py_ssize_t low = x.indptr[row], end = x.indptr[row + 1], high = end, middle, column
    while low < high:
        middle = (low + high) // 2
        if column_of(x, middle) < first:
            low = middle + 1
        else:
            high = middle
    while low < end:
        column = column_of(x, low) - first
        if not 0 <= column < n:
            break
        to[column] = (<const floating *> x.data)[low]
        low += 1


cdef inline Py_ssize_t column_of(const fastnn_csr *x, Py_ssize_t i) noexcept nogil:
    return (<const long long *> x.indices)[i] if x.wide else (<const int *> x.indices)[i]


cdef void mark_chains(Machine *m, Turn *t, Py_ssize_t strip, floating tag) noexcept nogil:
    """Marks of the chains' states in a strip, in place of those of the last Gibbs step."""
    cdef Py_ssize_t at = strip * STRIP, n = min(<Py_ssize_t> STRIP, m.n_visible - at), word = m.most_rows // MARKS, j
    cdef uint64_t of_batch = ((<uint64_t> 1) << (m.most_rows % MARKS)) - 1
    cdef uint64_t *units = m.of_units + word * m.n_visible + at
    for j in range(n):
        units[j] &= of_batch
    for j in range(word + 1, m.n_words):
        memset(m.of_units + j * m.n_visible + at, 0, n * sizeof(uint64_t))
    mark(m, m.most_rows, t.chains, strip, tag)


cdef void mark(Machine *m, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t strip, floating tag) noexcept nogil:
    """Marks of some rows, as many at a time as a word has bits for."""
    cdef Py_ssize_t at = strip * STRIP, n = min(<Py_ssize_t> STRIP, m.n_visible - at), some
    while rows > 0:
        some = min(rows, MARKS - first % MARKS)
        marks(m.isa, some, n, <const floating *> m.rows + first * m.ldv + at, m.ldv, m.of_rows + first * m.n_strips + strip,
              m.n_strips, m.of_units + first // MARKS * m.n_visible + at, first % MARKS)
        first += some
        rows -= some
