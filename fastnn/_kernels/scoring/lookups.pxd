"""The labels of a step and their rows, for the cells of a column in whatever form they are."""

from fastnn._kernels.scoring.cells cimport Column
from fastnn._kernels.scoring.texts cimport Numbers, Texts

cdef class Lookup:
    cdef dict rows
    cdef Texts texts
    cdef Numbers numbers
    cdef Py_ssize_t missing, other      # rows, or -1 where they are refused

    cdef int read(self, const Column *column, Py_ssize_t n, Py_ssize_t *to, front, name) except -1
    cdef Py_ssize_t odd(self, const Column *column, Py_ssize_t r, front, name) except -1
    cdef int numbered(self, const Column *column, Py_ssize_t n, Py_ssize_t *to, front, name) except -1
