"""The labels of a step and their rows, for the cells of a column in whatever form they are."""

from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.math cimport isnan

from fastnn._kernels.scoring.cells cimport Column, cell, cell_row
from fastnn._kernels.scoring.texts cimport Numbers, Texts


cdef class Lookup:
    """One step's.

    Parameters
    ----------
    attributes : mapping
        Those of a step of the kind "label".
    """

    def __cinit__(self, attributes):
        self.rows = dict(zip(attributes["labels"], attributes["rows"], strict=True))
        self.texts, self.numbers = Texts(self.rows), Numbers(self.rows)
        self.missing, self.other = attributes["missing"], attributes["other"]

    cdef int read(self, const Column *column, Py_ssize_t n, Py_ssize_t *to, front, name) except -1:
        """The row of each cell; a ValueError that names the column where there is none."""
        cdef Py_ssize_t r, found
        if column.objects != NULL:
            for r in range(n):
                to[r] = cell_row(<object> column.objects[r], self.rows, self.missing, self.other, front, name)
        elif column.begins != NULL:
            for r in range(n):
                if column.there != NULL and not column.there[r]:
                    found = self.missing
                else:
                    found = self.texts.find(column.text + column.begins[r], column.begins[r + 1] - column.begins[r])
                    found = self.other if found < 0 else found
                to[r] = found if found >= 0 else self.odd(column, r, front, name)
        elif column.codes != NULL:
            self.numbered(column, n, to, front, name)
        else:
            for r in range(n):
                if isnan(column.numbers[r]):
                    found = self.missing
                else:
                    found = self.numbers.find(column.numbers[r])
                    found = self.other if found < 0 else found
                to[r] = found if found >= 0 else self.odd(column, r, front, name)
        return 0

    cdef Py_ssize_t odd(self, const Column *column, Py_ssize_t r, front, name) except -1:
        """A cell once more, as an object, which raises."""
        return cell_row(cell(column, r), self.rows, self.missing, self.other, front, name)

    cdef int numbered(self, const Column *column, Py_ssize_t n, Py_ssize_t *to, front, name) except -1:
        """Of values that are numbered, each is looked up once."""
        cdef Py_ssize_t *known = <Py_ssize_t *> PyMem_Calloc(len(<list> column.values) + 1, sizeof(Py_ssize_t))
        cdef Py_ssize_t r, code
        if known == NULL:
            raise MemoryError()
        try:
            for r in range(n):
                code = column.codes[r] + 1
                if not known[code]:
                    known[code] = self.odd(column, r, front, name) + 1
                to[r] = known[code] - 1
        finally:
            PyMem_Free(known)
        return 0
