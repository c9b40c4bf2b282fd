"""One cell of a user's row: as a number, or as a row of a matrix. Inline, for this is called for every cell."""

from cpython.dict cimport PyDict_GetItemWithError
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.long cimport PyLong_AsDouble, PyLong_CheckExact
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_DecodeUTF8

cdef struct Column:             # the cells of a block: objects, numbers, numbers of some values, or Arrow's text
    PyObject **objects
    const double *numbers
    const int *codes            # -1 for a missing value
    PyObject *values            # a list of what the codes stand for
    const long long *begins     # of the text of each cell, and where the last one ends
    const char *text
    const unsigned char *there  # 0 for a missing value; NULL where there is none

cdef double odd_number(object value, front, column) except? -1.0
cdef Py_ssize_t odd_row(object value, dict rows, Py_ssize_t missing, Py_ssize_t other, front, column) except -1


cdef int check_codes(codes, Py_ssize_t begin, Py_ssize_t n, Py_ssize_t n_values) except -1
cdef int check_text(begins, text, there, Py_ssize_t begin, Py_ssize_t n) except -1


cdef inline object cell(const Column *column, Py_ssize_t r):
    """What is in a row."""
    if column.objects != NULL:
        return <object> column.objects[r]
    if column.begins != NULL:
        if column.there != NULL and not column.there[r]:
            return None
        return PyUnicode_DecodeUTF8(column.text + column.begins[r], column.begins[r + 1] - column.begins[r], NULL)
    if column.codes == NULL:
        number = column.numbers[r]
        return int(number) if number.is_integer() else number
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
