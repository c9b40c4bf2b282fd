"""One cell of a user's row: as a number, or as a row of a matrix. Inline, for this is called for every cell."""

from cpython.dict cimport PyDict_GetItemWithError
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.long cimport PyLong_AsDouble, PyLong_CheckExact
from cpython.object cimport PyObject

cdef struct Column:             # the cells of a block: objects, numbers, or numbers of some values
    PyObject **objects
    const double *numbers
    const int *codes            # -1 for a missing value
    PyObject *values            # a list of what the codes stand for

cdef double odd_number(object value, front, column) except? -1.0
cdef Py_ssize_t odd_row(object value, dict rows, Py_ssize_t missing, Py_ssize_t other, front, column) except -1


cdef int check_codes(codes, Py_ssize_t n) except -1


cdef inline object cell(const Column *column, Py_ssize_t r):
    """What is in a row."""
    if column.objects != NULL:
        return <object> column.objects[r]
    if column.codes == NULL:
        return column.numbers[r]
    return None if column.codes[r] < 0 else (<list> column.values)[column.codes[r]]


cdef inline double cell_number(object value, front, column) except? -1.0:
    """A number; NaN for a missing value. A ValueError that names the column for anything else."""
    if PyFloat_CheckExact(value):
        return PyFloat_AS_DOUBLE(value)
    if PyLong_CheckExact(value):
        return PyLong_AsDouble(value)
    return odd_number(value, front, column)


cdef inline Py_ssize_t cell_row(object value, dict rows, Py_ssize_t missing, Py_ssize_t other, front, column) except -1:
    """The row of a label; that of missing ones or of others. A ValueError if there is none for it."""
    cdef PyObject *found
    if type(value) is str:
        found = PyDict_GetItemWithError(rows, value)
        if found != NULL:
            return PyLong_AsSsize_t(<object> found)
    return odd_row(value, rows, missing, other, front, column)


cdef extern from "Python.h":
    Py_ssize_t PyLong_AsSsize_t(object) except? -1
