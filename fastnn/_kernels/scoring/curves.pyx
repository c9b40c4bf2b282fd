"""Curves of one number that steps of a front follow: straight lines, polynomials, the normal distribution's quantiles.

Where a normal quantile is taken of what lines give, a last bit makes 1e-9: so the lines round as NumPy's interp does.
"""

from libc.math cimport NAN, fabs, isnan, log, sqrt

from fastnn._kernels.scoring.normal import COEFFICIENTS, MIDDLE, SHIFTS, SPLIT
from fastnn._kernels.scoring.steps cimport interval

cdef double coefficients[6][8]
cdef double split = SPLIT, square = MIDDLE, near = SHIFTS[0], far = SHIFTS[1]
for _row in range(6):
    for _power in range(8):
        coefficients[_row][_power] = COEFFICIENTS[_row, _power]


cdef double curve(const Step *step, double x) noexcept nogil:
    """The mean of two interpolations, from the left and from the right; 0 and 1 at the ends, within a margin (b)."""
    cdef const double *at = step.edges
    cdef const double *to = step.to
    cdef Py_ssize_t last = step.n_edges - 1, i
    cdef double left, right
    if isnan(x):
        return x
    if x - step.b < at[0] if step.b > 0 else x == at[0]:
        return 0.0
    if x + step.b > at[last] if step.b > 0 else x == at[last]:
        return 1.0
    if x < at[0]:
        return to[0]
    if x > at[last]:
        return to[last]
    i = interval(at, step.n_edges, x) - 1       # at[i] <= x, and at[i + 1] is above
    left = to[last] if i == last else line(at[i], at[i + 1], to[i], to[i + 1], x)
    while i > 0 and at[i] == x and at[i - 1] == x:
        i -= 1
    if at[i] < x:
        i += 1                                  # at[i] >= x, and at[i - 1] is below
    right = -to[0] if i == 0 else line(-at[i], -at[i - 1], -to[i], -to[i - 1], -x)
    return 0.5 * (left - right)


cdef inline double line(double x0, double x1, double y0, double y1, double x) noexcept nogil:
    """The straight line through two points, rounded as NumPy's interp does."""
    return (y1 - y0) / (x1 - x0) * (x - x0) + y0


cdef double pieces(const Step *step, double x) noexcept nogil:
    """The polynomial of the interval that x lies in."""
    cdef Py_ssize_t i, k
    cdef const double *c
    cdef double found
    if isnan(x):
        return x
    i = interval(step.edges, step.n_edges, x)
    x -= step.to[i]
    c = step.to + step.n_edges + 1 + i * (step.degree + 1)
    found = c[0]
    for k in range(1, step.degree + 1):
        found = found * x + c[k]
    return found


cdef double normal_quantile(const Step *step, double p) noexcept nogil:
    """Below which a normal number is with probability p, within the bounds a and b."""
    cdef double q = p - 0.5, root, found
    if isnan(p):
        return p
    if not 0 <= p <= 1:
        return NAN
    if fabs(q) <= split:
        found = q * quotient(0, square - q * q)
    elif p == 0 or p == 1:
        found = step.a if p == 0 else step.b
    else:
        root = sqrt(-log(p if q < 0 else 1 - p))
        found = quotient(1, root - near) if root <= far else quotient(2, root - far)
        found = -found if q < 0 else found
    return step.a if found < step.a else step.b if found > step.b else found


cdef inline double quotient(int k, double x) noexcept nogil:
    cdef double over = coefficients[2 * k][7], under = coefficients[2 * k + 1][7]
    cdef int i
    for i in range(6, -1, -1):
        over, under = over * x + coefficients[2 * k][i], under * x + coefficients[2 * k + 1][i]
    return over / under
