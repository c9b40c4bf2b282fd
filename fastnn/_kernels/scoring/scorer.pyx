"""Scorer: an immutable packed network that turns rows into outputs in one call."""

cimport numpy as cnp
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_RawFree, PyMem_RawMalloc

from fastnn._kernels.layers.custom cimport Pairs
from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.packing cimport pack_as
from fastnn._kernels.layers.plan cimport Plan
from fastnn._kernels.layers.reduced_weights cimport take_reduced
from fastnn._kernels.layers.sparse cimport SparseRows
from fastnn._kernels.layers.winograd cimport hasten
from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.dtypes cimport FLOAT64
from fastnn._kernels.native.table cimport finite, floating
from fastnn._kernels.scoring.encoded cimport EncodedRows
from fastnn._kernels.scoring.model cimport (CODES, LARGEST, LOG_PROBABILITY, PROBABILITY, RAW, Input, Mode, Model,
                                            are_numbers)
from fastnn._kernels.scoring.places cimport Places
from fastnn._kernels.scoring.results cimport not_finite, result
from fastnn._kernels.scoring.score cimport score_checked
from fastnn._kernels.scoring.scratch cimport scratch_size
from fastnn._kernels.scoring.statistics cimport n_statistics, pack_statistics
from fastnn._kernels.scoring.threads cimport threads_for

import numpy as np

from fastnn._kernels.native import table
from fastnn._kernels.native.buffers import aligned_zeros

cnp.import_array()

cdef enum:
    STACK_BYTES = 32768         # scratch up to this size lies on the stack: a row or a few allocate nothing
    RELEASE_WORK = 1 << 20      # multiply-adds, some ten microseconds: below, giving up the interpreter costs more


cdef class Scorer:
    """A network's weights, packed once and never changed.

    Parameters
    ----------
    n_in : int
    stages : list of StageSpec
        At least one of them dense; the outputs of the last one are the raw outputs.
    arrays : list of ndarray
        In the order of the parameter vector: coefs, intercepts, gain and shift of every norm; then mean and variance of
        every batch norm.
    output_activation : {"identity", "softmax", "logistic", "exp"}
    dtype : {"float32", "float64"}
    two_column : bool
        The one logistic output stands for two classes.
    isa : str or None
    functions : list of (f, df)
        What the "custom" stages compute, in their order. They are called with the interpreter, on one thread.
    activated : bool
        The stages have applied the output activation already: it says what the raw outputs are.
    reduced : sequence of ReducedWeights or None, for each stage with a matrix; of float32 alone

    Notes
    -----
    The methods take ``(X, out=None, n_threads=0, check_finite=True)``: X one row or rows, a C-contiguous ndarray of
    float32 or float64, or a CSR matrix of them, its indices sorted and distinct, or EncodedRows; n_threads the most to
    use, 0 for as many as the machine has, small work staying on one. They return NotImplemented, having done nothing,
    for any X or out they do not read in place, and raise ValueError if X is not finite and that is checked.
    """

    def __cinit__(self, Py_ssize_t n_in, stages, arrays, output_activation, dtype, bint two_column=False, str isa=None,
                  functions=(), bint activated=False, reduced=()):
        self.plan = Plan(n_in, stages, dtype, isa)
        self.n_in, self.n_out = n_in, self.plan.stages[self.plan.n_stages - 1].n
        self.functions, self.calls_python = tuple(functions), len(functions) > 0
        if two_column and (output_activation != "logistic" or self.n_out != 1):
            raise ValueError("two_column needs a single logistic output")
        numbers = np.concatenate([array.reshape(-1) for array in arrays], dtype=dtype, casting="unsafe")
        if len(numbers) != self.plan.n_params + n_statistics(self.plan) or self.plan.n_layers == 0:
            raise ValueError(f"{len(numbers)} numbers do not fit stages that have {self.plan.n_params} and statistics")
        self.reduced = tuple(reduced)
        cdef bint packs = not self.reduced or not self.plan.chain or any(w is None or w.slices for w in self.reduced)
        self.packed = aligned_zeros(self.plan.n_packed if packs else 0, dtype)
        self.model.k, self.model.n_in, self.model.n_layers = self.plan.k, self.n_in, self.plan.n_layers
        self.model.output, self.model.binary = table.output_number(output_activation), two_column
        self.model.activated = activated
        self.dense = <Dense *> PyMem_Calloc(self.plan.n_layers, sizeof(Dense))
        if self.dense == NULL:
            raise MemoryError()
        self.model.dense = self.dense
        cdef void *to = address(self.packed, self.plan.dtype.format, True)
        self.model.n_stages, self.model.stages = 0 if self.plan.chain else self.plan.n_stages, self.plan.stages
        self.model.packed = to
        self.model.wants_rows = self.plan.wants_rows or any(self.reduced[:1] if self.plan.chain else self.reduced)
        self.quick = hasten(self.plan, stages, arrays)
        if not self.plan.chain:
            self.places = Places(self.plan)
            self.places.lend(&self.model)
        if packs:
            pack_as(self.plan, address(numbers, self.plan.dtype.format, False), to)
            pack_statistics(self.plan, numbers[self.plan.n_params:], self.packed)
        self.packed.flags.writeable = False
        for i in range(self.plan.n_layers):
            self.dense[i] = self.plan.bind(i, to)
        take_reduced(self.dense, self.plan.n_layers, self.plan.dtype.number, self.reduced)
        self.work = max(<double> self.plan.n_params, self.plan.row_work)

    def __dealloc__(self):
        PyMem_Free(self.dense)

    def __reduce__(self):
        raise TypeError("a Scorer is rebuilt from the weights it was made of, not pickled")

    def raw(self, X, out=None, int n_threads=0, bint check_finite=True):
        """Outputs of the last layer, (n, n_out)."""
        return score(self, RAW, X, out, n_threads, check_finite)

    def proba(self, X, out=None, int n_threads=0, bint check_finite=True):
        """Probabilities or predicted values, (n, n_out), or (n, 2) if two_column."""
        return score(self, PROBABILITY, X, out, n_threads, check_finite)

    def log_proba(self, X, out=None, int n_threads=0, bint check_finite=True):
        """Logarithms of the probabilities."""
        return score(self, LOG_PROBABILITY, X, out, n_threads, check_finite)

    def codes(self, X, out=None, int n_threads=0, bint check_finite=True):
        """Class numbers (n,) of int64, or an indicator of labels (n, n_out)."""
        return score(self, CODES, X, out, n_threads, check_finite)

    def largest(self, X, out=None, int n_threads=0, bint check_finite=True):
        """Number of the largest output of the last layer (n,) of int64, the first of equal ones."""
        return score(self, LARGEST, X, out, n_threads, check_finite)


