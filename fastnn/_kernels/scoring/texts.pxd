"""Labels found without a Python object for each cell: text by its bytes as Arrow has them in memory, numbers."""

cdef class Numbers:
    cdef double *labels         # ascending
    cdef Py_ssize_t *rows
    cdef Py_ssize_t n

    cdef Py_ssize_t find(self, double value) noexcept nogil


cdef class Texts:
    cdef Py_ssize_t *places     # of a label, or -1
    cdef Py_ssize_t mask
    cdef const char **starts    # of each label
    cdef Py_ssize_t *lengths
    cdef Py_ssize_t *rows
    cdef list keep

    cdef Py_ssize_t find(self, const char *text, Py_ssize_t length) noexcept nogil
