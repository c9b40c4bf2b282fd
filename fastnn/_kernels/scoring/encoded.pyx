"""Memory for encoded rows: values, indices and where each row begins, in one piece."""

from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc


cdef class EncodedRows:
    """Rows of as many pairs each, by rising feature. Only an Encoder makes them."""

    def __dealloc__(self):
        PyMem_RawFree(self.memory)

    def __reduce__(self):
        raise TypeError("encoded rows are not pickled")


cdef EncodedRows encoded_rows(Py_ssize_t n_rows, Py_ssize_t n_features, Py_ssize_t n_pairs, bint wide):
    cdef EncodedRows rows = EncodedRows.__new__(EncodedRows)
    cdef Py_ssize_t n = n_rows * n_pairs, r
    cdef Py_ssize_t *begin
    rows.memory = PyMem_RawMalloc((n_rows + 1 + n) * 8 + n * 4)
    if rows.memory == NULL:
        raise MemoryError()
    begin = <Py_ssize_t *> rows.memory
    rows.values = begin + n_rows + 1
    rows.indices = <int *> (<char *> rows.values + 8 * n)
    for r in range(n_rows + 1):
        begin[r] = r * n_pairs
    rows.n_rows, rows.n_pairs, rows.n_features, rows.wide = n_rows, n_pairs, n_features, wide
    rows.csr.data, rows.csr.indices, rows.csr.wide, rows.csr.indptr = rows.values, rows.indices, False, begin
    return rows
