"""Stream: sequences that come a few steps at a time, each row with a state that it is left with.

The network's stages see one step. A row of its input is the step's numbers and then the row's state, which the recurrent
stages overwrite where it lies (layers/carry.pxd), so that the next step finds it there.
"""

cimport numpy as cnp
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.string cimport memcpy, memset

from fastnn._kernels.layers.carry cimport state_size
from fastnn._kernels.native.dtypes cimport FLOAT64, item_size
from fastnn._kernels.native.platform cimport fastnn_flush_denormals, fastnn_restore_denormals
from fastnn._kernels.native.table cimport finite, floating
from fastnn._kernels.scoring.model cimport BLOCK, PROBABILITY, RAW, Mode, Model
from fastnn._kernels.scoring.results cimport finish, n_columns, n_outputs, not_finite
from fastnn._kernels.scoring.score cimport stages_forward
from fastnn._kernels.scoring.scorer cimport Scorer
from fastnn._kernels.scoring.scratch cimport input_stride, rows_size, scratch_size

cnp.import_array()

cdef enum:
    STACK_BYTES = 32768
    RELEASE_WORK = 1 << 20      # multiply-adds, as in scorer.pyx


cdef struct Piece:      # of some sequences
    Py_ssize_t rows, steps, width
    const void *x       # (rows, steps, width), of the model's dtype or, if x_other, of the other one
    bint x_other
    const void *before  # (rows, n_state), or NULL: zeros
    void *after
    void *out           # (steps, rows, columns)


cdef class Stream:
    """Steps of sequences through a Scorer.

    Parameters
    ----------
    scorer : Scorer
        Of stages with `places` = 1; those that recur have their states behind the step's `width` numbers.
    width : int
        Numbers of a step.
    probabilities : bool
        Whether outputs go through the output activation.
    """

    cdef Scorer scorer
    cdef Mode mode
    cdef readonly Py_ssize_t width, n_state

    def __cinit__(self, Scorer scorer, Py_ssize_t width, bint probabilities):
        self.scorer, self.width, self.mode = scorer, width, PROBABILITY if probabilities else RAW
        self.n_state = scorer.n_in - width
        if scorer.calls_python:
            raise TypeError("a network with a CustomActivation cannot be asked step by step")

    def __call__(self, X, state):
        """Outputs of X and the states after it.

        X (width,), (rows, width) or (rows, steps, width) and the states before (n_state,) or (rows, n_state), or None,
        are C-contiguous ndarrays of float32 or float64, the latter of the network's dtype. Outputs have the columns in
        the place of the width, of several steps they are (steps, rows, columns). NotImplemented for all else; ValueError
        if a number is not finite.
        """
        cdef int own = self.scorer.plan.dtype.type_number
        cdef Piece piece
        cdef cnp.npy_intp shape[3]
        if not is_plain(X):
            return NotImplemented
        cdef cnp.ndarray x = <cnp.ndarray> X
        cdef int ndim = cnp.PyArray_NDIM(x)
        if not 1 <= ndim <= 3 or cnp.PyArray_DIM(x, ndim - 1) != self.width:
            return NotImplemented
        piece.rows, piece.steps, piece.width = cnp.PyArray_DIM(x, 0) if ndim > 1 else 1, 1, self.width
        if ndim == 3:
            piece.steps = cnp.PyArray_DIM(x, 1)
        piece.x, piece.x_other, piece.before = cnp.PyArray_DATA(x), cnp.PyArray_TYPE(x) != own, NULL
        if state is not None:
            if not self.takes(state, own, ndim, piece.rows):
                return NotImplemented
            piece.before = cnp.PyArray_DATA(<cnp.ndarray> state)
        shape[0], shape[1], shape[2] = piece.steps, piece.rows, n_columns(&self.scorer.model, self.mode)
        cdef cnp.ndarray out = cnp.PyArray_EMPTY(ndim, shape + 3 - ndim, own, 0)
        shape[1], shape[2] = piece.rows, self.n_state
        cdef cnp.ndarray after = cnp.PyArray_EMPTY(min(ndim, 2), shape + 3 - min(ndim, 2), own, 0)
        piece.out, piece.after = cnp.PyArray_DATA(out), cnp.PyArray_DATA(after)
        if self.scorer.plan.dtype.number == FLOAT64:
            run(self, &piece, <double> 0)
        else:
            run(self, &piece, <float> 0)
        return out, after

    cdef bint takes(self, object state, int own, int ndim, Py_ssize_t rows):
        """Whether something is the states of so many rows, of X of so many dimensions."""
        if not is_plain(state) or cnp.PyArray_TYPE(<cnp.ndarray> state) != own:
            return False
        cdef cnp.ndarray s = <cnp.ndarray> state
        if cnp.PyArray_NDIM(s) != min(ndim, 2) or ndim > 1 and cnp.PyArray_DIM(s, 0) != rows:
            return False
        return cnp.PyArray_DIM(s, cnp.PyArray_NDIM(s) - 1) == self.n_state


