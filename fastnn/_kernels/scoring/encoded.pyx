"""Memory for encoded rows: values, indices and where each row begins, in one piece."""

cimport numpy as cnp
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.string cimport memcpy, memset

cnp.import_array()


cdef class EncodedRows:
    """Rows of as many pairs each, by rising feature. Only an Encoder makes them."""

    def __dealloc__(self):
        PyMem_RawFree(self.memory)

    def __reduce__(self):
        raise TypeError("encoded rows are not pickled")

    def dense(self):
        """An array (n_rows, n_features), zero where a row has no pair."""
        cdef cnp.npy_intp shape[2]
        shape[0], shape[1] = self.n_rows, self.n_features
        cdef cnp.ndarray found = cnp.PyArray_EMPTY(2, shape, cnp.NPY_DOUBLE if self.wide else cnp.NPY_FLOAT, 0)
        cdef void *to = cnp.PyArray_DATA(found)
        cdef Py_ssize_t unit = 8 if self.wide else 4, r, i
        if self.n_pairs == self.n_features:
            memcpy(to, self.values, self.n_rows * self.n_pairs * unit)
            return found
        memset(to, 0, self.n_rows * self.n_features * unit)
        for r in range(self.n_rows):
            for i in range(r * self.n_pairs, (r + 1) * self.n_pairs):
                if self.wide:
                    (<double *> to)[r * self.n_features + self.indices[i]] = (<double *> self.values)[i]
                else:
                    (<float *> to)[r * self.n_features + self.indices[i]] = (<float *> self.values)[i]
        return found


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
