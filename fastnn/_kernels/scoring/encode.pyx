"""Encoder: what users hand in as rows, numbers and labels mixed, becomes pairs of a feature and a value.

The steps of a front (fastnn/model/front.py) run one after the other, each over all rows of a block. A row has as many
pairs as there are emits: a number is the value of its feature, a choice is a 1 at the feature that was chosen. Nothing
depends on the other rows. Where there are few features for the pairs, the rows are written out instead. All of it
holds the interpreter: most of the work is looking at Python's objects.
"""

cimport numpy as cnp
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc
from cpython.object cimport PyObject
from libc.float cimport DBL_MAX

from fastnn._kernels.scoring.cells cimport Column, cell, cell_number, cell_row, check_codes, check_text
from fastnn._kernels.scoring.emits cimport Emit, emit_dense, emit_pair
from fastnn._kernels.scoring.encoded cimport EncodedRows, encoded_rows
from fastnn._kernels.scoring.lookups cimport Lookup
from fastnn._kernels.scoring.program cimport read_step
from fastnn._kernels.scoring.steps cimport BIN, LABEL, NUMBER, Step, compute, refused, takes_number

cnp.import_array()

cdef extern from *:
    """
    #define fastnn_list_items(list) (((PyListObject *) (list))->ob_item)
    """
    PyObject **fastnn_list_items(object)

cdef enum:
    FEW = 64                    # columns whose places lie on the stack
    DENSE = 4                   # features a pair, up to which products of whole rows are quicker than those of pairs

