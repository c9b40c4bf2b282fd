"""Dense layers by products of tiles of bfloat16, in a pass of training over a thread's rows.

On the way forward a thread writes its rows of a layer's inputs down in the two layouts that products of tiles take them in,
and on the way back those of the gradient (halves.pyx). Strips then read what all threads have written; whoever has the last
rows also sets to zero what is behind them up to whole steps.
"""

from libc.stdint cimport uint16_t, uint32_t
from libc.string cimport memset

from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.halves cimport (COLUMNS, STEP, all_words, half_stride, panel_words, tiles_backward,
                                            tiles_forward, to_columns, to_rows, to_words)
from fastnn._kernels.layers.stage cimport Stage, gradient_of, input_of, stride_of
from fastnn._kernels.layers.stages cimport stage_backward, stage_derivative, stage_forward
from fastnn._kernels.layers.tiles cimport round_up
from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.training.operands cimport place_inputs, place_operands, round_gradient, round_outputs
from fastnn._kernels.training.sweep cimport Halves

import numpy as np

from fastnn._kernels.native.buffers import aligned_zeros


cdef object place_taken(Sweep *s, Plan plan, bint of_input, Py_ssize_t rows):
    """Memory for so many rows of what rounded products take, of the network's input or of stages; who calls keeps it."""
    rounded = place_inputs(s, plan, rows) if of_input else place_operands(s, plan, rows)
    return rounded, place_halves(s, plan, of_input, rows)


cdef object place_halves(Sweep *s, Plan plan, bint of_input, Py_ssize_t rows):
    """The same of layers with products of tiles."""
    cdef const Dense *dense
    cdef Halves *to
    cdef int i
    cdef list keep = []
    if plan.tiles == NULL:
        return keep
    if s.halves == NULL:
        s.halves = <Halves *> reserved(keep, s.n_dense * sizeof(Halves) // 4)
    for i in range(s.n_dense):
        if not s.layers[i].tiled or of_input != (s.stages[s.layers[i].stage].source < 0):
            continue
        dense, to = &s.dense[i], &s.halves[i]
        to.x = <uint16_t *> reserved(keep, rows * half_stride(dense.n_in) // 2)
        to.columns = <uint16_t *> reserved(keep, dense.n_in * half_stride(s.block_rows) // 2)
        to.d = <uint16_t *> reserved(keep, rows * half_stride(dense.n_out) // 2)
        to.words = <uint32_t *> reserved(keep, all_words(s.block_rows, dense.n_out))
    return keep


cdef void *reserved(list keep, Py_ssize_t n) except NULL:
    """So many words of zeros; an array of its own in the list."""
    array = aligned_zeros(n, np.uint32)
    keep.append(array)
    return address(array, "I", True)


cdef inline bint is_tiled(const Sweep *s, const Stage *stage) noexcept nogil:
    return stage.traits.matrix and s.dense[stage.layer].tiles != NULL


cdef void forward_through(Sweep *s, const Pass *p, int t, floating tag) noexcept nogil:
    """The outputs of stage t, also as dense layers take them."""
    cdef const Stage *stage = &s.stages[t]
    cdef const Dense *layer
    cdef const Halves *to
    cdef uint16_t *x
    cdef Py_ssize_t rows = p.r1 - p.r0, ldx = stride_of(p, stage.source)
    cdef const void *block = s.x if stage.source < 0 else s.buffers[stage.source].h
    if not is_tiled(s, stage):
        stage_forward(p, t, tag)
    elif rows:
        layer, to = &s.dense[stage.layer], &s.halves[stage.layer]
        x = to.x + p.r0 * half_stride(layer.n_in)
        if floating is float:
            to_rows(s.rounding, rows, layer.n_in, input_of(p, stage.source, tag), ldx, x)
            to_columns(s.k, s.rounding, p.r0, p.r1, layer.n_in, <const float *> block, ldx, s.block_rows, to.columns)
            tiles_forward(s.k, layer, rows, x, <float *> s.buffers[t].z + p.r0 * stage.ld,
                          <float *> s.buffers[t].h + p.r0 * stage.ld)
    round_outputs(s, p, t, tag)


cdef void back_through(Sweep *s, const Pass *p, int t, floating tag) noexcept nogil:
    """From the gradient by the outputs of stage t to those of its sources."""
    cdef const Stage *stage = &s.stages[t]
    cdef const Dense *layer
    cdef const Halves *to
    cdef const float *d
    cdef uint16_t *rows
    cdef floating *dx = gradient_of(p, stage.source, tag)
    stage_derivative(p, t, tag)
    round_gradient(s, p, t, tag)
    if not is_tiled(s, stage):
        stage_backward(p, t, tag)
        return
    if not stage.wanted:
        return
    layer, to, d = &s.dense[stage.layer], &s.halves[stage.layer], <const float *> s.buffers[t].d
    to_words(p.r0, p.r1, layer.n_out, d, stage.ld, s.block_rows, to.words)
    if p.thread == p.team - 1:
        clear_behind(layer, to, p.rows, s.block_rows)
    if dx != NULL and p.r1 > p.r0:
        rows = to.d + p.r0 * half_stride(layer.n_out)
        to_rows(s.rounding, p.r1 - p.r0, layer.n_out, d + p.r0 * stage.ld, stage.ld, rows)
        tiles_backward(layer, p.r1 - p.r0, rows, <float *> dx, stride_of(p, stage.source), stage.add_source)


cdef void clear_behind(const Dense *layer, const Halves *to, Py_ssize_t rows, Py_ssize_t most_rows) noexcept nogil:
    """Zeros behind the last of a block's rows up to whole steps. Of a last pair the other half is a row."""
    cdef Py_ssize_t end = round_up(rows, STEP), first = (rows + 1) // 2, _, i, j
    cdef uint32_t *words = to.words
    if end == rows:
        return
    for i in range(layer.n_in):
        memset(to.columns + i * half_stride(most_rows) + rows, 0, 2 * (end - rows))
    for _ in range((layer.n_out + COLUMNS - 1) // COLUMNS):
        memset(words + first * COLUMNS, 0, 4 * (end // 2 - first) * COLUMNS)
        if rows % 2:
            for j in range(COLUMNS):
                (<uint16_t *> (words + rows // 2 * COLUMNS + j))[1] = 0
        words += panel_words(most_rows)
