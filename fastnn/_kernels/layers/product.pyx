"""The products of one step of a stage with shared weights: its inputs by the matrix, and gradients back.

Of a GRU's third gate what comes from the units themselves and what comes from the step's inputs are two numbers: products
of a part of the matrix each.
"""

from fastnn._kernels.layers.tiles cimport next_tile, panel_width
from fastnn._kernels.native.header_recurrent cimport FASTNN_GRU
from fastnn._kernels.native.table cimport gemm_tile, gemv, lanes, tile_rows


cdef void product(Kernels k, const Stage *stage, const Dense *layer, Py_ssize_t rows, const floating *a, floating *z,
                  floating tag) noexcept nogil:
    """z (rows, ldg) = a (rows, lda) . W + b."""
    cdef Py_ssize_t n = 2 * stage.padded
    if stage.cell != FASTNN_GRU:
        columns_product(k, layer, rows, a, stage.lda, 0, layer.n_in, 0, layer.n_out, True, z, stage.ldg)
        return
    columns_product(k, layer, rows, a, stage.lda, 0, layer.n_in, 0, n, True, z, stage.ldg)
    columns_product(k, layer, rows, a, stage.lda, stage.own, stage.width, n, layer.n_out, True, z + n, stage.ldg)
    columns_product(k, layer, rows, a, stage.lda, 0, stage.own, n, layer.n_out, False, z + layer.n_out, stage.ldg)


cdef void columns_product(Kernels k, const Dense *layer, Py_ssize_t rows, const floating *a, Py_ssize_t lda,
                          Py_ssize_t first, Py_ssize_t count, Py_ssize_t column, Py_ssize_t end, bint biased, floating *z,
                          Py_ssize_t ldz) noexcept nogil:
    """Inputs first..first + count by columns column..end of W, from the first panel of these on."""
    cdef Py_ssize_t lane = lanes(k, <floating> 0), width, row, mr, np
    cdef const floating *w
    cdef const floating *bias
    a += first
    while column < end:
        width = panel_width(layer.n_out - column, lane)
        w = <const floating *> layer.panels + column * (layer.n_in + 1)
        bias = w + layer.n_in * width if biased else <const floating *> NULL
        w += first * width
        np = min(4, (end - column) // (2 * lane))
        if rows == 1 and biased and np:
            gemv(k, <int> np, count, a, w, width, width * (layer.n_in + 1), bias, width * (layer.n_in + 1), z)
            column += np * width
            z += np * width
            continue
        row = 0
        while row < rows:
            mr = next_tile(rows - row, tile_rows(k, <floating> 0))
            gemm_tile(k, <int> mr, <int> (width // lane), count, a + row * lda, lda, w, width, bias, 0, False,
                      <const floating *> NULL, z + row * ldz, ldz)
            row += mr
        column += width
        z += width


cdef void back_product(Kernels k, const Stage *stage, const Dense *layer, Py_ssize_t rows, const floating *d, bint own,
                       floating *da, floating tag) noexcept nogil:
    """da (rows, ldw) = d . W^T: the inputs that are the units' own outputs, or those of the step; others are overwritten
    with what they may be."""
    cdef Py_ssize_t first = 0 if own else stage.own, end = stage.own if own else layer.n_in
    cdef Py_ssize_t n = 2 * stage.padded
    if stage.cell == FASTNN_GRU and own:
        inputs_product(k, layer, rows, d, stage.ldg, 0, n, first, end, False, da, stage.ldw)
        inputs_product(k, layer, rows, d + layer.n_out - n, stage.ldg, n, layer.n_out - n, first, end, True, da, stage.ldw)
    else:
        inputs_product(k, layer, rows, d, stage.ldg, 0, layer.n_out, first, end, False, da, stage.ldw)


cdef void inputs_product(Kernels k, const Dense *layer, Py_ssize_t rows, const floating *d, Py_ssize_t ldd,
                         Py_ssize_t column, Py_ssize_t count, Py_ssize_t first, Py_ssize_t end, bint accumulate,
                         floating *da, Py_ssize_t ldw) noexcept nogil:
    """Columns column..column + count of W, at the same places of d, back to all panels of inputs that hold first..end."""
    cdef Py_ssize_t lane = lanes(k, <floating> 0), i = first // (2 * lane) * 2 * lane, width, row, mr
    cdef const floating *bt
    cdef floating *to
    d += column
    while i < end:
        width = panel_width(layer.n_in - i, lane)
        bt = <const floating *> layer.transposed + i * layer.n_out + column * width
        row = 0
        while row < rows:
            mr = next_tile(rows - row, tile_rows(k, <floating> 0))
            to = da + row * ldw + i
            gemm_tile(k, <int> mr, <int> (width // lane), count, d + row * ldd, ldd, bt, width,
                      <const floating *> to if accumulate else <const floating *> NULL, ldw, False,
                      <const floating *> NULL, to, ldw)
            row += mr
        i += width
