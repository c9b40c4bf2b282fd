"""From raw outputs to what was asked for: probabilities, their logarithms, class numbers."""

cimport numpy as cnp
from libc.math cimport exp, fabs, log, log1p
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from fastnn._kernels.native.dtypes cimport dtype_of_tag
from fastnn._kernels.scoring.model cimport (CODES, LARGEST, LOG_PROBABILITY, PROBABILITY, RAW, SOFTMAX, Mode,
                                            Model)
from fastnn._kernels.native.table cimport activation_forward, floating, softmax

cnp.import_array()


cdef object not_finite(floating tag):
    """The error for rows that are not."""
    return ValueError(f"Input X contains NaN, infinity or a value too large for {dtype_of_tag(tag).name}")


cdef Py_ssize_t n_outputs(const Model *model) noexcept nogil:
    """Width of the last layer."""
    return model.stages[model.n_stages - 1].n if model.n_stages else model.dense[model.n_layers - 1].n_out


cdef bint is_flat(const Model *model, Mode mode) noexcept nogil:
    """Whether the result of a row is one number, and results are of shape (n,)."""
    return mode == LARGEST or mode == CODES and (model.output == SOFTMAX or model.binary)


cdef Py_ssize_t n_columns(const Model *model, Mode mode) noexcept nogil:
    """Columns of the result."""
    if is_flat(model, mode):
        return 1
    return 2 if model.binary and mode != RAW else n_outputs(model)


cdef cnp.ndarray result(const Model *model, Mode mode, Py_ssize_t rows, object out, int type_out):
    """A new array for the result, or `out` if that is fit to take it, or None."""
    cdef cnp.npy_intp shape[2]
    cdef int ndim = 1 if is_flat(model, mode) else 2
    shape[0], shape[1] = rows, n_columns(model, mode)
    if out is None:
        return cnp.PyArray_EMPTY(ndim, shape, type_out, 0)
    if not (cnp.PyArray_CheckExact(out) and cnp.PyArray_ISCARRAY(<cnp.ndarray> out)
            and cnp.PyArray_TYPE(<cnp.ndarray> out) == type_out and cnp.PyArray_NDIM(<cnp.ndarray> out) == ndim
            and cnp.PyArray_DIM(<cnp.ndarray> out, 0) == shape[0]
            and (ndim == 1 or cnp.PyArray_DIM(<cnp.ndarray> out, 1) == shape[1])):
        return None
    return <cnp.ndarray> out


cdef void finish(const Model *model, Mode mode, Py_ssize_t rows, Py_ssize_t n, floating *z, Py_ssize_t ld,
                 void *out) noexcept nogil:
    """From the n raw outputs z of each row of a block to its rows of the result."""
    cdef Py_ssize_t r, j
    cdef floating *to = <floating *> out
    cdef int64_t *code = <int64_t *> out
    if (mode == PROBABILITY or mode == CODES) and not model.activated:
        if model.output == SOFTMAX:
            softmax(model.k, rows, n, z, ld)
        elif model.output:
            activation_forward(model.k, model.output, rows, n, <const floating *> z, z, ld)
    for r in range(rows):
        if mode == LARGEST or mode == CODES and model.output == SOFTMAX:
            code[r] = largest(n, z)
        elif mode == CODES:
            for j in range(n):
                code[r * n + j] = z[j] > 0.5
        elif mode == LOG_PROBABILITY and model.activated:
            log_of(n, model.binary, z, to + r * n_columns(model, mode))
        elif mode == LOG_PROBABILITY and model.output == SOFTMAX:
            log_softmax(n, z, to + r * n)
        elif mode == LOG_PROBABILITY and model.binary:
            to[2 * r], to[2 * r + 1] = log_logistic(-z[0]), log_logistic(z[0])
        elif mode == LOG_PROBABILITY:
            for j in range(n):
                to[r * n + j] = log_logistic(z[j])
        elif mode == PROBABILITY and model.binary:
            to[2 * r], to[2 * r + 1] = 1 - z[0], z[0]
        else:
            memcpy(to + r * n, z, n * sizeof(floating))
        z += ld


cdef Py_ssize_t largest(Py_ssize_t n, const floating *z) noexcept nogil:
    """The number of the largest of n values, the first of equal ones."""
    cdef Py_ssize_t best = 0, j
    for j in range(1, n):
        if z[j] > z[best]:
            best = j
    return best


cdef void log_of(Py_ssize_t n, bint binary, const floating *p, floating *out) noexcept nogil:
    """Logarithms of probabilities, or of that of the second of two classes and of the first."""
    cdef Py_ssize_t j
    if binary:
        out[0], out[1] = <floating> log(1 - p[0]), <floating> log(p[0])
        return
    for j in range(n):
        out[j] = <floating> log(p[j])


cdef inline floating log_logistic(floating z) noexcept nogil:
    """log(1 / (1 + e^-z)) without a probability that could round to zero."""
    return <floating> (min(<double> z, 0.0) - log1p(exp(-fabs(<double> z))))


cdef void log_softmax(Py_ssize_t n, const floating *z, floating *out) noexcept nogil:
    cdef double top = z[0], total = 0
    cdef Py_ssize_t j
    for j in range(1, n):
        top = max(top, <double> z[j])
    for j in range(n):
        total += exp(<double> z[j] - top)
    total = top + log(total)
    for j in range(n):
        out[j] = <floating> (z[j] - total)