cdef object score(Scorer self, Mode mode, object X, object out, int n_threads, bint check_finite):
    cdef cnp.ndarray x
    cdef int type_in, type_out = self.plan.dtype.type_number
    cdef Py_ssize_t rows
    if type(X) is EncodedRows:
        return score_encoded(self, mode, X, out, n_threads, check_finite)
    if not cnp.PyArray_CheckExact(X):
        return score_sparse(self, mode, X, out, n_threads, check_finite)
    x = <cnp.ndarray> X
    type_in = cnp.PyArray_TYPE(x)
    if not (cnp.PyArray_ISCARRAY_RO(x) and (type_in == cnp.NPY_FLOAT or type_in == cnp.NPY_DOUBLE)):
        return NotImplemented
    if cnp.PyArray_NDIM(x) == 2 and cnp.PyArray_DIM(x, 1) == self.n_in:
        rows = cnp.PyArray_DIM(x, 0)
    elif cnp.PyArray_NDIM(x) == 1 and cnp.PyArray_DIM(x, 0) == self.n_in:
        rows = 1
    else:
        return NotImplemented
    cdef cnp.ndarray to = result(&self.model, mode, rows, out, cnp.NPY_INT64 if are_numbers(mode) else type_out)
    if to is None:
        return NotImplemented
    cdef Input source
    source.x, source.x_other, source.ldx, source.csr = cnp.PyArray_DATA(x), type_in != type_out, self.n_in, NULL
    if rows:
        start(self, mode, &source, rows, rows * self.n_in, cnp.PyArray_DATA(to), n_threads, check_finite,
              rows * self.work)
    return to


