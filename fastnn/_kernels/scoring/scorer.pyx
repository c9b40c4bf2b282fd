"""Scorer: an immutable packed network that turns rows into outputs in one call."""

cimport numpy as cnp
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_RawFree, PyMem_RawMalloc

from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.packing cimport pack
from fastnn._kernels.layers.plan cimport Plan
from fastnn._kernels.native.platform cimport fastnn_max_threads
from fastnn._kernels.scoring.results cimport n_columns
from fastnn._kernels.scoring.model cimport (BLOCK, CODES, LOG_PROBABILITY, PROBABILITY, RAW, SOFTMAX, Input, Mode,
                                            Model)
from fastnn._kernels.scoring.score cimport score_checked, scratch_size, shares_columns
from fastnn._kernels.layers.sparse cimport SparseRows
from fastnn._kernels.native.table cimport finite, floating

import numpy as np

from fastnn._kernels.native import table
from fastnn._kernels.layers.specs import block_specs
from fastnn._kernels.training.workspace import aligned_zeros

cnp.import_array()

cdef enum:
    STACK_BYTES = 32768         # scratch up to this size lies on the stack: a row or a few allocate nothing
    RELEASE_WORK = 1 << 20      # multiply-adds, some ten microseconds: below, giving up the interpreter costs more
    THREAD_WORK = 1 << 20       # multiply-adds a thread, some ten microseconds: below, one thread is faster
    # the same where threads share out columns: weights to read; a row costs as much as reading a sixteenth of them
    COLUMN_WORK = 1 << 16


THREAD_MULTIPLY_ADDS = THREAD_WORK

cdef object _automatic_n_threads = None
cdef int _most_threads = 0     # 0: not asked yet


def set_automatic_n_threads(function):
    """Set what decides, once, the number of threads for n_threads=0: fastnn.threads, which this layer must not import."""
    global _automatic_n_threads, _most_threads
    _automatic_n_threads, _most_threads = function, 0


cdef int automatic_n_threads() except -1:
    global _most_threads
    if _most_threads == 0:
        _most_threads = 1 if _automatic_n_threads is None else _automatic_n_threads()
    return min(_most_threads, fastnn_max_threads())     # which may change from call to call


cdef class Scorer:
    """A network's weights, packed once and never changed.

    Parameters
    ----------
    weights : list of ndarray of shape (n_in, n_out)
    biases : list of ndarray of shape (n_out,)
    activations : list of str
        One per layer; the last must be "identity".
    output_activation : {"identity", "softmax", "logistic", "exp"}
    dtype : {"float32", "float64"}
    two_column : bool
        The one logistic output stands for two classes.
    isa : str or None
    norms : list of None or (gain, shift, epsilon)
        Layer normalisation of each hidden layer, ahead of its activation; default none.
    skips : list of None, "identity" or (matrix, bias or None)
        What of its input is added to each hidden layer's output; default nothing.

    Notes
    -----
    The methods take ``(X, out=None, n_threads=0, check_finite=True)``: X one row or rows, a C-contiguous ndarray of
    float32 or float64, or a CSR matrix of them; n_threads the most to use, 0 for as many as the machine has, small
    work staying on one. They return NotImplemented, having done nothing, for any X or out they do not read in place,
    and raise ValueError if X is not finite and that is checked.
    """

    cdef Plan plan
    cdef Model model
    cdef Dense *dense
    cdef object packed
    cdef readonly Py_ssize_t n_in, n_out
    cdef double work

    def __cinit__(self, weights, biases, activations, output_activation, dtype, bint two_column=False, str isa=None,
                  norms=(), skips=()):
        sizes = [weights[0].shape[0], *(w.shape[1] for w in weights)]
        self.n_in, self.n_out = sizes[0], sizes[len(weights)]
        if two_column and (output_activation != "logistic" or self.n_out != 1):
            raise ValueError("two_column needs a single logistic output")
        for w, b, n_in, n_out in zip(weights, biases, sizes, sizes[1:]):
            if w.shape != (n_in, n_out) or b.shape != (n_out,):
                raise ValueError(f"weights {w.shape} and biases {b.shape} do not fit a layer {n_in}-{n_out}")
        numbers = {name: number for name, (number, _) in table.activations().items()}
        specs, blocks = block_specs(weights, biases, [numbers[name] for name in activations], norms, skips)
        self.plan = Plan(self.n_in, specs, np.dtype(dtype) == np.float64, isa)
        params = np.concatenate([np.ravel(block) for block in blocks]).astype(dtype)
        self.packed = aligned_zeros(self.plan.n_packed, dtype)
        self.model.k, self.model.n_in, self.model.n_layers = self.plan.k, self.n_in, self.plan.n_layers
        self.model.output, self.model.binary = table.output_number(output_activation), two_column
        self.dense = <Dense *> PyMem_Calloc(self.plan.n_layers, sizeof(Dense))
        if self.dense == NULL:
            raise MemoryError()
        self.model.dense = self.dense
        cdef void *to = address(self.packed, "d" if self.plan.f64 else "f", True)
        self.model.n_stages, self.model.stages = 0 if self.plan.chain else self.plan.n_stages, self.plan.stages
        self.model.packed, self.model.wants_rows = to, self.plan.wants_rows
        if self.plan.f64:
            pack(self.plan, <const double *> address(params, "d", False), <double *> to)
        else:
            pack(self.plan, <const float *> address(params, "f", False), <float *> to)
        self.packed.flags.writeable = False
        for i in range(self.plan.n_layers):
            self.dense[i] = self.plan.bind(i, to)
        self.work = <double> self.plan.n_params

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


