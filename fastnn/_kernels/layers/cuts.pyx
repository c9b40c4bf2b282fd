"""How the packed parameters are cut into strips, each of which one thread computes the gradient of and updates at once."""

from fastnn._kernels.layers.encoded cimport Encoded
from fastnn._kernels.layers.plan cimport Layer, Strip
from fastnn._kernels.layers.stage cimport Stage
from fastnn._kernels.layers.tiles cimport panel_width, round_up

cdef enum:
    STRIP = 40          # inputs in a strip, about: its gradient and weights stay in the first-level cache
    LOOKUP = 6          # multiply-adds that take as long as adding a row's d to the sums of its piece


cdef list layer_strips(int number, const Layer *layer, Py_ssize_t lanes, object encoded):
    """Of the layer of that number; encoded: the Encoded whose entries it takes, or None."""
    if layer.dense.narrow:
        return narrow_strips(number, layer, lanes)
    cdef Strip s
    cdef Py_ssize_t column, width, base
    pieces = []
    runs = input_runs(layer) if encoded is None else (<Encoded> encoded).runs(STRIP)
    for column in range(0, layer.dense.n_out, 2 * lanes):
        width = panel_width(layer.dense.n_out - column, lanes)
        base = layer.w + (layer.dense.n_in + 1) * column
        for s.begin, s.end, s.first, s.count in runs:
            s.stage, s.layer, s.column, s.width = layer.stage, number, column, width
            s.offset, s.size = base + s.first * width, s.count * width
            s.bias = base + layer.dense.n_in * width
            s.bias_width = width if layer.bias and s.first + s.count == layer.dense.n_in else 0
            s.cost = s.row_cost = <double> (s.size + s.bias_width)
            if encoded is not None:
                s.row_cost = <double> (LOOKUP * (s.end - s.begin) * width + s.bias_width)
            pieces.append(s)
    return pieces


cdef Py_ssize_t rows_of_strips(Py_ssize_t n_in, Py_ssize_t lanes):
    """Inputs in one strip of a wide panel: equal numbers, about STRIP."""
    cdef Py_ssize_t blocks = max(1, (n_in + STRIP // 2) // STRIP)
    return round_up((n_in + blocks - 1) // blocks, lanes)


cdef list input_runs(const Layer *layer):
    """Inputs in runs (., ., first, count)."""
    n_in, rows = layer.dense.n_in, layer.strip_rows
    return [(0, 0, first, min(rows, n_in - first)) for first in range(0, n_in, rows)]


cdef list narrow_strips(int number, const Layer *layer, Py_ssize_t lanes):
    cdef Strip s
    cdef Py_ssize_t n_out = layer.dense.n_out, step = round_up(4 * STRIP, 2 * lanes)
    pieces = []
    s.begin = s.end = 0
    for first in range(0, layer.dense.n_in, step):
        s.stage, s.layer, s.first, s.column, s.width = layer.stage, number, first, 0, 0
        s.count = min(step, layer.dense.n_in - first)
        s.offset = layer.w + first * n_out
        s.size = n_out * round_up(s.count, lanes)
        s.bias = layer.w + n_out * round_up(layer.dense.n_in, lanes)
        s.bias_width = lanes if layer.bias and first + s.count == layer.dense.n_in else 0
        s.cost = s.row_cost = <double> (s.size + s.bias_width)
        pieces.append(s)
    return pieces


cdef list gain_strips(int number, const Stage *stage, Py_ssize_t lanes):
    """Of the stage of that number, which scales."""
    cdef Strip s
    pieces = []
    s.begin = s.end = 0
    for column in range(0, stage.units, GAIN_STRIP):
        s.stage, s.layer, s.first, s.count, s.column = number, -1, 0, 0, column
        s.width = s.size = min(GAIN_STRIP, round_up(stage.units - column, lanes))
        s.bias_width = 0 if stage.traits.unshifted else s.width
        s.offset, s.bias = stage.gain + column, stage.shift + column
        s.cost = s.row_cost = 2.0 * s.size
        pieces.append(s)
    return pieces
