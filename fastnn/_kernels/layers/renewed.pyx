"""What products read beside a layer's packed weights, made anew when these have changed.

Tables of encoded columns; copies in bfloat16, where dense layers multiply that; and, of whichever is multiplied, transposed
panels for the way back. For products of tiles both are words (halves.pyx).
"""

from fastnn._kernels.layers.encoded cimport fill_table, table_size
from fastnn._kernels.layers.halves cimport weights_to_words
from fastnn._kernels.layers.rounded cimport round_numbers
from fastnn._kernels.layers.tiles cimport panel_width
from fastnn._kernels.native.dtypes cimport FLOAT64
from fastnn._kernels.native.table cimport lanes as lanes_of, transpose


cdef void renew_strip(Kernels k, const fastnn_reduced *rounding, const Layer *layer, const Strip *strip,
                      floating *packed) noexcept nogil:
    """Of the weights of a strip."""
    cdef Py_ssize_t at = strip.offset
    if layer.table >= 0:
        fill_table(k, layer.dense.encoding, strip.begin, strip.end, strip.width, <const floating *> packed + layer.w
                   + (layer.dense.n_in + 1) * strip.column,
                   packed + layer.table + table_size(layer.dense.encoding, strip.column))
    if layer.tiled:
        if floating is float:
            weights_to_words(k, rounding, layer, strip, packed)
        return
    if layer.rounded >= 0:
        at += layer.rounded - layer.w
        round_numbers(rounding, strip.size, <const floating *> packed + strip.offset, packed + at)
    if layer.wt >= 0 and not layer.dense.narrow:
        transpose_panels(k, layer, strip.column, strip.width, strip.first, strip.count, <const floating *> packed + at,
                         packed)


cdef void renew_panel(Kernels k, const fastnn_reduced *rounding, const Layer *layer, Py_ssize_t column, Py_ssize_t width,
                      floating *packed) noexcept nogil:
    """Of a panel of so many columns; of a narrow layer, which has none, of all its weights."""
    cdef Strip strip
    strip.column, strip.width, strip.first, strip.count = column, width, 0, layer.dense.n_in
    strip.begin, strip.end = 0, <int> layer.dense.encoding.n if layer.dense.encoding != NULL else 0
    strip.offset, strip.size = layer.w + (layer.dense.n_in + 1) * column, layer.dense.n_in * width
    if layer.dense.narrow:
        strip.offset, strip.size = layer.w, layer.size
    renew_strip(k, rounding, layer, &strip, packed)


cdef void renew(Plan plan, floating *packed) noexcept nogil:
    """Of all layers."""
    cdef const Layer *layer
    cdef Py_ssize_t column, width
    cdef int l
    for l in range(plan.n_layers):
        layer = &plan.layers[l]
        column = 0
        while column < (1 if layer.dense.narrow else layer.dense.n_out):
            width = panel_width(layer.dense.n_out - column, plan.lanes)
            renew_panel(plan.k, plan.rounding, layer, column, width, packed)
            column += width


cdef void renew_as(Plan plan, void *packed) noexcept nogil:
    if plan.dtype.number == FLOAT64:
        renew(plan, <double *> packed)
    else:
        renew(plan, <float *> packed)


cdef void transpose_panels(Kernels k, const Layer *layer, Py_ssize_t column, Py_ssize_t width, Py_ssize_t first,
                           Py_ssize_t count, const floating *w, floating *packed) noexcept nogil:
    """Copies inputs first..first+count of one panel of W, w (count, width), into the transposed panels.

    first is a multiple of the vector length; blocks are squares of it.
    """
    cdef Py_ssize_t lanes = lanes_of(k, <floating> 0)
    cdef Py_ssize_t n_in = layer.dense.n_in, n_out = layer.dense.n_out, i = 0, j, at, to_width
    cdef floating *to
    while i < count:
        at = first + i
        to_width = panel_width(n_in - at // (2 * lanes) * 2 * lanes, lanes)
        to = packed + layer.wt + at // (2 * lanes) * 2 * lanes * n_out + at % (2 * lanes)
        j = 0
        while j < width and column + j < n_out:
            transpose(k, <int> min(lanes, count - i), <int> min(lanes, n_out - column - j), w + i * width + j, width,
                      to + (column + j) * to_width, to_width)
            j += lanes
        i += lanes
