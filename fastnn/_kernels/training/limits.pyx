"""Max-norm: after a step, the weights that lead into a unit are shrunk to a bounded norm."""

from libc.math cimport sqrt

from fastnn._kernels.layers.plan cimport Layer
from fastnn._kernels.layers.renewed cimport renew_panel
from fastnn._kernels.layers.tiles cimport panel_width
from fastnn._kernels.training.sweep cimport Sweep
from fastnn._kernels.native.table cimport floating, lanes


cdef void limit_norms(Sweep *s, int thread, int team, floating tag) noexcept nogil:
    """Shrinks each unit's incoming weights to norm max_norm; panels are shared out, a column belongs to one thread."""
    cdef const Layer *layer
    cdef Py_ssize_t panel = 2 * lanes(s.k, tag), column, width, number = 0
    cdef floating *w
    cdef int l
    for l in range(s.n_dense):
        layer = &s.layers[l]
        w = <floating *> s.packed + layer.w
        if layer.dense.narrow:
            if number % team == thread:
                for column in range(layer.dense.n_out):
                    limit_unit(w, layer.dense.n_in, layer.dense.n_out, column, panel, s.max_norm)
                renew_panel(s.k, s.rounding, layer, 0, 0, <floating *> s.packed)
            number += 1
            continue
        column = 0
        while column < layer.dense.n_out:
            width = panel_width(layer.dense.n_out - column, panel // 2)
            if number % team == thread:
                limit_panel(w, layer.dense.n_in, width, s.max_norm)
                renew_panel(s.k, s.rounding, layer, column, width, <floating *> s.packed)
            w += (layer.dense.n_in + 1) * width
            column += width
            number += 1


cdef void limit_panel(floating *w, Py_ssize_t n_in, Py_ssize_t width, double most) noexcept nogil:
    """The columns of a panel (n_in, width)."""
    cdef double squares[64]
    cdef floating factor[64]
    cdef Py_ssize_t i, j
    cdef bint any_over = False
    for j in range(width):
        squares[j] = 0
    for i in range(n_in):
        for j in range(width):
            squares[j] += <double> w[i * width + j] * w[i * width + j]
    for j in range(width):
        factor[j] = 1
        if squares[j] > most * most:
            factor[j] = <floating> (most / sqrt(squares[j]))
            any_over = True
    if any_over:
        for i in range(n_in):
            for j in range(width):
                w[i * width + j] *= factor[j]


cdef void limit_unit(floating *w, Py_ssize_t n_in, Py_ssize_t n_out, Py_ssize_t unit, Py_ssize_t panel,
                     double most) noexcept nogil:
    """One unit of a narrow layer: panels of [n_out][width], the last one maybe of half the width."""
    cdef double squares = 0
    cdef floating factor
    cdef Py_ssize_t i = 0, j, width, times
    cdef floating *row
    for times in range(2):
        i = 0
        while i < n_in:
            width = panel_width(n_in - i, panel // 2)
            row = w + i * n_out + unit * width
            for j in range(width):
                if times == 0:
                    squares += <double> row[j] * row[j]
                else:
                    row[j] *= factor
            i += width
        if squares <= most * most:
            return
        factor = <floating> (most / sqrt(squares))
