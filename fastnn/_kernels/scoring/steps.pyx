"""Steps of a front that take earlier steps: over all rows of a block."""

from libc.float cimport DBL_EPSILON as EPSILON
from libc.math cimport NAN, expm1, fabs, fmax, fmod, isnan, log1p, sqrt

from fastnn._kernels.scoring.curves cimport curve, normal_quantile, pieces

cdef enum:
    COMPARED = 24               # edges that are compared one by one


cdef bint takes_number(const Step *step) noexcept nogil:
    return step.kind != NUMBER and step.kind != LABEL and step.kind != VALUE


cdef Py_ssize_t refused(const Step *step, const double *x, Py_ssize_t n) noexcept nogil:
    """The first row whose number the step does not take, or -1."""
    cdef Py_ssize_t r
    if step.kind == BIN:            # what is missing lies in no interval
        for r in range(n):
            if isnan(x[r]):
                return r
    elif step.kind == WITHIN:
        for r in range(n):
            if x[r] < step.a or x[r] > step.b:
                return r
    return -1


cdef void compute(const Step *step, const double *numbers, Py_ssize_t n, double *to) noexcept nogil:
    """A step of one number or several; a choice is an integer in the place of a double.

    ``numbers`` are those of all steps, n of each.
    """
    cdef const double *x = numbers + step.source * n
    cdef Py_ssize_t r
    if step.n_more or step.kind == SUM or step.kind == INVERSE_NORM or step.kind == PRODUCT:
        combine(step, numbers, n, to)
    elif step.kind == IMPUTE and isnan(step.a):
        for r in range(n):
            to[r] = step.b if isnan(x[r]) else x[r]
    elif step.kind == IMPUTE:
        for r in range(n):
            to[r] = step.b if x[r] == step.a else x[r]
    elif step.kind == AFFINE:
        for r in range(n):
            to[r] = x[r] * step.a + step.b
    elif step.kind == DIVIDE:
        for r in range(n):
            to[r] = x[r] / step.a
    elif step.kind == CLIP:         # NaN stays NaN
        for r in range(n):
            to[r] = step.a if x[r] < step.a else step.b if x[r] > step.b else x[r]
    elif step.kind == SMOOTH_CLIP:
        for r in range(n):
            to[r] = x[r] / sqrt(1 + (x[r] / step.a) * (x[r] / step.a))
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
        intervals(step, x, n, <Py_ssize_t *> to)
    elif step.kind == VALUE:
        for r in range(n):
            to[r] = step.edges[(<const Py_ssize_t *> x)[r]]
    elif step.kind == WITHIN:
        for r in range(n):
            to[r] = x[r]
    elif step.kind == WRAP:
        for r in range(n):
            to[r] = wrapped(x[r], step.a, step.b)
    else:
        for r in range(n):
            to[r] = (curve(step, x[r]) if step.kind == QUANTILE else pieces(step, x[r]) if step.kind == PIECEWISE
                     else normal_quantile(step, x[r]))


cdef void combine(const Step *step, const double *numbers, Py_ssize_t n, double *to) noexcept nogil:
    """A step of several numbers, one after the other in their order."""
    cdef const double *x = numbers + step.source * n
    cdef Py_ssize_t r
    cdef double coef
    cdef int i
    for r in range(n):
        to[r] = (x[r] * step.edges[0] if step.kind == SUM else x[r] if step.kind == PRODUCT
                 else x[r] * x[r] if step.norm == L2 else fabs(x[r]))
    for i in range(step.n_more):
        x = numbers + step.more[i] * n
        if step.kind == SUM:
            coef = step.edges[i + 1]
            for r in range(n):
                to[r] += x[r] * coef
        elif step.kind == PRODUCT:
            for r in range(n):
                to[r] *= x[r]
        elif step.norm == L2:
            for r in range(n):
                to[r] += x[r] * x[r]
        elif step.norm == L1:
            for r in range(n):
                to[r] += fabs(x[r])
        else:
            for r in range(n):      # NaN stays NaN
                to[r] = NAN if isnan(x[r]) or isnan(to[r]) else fmax(to[r], fabs(x[r]))
    if step.kind == SUM:
        for r in range(n):
            to[r] += step.a
    elif step.kind == INVERSE_NORM:
        for r in range(n):
            coef = sqrt(to[r]) if step.norm == L2 else to[r]
            to[r] = 1.0 if coef < 10 * EPSILON else 1.0 / coef


cdef double power_of(double x, double power) noexcept nogil:
    """((x + 1) ** power - 1) / power, and its limit where that is no number."""
    return log1p(x) if -EPSILON < power < EPSILON else expm1(power * log1p(x)) / power


cdef double wrapped(double x, double low, double period) noexcept nogil:
    """x less as many periods as bring it to low or above, and below low + period."""
    cdef double over = fmod(x - low, period)
    return low + (over + period if over < 0 else over)


cdef void intervals(const Step *step, const double *x, Py_ssize_t n, Py_ssize_t *to) noexcept nogil:
    """How many edges are at most each x: all of a few are compared, which needs no branch."""
    cdef Py_ssize_t r, i
    cdef double edge
    if step.n_edges > COMPARED:
        for r in range(n):
            to[r] = interval(step.edges, step.n_edges, x[r])
        return
    for r in range(n):
        to[r] = 0
    for i in range(step.n_edges):
        edge = step.edges[i]
        for r in range(n):
            to[r] += edge <= x[r]


cdef Py_ssize_t interval(const double *edges, Py_ssize_t n, double x) noexcept nogil:
    """How many edges are at most x."""
    cdef Py_ssize_t low = 0, high = n, middle
    while low < high:
        middle = (low + high) // 2
        if edges[middle] <= x:
            low = middle + 1
        else:
            high = middle
    return low
