"""Tied layers: two that have one matrix, the second one transposed.

Each keeps a packed copy of its own, laid out as its products read it. Once the gradient of a batch is whole, both copies of
it become their sum: the optimizer, which goes element by element, then keeps weights and moments of both equal to the bit.
"""

from fastnn._kernels.layers.plan cimport Layer
from fastnn._kernels.layers.tiles cimport panel_width
from fastnn._kernels.native.dtypes cimport FLOAT64
from fastnn._kernels.native.table cimport floating, lanes
from fastnn._kernels.training.sweep cimport Sweep


cdef struct Run:                        # some neighbours in a row, or a column, of a packed matrix
    Py_ssize_t at, stride


cdef void sum_ties(Sweep *s, int thread, int team, floating tag) noexcept nogil:
    """A thread's rows of each matrix that is used twice: both copies of the gradient become their sum."""
    cdef const Layer *layer
    cdef const Layer *other
    cdef Py_ssize_t panel = 2 * lanes(s.k, tag), n, i
    cdef int l
    for l in range(s.n_dense):
        layer = &s.layers[l]
        if layer.tied >= 0:
            other = &s.layers[layer.tied]
            n = other.dense.n_in
            for i in range(n * thread // team, n * (thread + 1) // team):
                sum_row(<floating *> s.gradient, other, layer, i, panel)


cdef void sum_row(floating *g, const Layer *layer, const Layer *transposed, Py_ssize_t i, Py_ssize_t panel) noexcept nogil:
    """Row i of a layer's matrix, which is column i of the other's."""
    cdef Py_ssize_t n = layer.dense.n_out, first = 0, j
    cdef Run row, column
    cdef floating total
    while first < n:
        row, column = row_run(layer, i, first, panel), column_run(transposed, first, i, panel)
        for j in range(min(panel, n - first)):
            total = g[row.at + j * row.stride] + g[column.at + j * column.stride]
            g[row.at + j * row.stride] = g[column.at + j * column.stride] = total
        first += panel


cdef inline Run row_run(const Layer *layer, Py_ssize_t i, Py_ssize_t column, Py_ssize_t panel) noexcept nogil:
    """Elements of row i from a column on that begins a panel."""
    cdef Py_ssize_t n_in = layer.dense.n_in, n_out = layer.dense.n_out, first = i // panel * panel
    cdef Run run
    if layer.dense.narrow:
        run.stride = panel_width(n_in - first, panel // 2)
        run.at = layer.w + first * n_out + column * run.stride + i - first
    else:
        run.stride = 1
        run.at = layer.w + column * (n_in + 1) + i * panel_width(n_out - column, panel // 2)
    return run


cdef inline Run column_run(const Layer *layer, Py_ssize_t i, Py_ssize_t column, Py_ssize_t panel) noexcept nogil:
    """Elements of a column from row i on, which is a multiple of the panel's width."""
    cdef Py_ssize_t n_in = layer.dense.n_in, n_out = layer.dense.n_out, first = column // panel * panel
    cdef Run run
    if layer.dense.narrow:
        run.stride = 1
        run.at = layer.w + i * n_out + column * panel_width(n_in - i, panel // 2)
    else:
        run.stride = panel_width(n_out - first, panel // 2)
        run.at = layer.w + first * (n_in + 1) + i * run.stride + column - first
    return run


cdef void sum_ties_as(Sweep *s, int dtype) noexcept nogil:
    """All rows, in memory of the dtype of that number."""
    if dtype == FLOAT64:
        sum_ties(s, 0, 1, <double> 0)
    else:
        sum_ties(s, 0, 1, <float> 0)
