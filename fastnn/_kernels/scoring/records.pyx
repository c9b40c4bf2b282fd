"""Rows given as dicts, turned into columns."""

from cpython.dict cimport PyDict_GetItemWithError
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF


def columns_of_dicts(list rows not None, list names not None):
    """A list of the values under each name, row by row; the number of a row that lacks one of them."""
    cdef Py_ssize_t n = len(rows), r, c
    cdef list columns = [PyList_New(n) for _ in names], column
    cdef PyObject *found
    for r in range(n):
        for c in range(len(names)):
            found = PyDict_GetItemWithError(<dict?> rows[r], names[c])
            if found == NULL:
                return r
            Py_INCREF(<object> found)
            column = <list> columns[c]
            PyList_SET_ITEM(column, r, <object> found)
    return columns
