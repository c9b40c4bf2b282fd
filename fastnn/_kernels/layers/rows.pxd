"""Stages that are no function of single numbers alone: of a whole row, of two, or with a factor."""

from fastnn._kernels.native.table cimport floating


cdef inline void softmax_backward(Py_ssize_t rows, Py_ssize_t n, const floating *h, floating *d,
                                  Py_ssize_t ld) noexcept nogil:
    """From the gradient d by the outputs h to that by the inputs: h * (d - sum of h * d), row by row."""
    cdef Py_ssize_t _r, j
    cdef floating along
    for _r in range(rows):
        along = 0
        for j in range(n):
            along = along + h[j] * d[j]
        for j in range(n):
            d[j] = h[j] * (d[j] - along)
        h += ld
        d += ld


cdef inline void scale_rows(Py_ssize_t rows, floating factor, const floating *x, floating *y,
                            Py_ssize_t ld) noexcept nogil:
    """y = factor * x, padding included; x may be y."""
    cdef Py_ssize_t i
    for i in range(rows * ld):
        y[i] = factor * x[i]


cdef inline void gain_rows(Py_ssize_t rows, Py_ssize_t n, const floating *gain, const floating *x, Py_ssize_t ldx,
                           floating *to, Py_ssize_t ld, bint add) noexcept nogil:
    """to (+)= gain * x, row by row: outputs forward, and going back what is due to the source."""
    cdef Py_ssize_t r, j
    for r in range(rows):
        if add:
            for j in range(n):
                to[r * ld + j] += gain[j] * x[r * ldx + j]
        else:
            for j in range(n):
                to[r * ld + j] = gain[j] * x[r * ldx + j]


cdef inline void winners(Py_ssize_t rows, Py_ssize_t n, Py_ssize_t size, const floating *x, const floating *y,
                         floating *to, Py_ssize_t ld) noexcept nogil:
    """to = y where x is the largest of its `size` neighbours, the first of equal ones, and 0 elsewhere; to may be y. NaN
    wins."""
    cdef Py_ssize_t r, j, first, best
    cdef floating won
    for r in range(rows):
        first = 0
        while first < n:
            best = first
            for j in range(first + 1, min(first + size, n)):
                if x[r * ld + best] == x[r * ld + best] and not x[r * ld + j] <= x[r * ld + best]:
                    best = j
            won = y[r * ld + best]
            for j in range(first, min(first + size, n)):
                to[r * ld + j] = 0
            to[r * ld + best] = won
            first += size


cdef inline void multiply_rows(Py_ssize_t rows, Py_ssize_t n, const floating *x, Py_ssize_t ldx, const floating *y,
                               Py_ssize_t ldy, floating *to, Py_ssize_t ld, bint add) noexcept nogil:
    """to (+)= x * y, element by element; to may be x."""
    cdef Py_ssize_t r, j
    for r in range(rows):
        for j in range(n):
            to[r * ld + j] = x[r * ldx + j] * y[r * ldy + j] + (to[r * ld + j] if add else 0)


cdef inline double absolute_row(Py_ssize_t n, const floating *h) noexcept nogil:
    """The sum of absolute values."""
    cdef double total = 0
    cdef Py_ssize_t j
    for j in range(n):
        total += abs(h[j])
    return total


cdef inline void add_signs(Py_ssize_t n, floating strength, const floating *h, floating *d) noexcept nogil:
    """d += strength * sign(h)."""
    cdef Py_ssize_t j
    for j in range(n):
        d[j] += strength * <floating> ((h[j] > 0) - (h[j] < 0))
