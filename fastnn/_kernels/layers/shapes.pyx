"""How wide everything is that a stage with shared weights computes, see shared.pyx; and whether two matrices can be one."""

from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.plan cimport Layer
from fastnn._kernels.layers.stage cimport Stage
from fastnn._kernels.layers.tiles cimport round_up, row_stride
from fastnn._kernels.native.header_recurrent cimport FASTNN_GRU, FASTNN_LSTM


cdef void shape_shared(Stage *stage, Layer *layer, object spec, tuple matrix, Py_ssize_t n_in, Py_ssize_t lanes,
                       Py_ssize_t item_size):
    """Of a stage and its layer, whose matrix has that shape, in a network of n_in inputs."""
    cdef Py_ssize_t gates = stage.traits.gates, padded = round_up(stage.units, lanes), states = 0
    stage.cell, stage.output, stage.reverse = spec.cell, spec.output, spec.reverse
    stage.truncate, stage.padded = spec.truncate, padded
    stage.carried, stage.total, stage.levels = spec.carried, spec.total, spec.levels
    stage.own = matrix[0] - (stage.levels or stage.width)
    layer.dense.n_in, layer.columns, layer.block = matrix[0], matrix[1], stage.units
    layer.dense.n_out, layer.dense.activation = gates * padded, 0
    if spec.ragged:
        stage.lengths = n_in - 1
    if stage.cell == FASTNN_LSTM:
        states = 2 * padded
    elif stage.cell == FASTNN_GRU:
        states, gates = padded, 4       # what comes from the units themselves has a place beside the third gate
    stage.lda = row_stride(layer.dense.n_in, lanes, item_size)
    stage.ldg = layer.dense.ld = row_stride(gates * padded, lanes, item_size)
    stage.lds = states
    stage.ldw = 2 * padded + stage.lda


cdef Py_ssize_t shared_numbers(const Stage *stage, Py_ssize_t kept) noexcept nogil:
    """How many a row needs beside its outputs, when so many steps are kept."""
    if not stage.traits.shares:
        return 0
    return kept * (stage.lda + stage.ldg) + (kept + 1) * stage.lds + stage.ldw


cdef int check_tie(const Dense *d, const Dense *of, bint taken) except -1:
    """Refuse to let a layer have the matrix of another one, transposed, if they do not fit or that one is taken."""
    if d.n_in != of.n_out or d.n_out != of.n_in or taken:
        raise ValueError(
            f"a matrix of shape ({of.n_in}, {of.n_out}) cannot be tied to a layer of {d.n_in} inputs and {d.n_out} "
            "outputs, or is tied already"
        )
    if d.encoding != NULL or of.encoding != NULL:
        raise ValueError("the matrix over encoded columns cannot be tied to another layer")
    return 0