cdef object score(Scorer self, Mode mode, object X, object out, int n_threads, bint check_finite):
    cdef cnp.ndarray x
    cdef int type_in, type_out = cnp.NPY_DOUBLE if self.plan.f64 else cnp.NPY_FLOAT
    cdef Py_ssize_t rows
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
    cdef cnp.ndarray to = result(self, mode, rows, out, cnp.NPY_INT64 if mode == CODES else type_out)
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
    cdef int type_out = cnp.NPY_DOUBLE if self.plan.f64 else cnp.NPY_FLOAT
    cdef cnp.ndarray to = result(self, mode, rows, out, cnp.NPY_INT64 if mode == CODES else type_out)
    if to is None:
        return NotImplemented
    cdef SparseRows x = SparseRows(X, np.float64 if self.plan.f64 else np.float32)
    cdef Py_ssize_t pairs = x.most_pairs(NULL, rows, max(rows, 1), max(rows, 1))
    cdef Input source
    source.x, source.x_other, source.ldx, source.csr = x.values(), False, 0, &x.csr
    cdef double first_layer = self.dense[0].n_in * self.dense[0].n_out
    if rows:
        start(self, mode, &source, rows, pairs, cnp.PyArray_DATA(to), n_threads, check_finite,
              rows * (self.work - first_layer) + <double> pairs * self.dense[0].n_out)
    return to


cdef cnp.ndarray result(Scorer self, Mode mode, Py_ssize_t rows, object out, int type_out):
    """A new array for the result, or `out` if that is fit to take it, or None."""
    cdef cnp.npy_intp shape[2]
    cdef int ndim = 1 if mode == CODES and (self.model.output == SOFTMAX or self.model.binary) else 2
    shape[0], shape[1] = rows, n_columns(&self.model, mode)
    if out is None:
        return cnp.PyArray_EMPTY(ndim, shape, type_out, 0)
    if not (cnp.PyArray_CheckExact(out) and cnp.PyArray_ISCARRAY(<cnp.ndarray> out)
            and cnp.PyArray_TYPE(<cnp.ndarray> out) == type_out and cnp.PyArray_NDIM(<cnp.ndarray> out) == ndim
            and cnp.PyArray_DIM(<cnp.ndarray> out, 0) == shape[0]
            and (ndim == 1 or cnp.PyArray_DIM(<cnp.ndarray> out, 1) == shape[1])):
        return None
    return <cnp.ndarray> out


cdef int start(Scorer self, Mode mode, const Input *x, Py_ssize_t rows, Py_ssize_t n_values, void *out,
               int n_threads, bint check_finite, double work) except -1:
    """The n_values numbers at x.x make up the rows; `work` is the number of multiply-adds, about."""
    if self.plan.f64:
        return run(self, mode, x, rows, n_values, out, n_threads, check_finite, work, <double> 0)
    return run(self, mode, x, rows, n_values, out, n_threads, check_finite, work, <float> 0)


cdef int run(Scorer self, Mode mode, const Input *x, Py_ssize_t rows, Py_ssize_t n_values, void *out, int n_threads,
             bint check_finite, double work, floating tag) except -1:
    cdef char stack[STACK_BYTES]
    cdef void *scratch = <void *> ((<size_t> &stack[0] + 63) & ~<size_t> 63)
    cdef void *heap = NULL
    if check_finite and x.csr != NULL and not finite(self.model.k, x.x, x.x_other, n_values, tag):
        raise not_finite(tag)
    cdef double most = work / THREAD_WORK
    if rows <= BLOCK and shares_columns(&self.model, x):
        most = self.work * (16 + rows) / (16 * COLUMN_WORK)
    elif rows < most:
        most = rows
    if most < 2:
        n_threads = 1
    else:
        n_threads = <int> min(<double> (n_threads if n_threads else automatic_n_threads()), most, 1024.0)
    cdef size_t size = n_threads * scratch_size(&self.model, x.csr != NULL, rows, tag) * sizeof(floating)
    if size > STACK_BYTES - 64:
        heap = PyMem_RawMalloc(size + 64)
        if heap == NULL:
            raise MemoryError()
        scratch = <void *> ((<size_t> heap + 63) & ~<size_t> 63)
    cdef bint sound
    if work < RELEASE_WORK:
        sound = score_checked(&self.model, mode, x, rows, out, <floating *> scratch, n_threads, check_finite)
    else:
        with nogil:
            sound = score_checked(&self.model, mode, x, rows, out, <floating *> scratch, n_threads, check_finite)
    PyMem_RawFree(heap)
    if not sound:
        raise not_finite(tag)
    return 0


cdef object not_finite(floating tag):
    return ValueError("Input X contains NaN, infinity or a value too large for "
                      + ("float64" if floating is double else "float32"))