cdef bint is_plain(object array):
    """Whether something is an array of floats that is read where it lies."""
    if not cnp.PyArray_CheckExact(array) or not cnp.PyArray_ISCARRAY_RO(<cnp.ndarray> array):
        return False
    cdef int kind = cnp.PyArray_TYPE(<cnp.ndarray> array)
    return kind == cnp.NPY_FLOAT or kind == cnp.NPY_DOUBLE


def state_sizes(Scorer scorer):
    """How many numbers each stage of a Scorer carries, without those of a mean."""
    return [state_size(&scorer.plan.stages[t]) for t in range(scorer.plan.n_stages)]


cdef int run(Stream self, const Piece *piece, floating tag) except -1:
    cdef char stack[STACK_BYTES]
    cdef void *scratch = <void *> ((<size_t> &stack[0] + 63) & ~<size_t> 63)
    cdef void *heap = NULL
    cdef const Model *model = &self.scorer.model
    cdef bint sound = finite(model.k, piece.x, piece.x_other, piece.rows * piece.steps * piece.width, tag)
    if not sound or piece.before != NULL and not finite(model.k, piece.before, False, piece.rows * self.n_state, tag):
        raise not_finite(tag)
    cdef size_t size = scratch_size(model, False, min(piece.rows, <Py_ssize_t> BLOCK), tag) * sizeof(floating)
    if size > STACK_BYTES - 64:
        heap = PyMem_RawMalloc(size + 64)
        if heap == NULL:
            raise MemoryError()
        scratch = <void *> ((<size_t> heap + 63) & ~<size_t> 63)
    if piece.rows * piece.steps * self.scorer.work < RELEASE_WORK:
        take_steps(model, self.mode, piece, self.n_state, <floating *> scratch)
    else:
        with nogil:
            take_steps(model, self.mode, piece, self.n_state, <floating *> scratch)
    PyMem_RawFree(heap)
    return 0


cdef void take_steps(const Model *model, Mode mode, const Piece *piece, Py_ssize_t n_state,
                     floating *scratch) noexcept nogil:
    """All steps of some rows, then those of the next ones."""
    cdef unsigned long long float_state = fastnn_flush_denormals()
    cdef Py_ssize_t block = min(piece.rows, <Py_ssize_t> BLOCK), first = 0, n, step, r, ldx = piece.steps * piece.width
    cdef Py_ssize_t ld = input_stride(model, <floating> 0), unit = item_size(piece.x_other, <floating> 0)
    cdef floating *prepared = scratch
    cdef floating *rows = scratch + rows_size(model, block)
    cdef floating *free = rows + block * ld
    cdef floating *z
    cdef floating *state
    while first < piece.rows:
        n = min(block, piece.rows - first)
        memset(rows, 0, n * ld * sizeof(floating))
        for r in range(n if piece.before != NULL else 0):
            memcpy(rows + r * ld + piece.width, <const floating *> piece.before + (first + r) * n_state,
                   n_state * sizeof(floating))
        for step in range(piece.steps):
            for r in range(n):
                put(piece, <const char *> piece.x + ((first + r) * ldx + step * piece.width) * unit, rows + r * ld)
            z = stages_forward(model, n, <const floating *> rows, ld, NULL, prepared, free)
            finish(model, mode, n, n_outputs(model), z, model.stages[model.n_stages - 1].ld,
                   <floating *> piece.out + (step * piece.rows + first) * n_columns(model, mode))
        state = <floating *> piece.after + first * n_state
        for r in range(n):
            memcpy(state + r * n_state, rows + r * ld + piece.width, n_state * sizeof(floating))
        first += n
    fastnn_restore_denormals(float_state)


cdef inline void put(const Piece *piece, const void *x, floating *row) noexcept nogil:
    """The numbers of a step, in the model's dtype."""
    cdef Py_ssize_t i
    if not piece.x_other:
        memcpy(row, x, piece.width * sizeof(floating))
        return
    for i in range(piece.width):
        if floating is float:
            row[i] = <float> (<const double *> x)[i]
        else:
            row[i] = <double> (<const float *> x)[i]