cdef object score_sparse(Scorer self, Mode mode, object X, object out, int n_threads, bint check_finite):
    if getattr(X, "format", None) != "csr" or X.ndim != 2 or X.shape[1] != self.n_in:
        return NotImplemented
    if X.dtype != np.float32 and X.dtype != np.float64:
        return NotImplemented
    cdef Py_ssize_t rows = X.shape[0]
    cdef int type_out = self.plan.dtype.type_number
    cdef cnp.ndarray to = result(&self.model, mode, rows, out, cnp.NPY_INT64 if are_numbers(mode) else type_out)
    if to is None:
        return NotImplemented
    cdef SparseRows x = SparseRows(X, self.plan.dtype.numpy)
    cdef Py_ssize_t pairs = x.most_pairs(NULL, rows, max(rows, 1), max(rows, 1))
    if not X.has_canonical_format:      # sums run in the order of the pairs; asked of indices that lie within X
        return NotImplemented
    cdef Input source
    source.x, source.x_other, source.ldx, source.csr = x.values(), False, 0, &x.csr
    cdef double first_layer = self.dense[0].n_in * self.dense[0].n_out
    if rows:
        start(self, mode, &source, rows, pairs, cnp.PyArray_DATA(to), n_threads, check_finite,
              rows * (self.work - first_layer) + <double> pairs * self.dense[0].n_out)
    return to


cdef object score_encoded(Scorer self, Mode mode, EncodedRows rows, object out, int n_threads, bint check_finite):
    if rows.n_features != self.n_in or rows.wide != (self.plan.dtype.number == FLOAT64):
        return NotImplemented
    cdef int type_out = self.plan.dtype.type_number
    cdef cnp.ndarray to = result(&self.model, mode, rows.n_rows, out, cnp.NPY_INT64 if are_numbers(mode) else type_out)
    if to is None:
        return NotImplemented
    cdef Py_ssize_t pairs = rows.n_rows * rows.n_pairs
    cdef double first_layer = self.dense[0].n_in * self.dense[0].n_out
    cdef Input source
    source.x, source.x_other, source.ldx, source.csr = rows.values, False, 0, &rows.csr
    if rows.n_rows:
        start(self, mode, &source, rows.n_rows, pairs, cnp.PyArray_DATA(to), n_threads, check_finite,
              rows.n_rows * (self.work - first_layer) + <double> pairs * self.dense[0].n_out)
    return to


cdef int start(Scorer self, Mode mode, const Input *x, Py_ssize_t rows, Py_ssize_t n_values, void *out,
               int n_threads, bint check_finite, double work) except -1:
    """The n_values numbers at x.x make up the rows; `work` is the number of multiply-adds, about."""
    if self.plan.dtype.number == FLOAT64:
        return run(self, mode, x, rows, n_values, out, n_threads, check_finite, work, <double> 0)
    return run(self, mode, x, rows, n_values, out, n_threads, check_finite, work, <float> 0)


cdef int run(Scorer self, Mode mode, const Input *x, Py_ssize_t rows, Py_ssize_t n_values, void *out, int n_threads,
             bint check_finite, double work, floating tag) except -1:
    cdef char stack[STACK_BYTES]
    cdef void *scratch = <void *> ((<size_t> &stack[0] + 63) & ~<size_t> 63)
    cdef void *heap = NULL
    if check_finite and x.csr != NULL and not finite(self.model.k, x.x, x.x_other, n_values, tag):
        raise not_finite(tag)
    n_threads = 1 if self.calls_python else threads_for(&self.model, x, rows, work, self.work, n_threads)
    cdef size_t size = n_threads * scratch_size(&self.model, x.csr != NULL, rows, tag) * sizeof(floating)
    if size > STACK_BYTES - 64:
        heap = PyMem_RawMalloc(size + 64)
        if heap == NULL:
            raise MemoryError()
        scratch = <void *> ((<size_t> heap + 63) & ~<size_t> 63)
    cdef bint sound
    cdef Pairs pairs = None
    cdef Model with_pairs
    cdef const Model *model = &self.model
    if self.calls_python:
        pairs = Pairs(self.functions)
        with_pairs = self.model
        with_pairs.custom = pairs.pointers
        model = &with_pairs
    if work < RELEASE_WORK:
        sound = score_checked(model, mode, x, rows, out, <floating *> scratch, n_threads, check_finite)
    else:
        with nogil:
            sound = score_checked(model, mode, x, rows, out, <floating *> scratch, n_threads, check_finite)
    PyMem_RawFree(heap)
    if self.calls_python:
        pairs.raise_error()
    if not sound:
        raise not_finite(tag)
    return 0
