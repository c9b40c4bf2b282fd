"""Rows of pairs that an Encoder has made, as the scorer reads them."""

from fastnn._kernels.native.header cimport fastnn_csr


cdef class EncodedRows:
    cdef fastnn_csr csr
    cdef int *indices
    cdef void *values
    cdef Py_ssize_t n_rows, n_pairs, n_features     # n_pairs: of a row
    cdef bint wide                                  # float64
    cdef void *memory

cdef EncodedRows encoded_rows(Py_ssize_t n_rows, Py_ssize_t n_features, Py_ssize_t n_pairs, bint wide)