cdef class Encoder:
    """The program of a front.

    Parameters
    ----------
    front : Front
    dtype : {"float32", "float64"}
        Of the values.
    """

    cdef Step *steps
    cdef Emit *emits
    cdef int n_steps, n_emits, n_used
    cdef list lookups           # for each step, the rows of its labels
    cdef list keep
    cdef object front
    cdef tuple used
    cdef bint wide              # float64
    cdef readonly bint sparse   # whether rows have few pairs for their features
    cdef readonly Py_ssize_t n_features

    def __cinit__(self, front, str dtype):
        cdef dict place = {column: number for number, column in enumerate(front.used)}
        cdef Step *step
        cdef int at = 0
        self.front, self.used, self.wide = front, front.used, dtype == "float64"
        self.n_used, self.n_steps, self.n_emits = len(front.used), len(front.steps), len(front.emits)
        self.n_features, self.lookups, self.keep = front.n_features, [None] * self.n_steps, []
        self.steps = <Step *> PyMem_Calloc(self.n_steps + 1, sizeof(Step))
        self.emits = <Emit *> PyMem_Calloc(self.n_emits + 1, sizeof(Emit))
        if self.steps == NULL or self.emits == NULL:
            raise MemoryError()
        for number, described in enumerate(front.steps):
            step = &self.steps[number]
            read_step(step, described.kind, described.attributes, self.keep)
            if step.kind == LABEL:
                self.lookups[number] = Lookup(described.attributes)
            step.source = place[described.source] if step.kind in (NUMBER, LABEL) else described.source
        for number, emit in enumerate(front.emits):
            self.emits[number].step, self.emits[number].first = emit.step, at
            self.emits[number].scale, self.emits[number].shift = emit.scale, emit.shift
            self.emits[number].choice = front.steps[emit.step].size > 0
            at += front.steps[emit.step].size or 1
        self.sparse = self.n_features > DENSE * self.n_emits

    def __dealloc__(self):
        PyMem_Free(self.steps)
        PyMem_Free(self.emits)

    def __reduce__(self):
        raise TypeError("an Encoder is rebuilt from its front, not pickled")

    def row(self, list values not None):
        """One row: the values of the used columns, in their order."""
        cdef Column few[FEW]
        cdef Column *columns = few
        cdef int c
        if len(values) != self.n_used:
            raise ValueError(f"{len(values)} values for {self.n_used} columns")
        if self.n_used > FEW:
            columns = <Column *> PyMem_Malloc(self.n_used * sizeof(Column))
            if columns == NULL:
                raise MemoryError()
        for c in range(self.n_used):
            columns[c].objects, columns[c].codes, columns[c].begins = fastnn_list_items(values) + c, NULL, NULL
        try:
            return self.encode(columns, 1)
        finally:
            if columns != few:
                PyMem_Free(columns)

    def rows(self, list given not None, Py_ssize_t begin, Py_ssize_t n):
        """Rows begin..begin + n of columns.

        Each is a list, a contiguous array of objects or float64, a tuple of such an array of int32, with -1 for what
        is missing, and the list of values that it numbers, or a tuple of Arrow's text: where each begins, with the
        end of the last one, the bytes, and whether each is there, or None.
        """
        cdef Column *columns = <Column *> PyMem_Calloc(self.n_used + 1, sizeof(Column))
        cdef int c
        if columns == NULL:
            raise MemoryError()
        try:
            for c in range(self.n_used):
                cells = given[c]
                if type(cells) is tuple and len(cells) == 3:
                    self.text_of(cells, begin, n, &columns[c])
                    continue
                if type(cells) is tuple:
                    columns[c].values, cells = <PyObject *> (<list?> cells[1]), cells[0]
                    check_codes(cells, begin, n, len(given[c][1]))
                if len(cells) < begin + n:
                    raise ValueError(f"a column has {len(cells)} cells for {begin + n} rows")
                if type(cells) is list:
                    columns[c].objects = fastnn_list_items(cells) + begin
                elif columns[c].values != NULL:
                    columns[c].codes = <const int *> cnp.PyArray_DATA(<cnp.ndarray> cells) + begin
                elif cnp.PyArray_TYPE(<cnp.ndarray?> cells) == cnp.NPY_DOUBLE:
                    columns[c].numbers = <const double *> cnp.PyArray_DATA(<cnp.ndarray> cells) + begin
                elif cnp.PyArray_TYPE(<cnp.ndarray> cells) == cnp.NPY_OBJECT:
                    columns[c].objects = <PyObject **> cnp.PyArray_DATA(<cnp.ndarray> cells) + begin
                else:
                    raise TypeError(f"a column of dtype {cells.dtype}")
            return self.encode(columns, n)
        finally:
            PyMem_Free(columns)

    cdef int text_of(self, tuple cells, Py_ssize_t begin, Py_ssize_t n, Column *column) except -1:
        begins, text, there = cells
        check_text(begins, text, there, begin, n)
        column.begins = <const long long *> cnp.PyArray_DATA(<cnp.ndarray> begins) + begin
        column.text = <const char *> cnp.PyArray_DATA(<cnp.ndarray> text)
        if there is not None:
            column.there = <const unsigned char *> cnp.PyArray_DATA(<cnp.ndarray> there) + begin
        return 0

    cdef object encode(self, const Column *columns, Py_ssize_t n):
        """EncodedRows, or an array (n, n_features) where that is not much more."""
        cdef double *numbers = <double *> PyMem_Malloc((self.n_steps * n + 1) * sizeof(double))
        cdef Lookup lookup
        cdef int s, source
        if numbers == NULL:
            raise MemoryError()
        try:
            for s in range(self.n_steps):
                if self.steps[s].kind == NUMBER:
                    self.read_numbers(&self.steps[s], &columns[self.steps[s].source], n, numbers + s * n)
                elif self.steps[s].kind == LABEL:
                    lookup = self.lookups[s]
                    source = self.steps[s].source
                    lookup.read(&columns[source], n, <Py_ssize_t *> (numbers + s * n), self.front, self.used[source])
                else:
                    self.check(&self.steps[s], numbers, n)
                    compute(&self.steps[s], numbers, n, numbers + s * n)
            return self.pairs(numbers, n) if self.sparse else self.dense(numbers, n)
        finally:
            PyMem_Free(numbers)

    cdef object pairs(self, const double *numbers, Py_ssize_t n):
        cdef EncodedRows found = encoded_rows(n, self.n_features, self.n_emits, self.wide)
        cdef int e
        for e in range(self.n_emits):
            emit_pair(&self.emits[e], numbers + self.emits[e].step * n, n, found.indices + e,
                      <char *> found.values + e * (8 if self.wide else 4), self.n_emits, self.wide)
        return found

    cdef object dense(self, const double *numbers, Py_ssize_t n):
        cdef cnp.npy_intp shape[2]
        cdef cnp.ndarray found
        cdef int e
        shape[0], shape[1] = n, self.n_features
        found = cnp.PyArray_ZEROS(2, shape, cnp.NPY_DOUBLE if self.wide else cnp.NPY_FLOAT, 0)
        for e in range(self.n_emits):
            emit_dense(&self.emits[e], numbers + self.emits[e].step * n, n, cnp.PyArray_DATA(found), self.n_features,
                       self.wide)
        return found

    cdef int read_numbers(self, const Step *step, const Column *column, Py_ssize_t n, double *to) except -1:
        cdef Py_ssize_t r
        cdef double least = 0, most = 0
        if column.objects == NULL and column.codes == NULL and column.begins == NULL:
            for r in range(n):
                to[r] = column.numbers[r]
        else:
            for r in range(n):
                to[r] = cell_number(cell(column, r), self.front, self.used[step.source])
        for r in range(n):              # NaN is neither
            least = to[r] if to[r] < least else least
            most = to[r] if to[r] > most else most
        if least < -DBL_MAX or most > DBL_MAX:
            raise ValueError(f"column {self.front.name(self.used[step.source])} holds infinity: replace it first, by None "
                             "where the pipeline fills in what is missing")
        return 0

    cdef int check(self, const Step *step, const double *numbers, Py_ssize_t n) except -1:
        """A ValueError that names the column for a number that the step refuses."""
        cdef const double *x = numbers + step.source * n
        cdef Py_ssize_t row = refused(step, x, n) if takes_number(step) else -1
        cdef const Step *first = step
        if row < 0:
            return 0
        while first.kind not in (NUMBER, LABEL):
            first = &self.steps[first.source]
        column = self.used[first.source]
        if step.kind == BIN:
            cell_row(None, {}, -1, -1, self.front, column)      # raises
        raise ValueError(f"column {self.front.name(column)} gives {x[row]!r}, beyond the knots of a SplineTransformer "
                         "with extrapolation='error': choose another extrapolation to accept it")
