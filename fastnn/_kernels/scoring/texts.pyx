"""Labels found without a Python object for each cell: text by its bytes as Arrow has them in memory, numbers."""

from cpython.bytes cimport PyBytes_AS_STRING
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport uint64_t
from libc.string cimport memcmp, memcpy

from fastnn._kernels.scoring.steps cimport interval


cdef class Numbers:
    """The labels that are numbers, ascending.

    Parameters
    ----------
    rows : dict
        Label -> row. Integers beyond 2**53 are not told apart: no column of doubles has them.
    """

    def __cinit__(self, dict rows not None):
        known = sorted((float(label), row) for label, row in rows.items() if not isinstance(label, str))
        self.n = len(known)
        self.labels = <double *> PyMem_Calloc(self.n + 1, sizeof(double))
        self.rows = <Py_ssize_t *> PyMem_Calloc(self.n + 1, sizeof(Py_ssize_t))
        if self.labels == NULL or self.rows == NULL:
            raise MemoryError()
        for i, (label, row) in enumerate(known):
            self.labels[i], self.rows[i] = label, row

    def __dealloc__(self):
        PyMem_Free(self.labels)
        PyMem_Free(self.rows)

    cdef Py_ssize_t find(self, double value) noexcept nogil:
        """The row of a number; -1 if it is none of the labels."""
        cdef Py_ssize_t at = interval(self.labels, self.n, value) - 1
        return self.rows[at] if at >= 0 and self.labels[at] == value else -1


cdef class Texts:
    """A hash table with open addressing over the labels that are text.

    Parameters
    ----------
    rows : dict
        Label -> row.
    """

    def __cinit__(self, dict rows not None):
        cdef list known = []
        cdef Py_ssize_t size = 4, i, at
        for label in rows:
            if type(label) is str:
                try:
                    known.append((label.encode(), rows[label]))
                except UnicodeEncodeError:      # Arrow has no such text
                    pass
        while size < 4 * len(known):
            size *= 2
        self.keep, self.mask = [text for text, _ in known], size - 1
        self.places = <Py_ssize_t *> PyMem_Calloc(size, sizeof(Py_ssize_t))
        self.starts = <const char **> PyMem_Calloc(len(known) + 1, sizeof(char *))
        self.lengths = <Py_ssize_t *> PyMem_Calloc(len(known) + 1, sizeof(Py_ssize_t))
        self.rows = <Py_ssize_t *> PyMem_Calloc(len(known) + 1, sizeof(Py_ssize_t))
        if self.places == NULL or self.starts == NULL or self.lengths == NULL or self.rows == NULL:
            raise MemoryError()
        for i in range(size):
            self.places[i] = -1
        for i, (text, row) in enumerate(known):
            self.starts[i], self.lengths[i], self.rows[i] = PyBytes_AS_STRING(text), len(text), row
            at = place(self.starts[i], self.lengths[i], self.mask)
            while self.places[at] >= 0:
                at = (at + 1) & self.mask
            self.places[at] = i

    def __dealloc__(self):
        PyMem_Free(self.places)
        PyMem_Free(self.starts)
        PyMem_Free(self.lengths)
        PyMem_Free(self.rows)

    cdef Py_ssize_t find(self, const char *text, Py_ssize_t length) noexcept nogil:
        """The row of a text; -1 if it is none of the labels."""
        cdef Py_ssize_t at = place(text, length, self.mask), i
        while True:
            i = self.places[at]
            if i < 0:
                return -1
            if self.lengths[i] == length and memcmp(self.starts[i], text, length) == 0:
                return self.rows[i]
            at = (at + 1) & self.mask


cdef inline Py_ssize_t place(const char *text, Py_ssize_t length, Py_ssize_t mask) noexcept nogil:
    """Where to look first: by the first and the last eight bytes, and the length."""
    cdef uint64_t first = 0, last = 0, mixed
    if length >= 8:
        memcpy(&first, text, 8)
        memcpy(&last, text + length - 8, 8)
    else:
        memcpy(&first, text, length)
    mixed = (first ^ (last * <uint64_t> 0x9E3779B97F4A7C15) ^ <uint64_t> length) * <uint64_t> 0xD6E8FEB86659FD93
    return <Py_ssize_t> ((mixed >> 40) & <uint64_t> mask)
