"""Steps of a front that take a number: over all rows of a block."""

from libc.float cimport DBL_EPSILON as EPSILON
from libc.math cimport NAN, expm1, isnan, log1p


cdef void compute(const Step *step, const double *x, Py_ssize_t n, double *to) noexcept nogil:
    """A step of a number; a choice is written as an integer in the place of a double."""
    cdef Py_ssize_t r
    if step.kind == IMPUTE and isnan(step.a):
        for r in range(n):
            to[r] = step.b if isnan(x[r]) else x[r]
    elif step.kind == IMPUTE:
        for r in range(n):
            to[r] = step.b if x[r] == step.a else x[r]
    elif step.kind == AFFINE:
        for r in range(n):
            to[r] = x[r] * step.a + step.b
    elif step.kind == CLIP:         # NaN stays NaN
        for r in range(n):
            to[r] = step.a if x[r] < step.a else step.b if x[r] > step.b else x[r]
    elif step.kind == ABOVE:
        for r in range(n):
            to[r] = NAN if isnan(x[r]) else x[r] > step.a
    elif step.kind == YEO_JOHNSON:
        for r in range(n):
            to[r] = power_of(x[r], step.a) if x[r] >= 0 else -power_of(-x[r], 2 - step.a)
    elif step.kind == BOX_COX:
        for r in range(n):
            to[r] = power_of(x[r] - 1, step.a) if x[r] > 0 else NAN
    elif step.kind == BIN:
        for r in range(n):
            (<Py_ssize_t *> to)[r] = interval(step, x[r])


cdef double power_of(double x, double power) noexcept nogil:
    """((x + 1) ** power - 1) / power, and its limit where that is no number."""
    return log1p(x) if -EPSILON < power < EPSILON else expm1(power * log1p(x)) / power


cdef Py_ssize_t interval(const Step *step, double x) noexcept nogil:
    """How many edges are at most x."""
    cdef Py_ssize_t low = 0, high = step.n_edges, middle
    while low < high:
        middle = (low + high) // 2
        if step.edges[middle] <= x:
            low = middle + 1
        else:
            high = middle
    return low
