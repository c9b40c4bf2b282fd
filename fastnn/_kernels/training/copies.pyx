"""A second layout of a large layer's batch, which the gradient of its weights reads from end to end.

A tile of that gradient takes a few columns of X and of D, the gradient by the outputs, over all rows. Where they are
picked from whole rows, each row is another page of memory, and in a large layer none is still cached when the next tile
comes. So at the end of the rows phase each thread writes what its rows hold once more, in the order of those tiles:

    x   [tile of inputs][row][inputs of the tile]
    d   [panel of outputs][row][outputs of the panel]

The sums are the same numbers in the same order, so that no bit tells whether there was a copy.
"""

import numpy as np

from libc.string cimport memcpy

from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.tiles cimport next_tile, panel_width
from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.sizes cimport is_copied_size, panels_at_once
from fastnn._kernels.native.table cimport floating, lanes, outer_tile, tile_rows
from fastnn._kernels.training.operands cimport inputs_of

from fastnn._kernels.native.buffers import Arena

cdef enum:
    RUN = 16        # rows at a time: as many lines as there are tiles are being written, each row's a piece of one


cdef object place_copies(Sweep *s, bint of_input, Py_ssize_t rows, dtype, str format):
    """Memory for the copies of large layers, of those that take the input or of the others; who calls keeps it.

    Of the former it comes with the first dense rows, since sparse ones may be very wide, and with that of these rows, which
    is the first of the list.
    """
    cdef Py_ssize_t numbers = rows * s.ldx if of_input else 0
    cdef int i
    large = []
    for i in range(s.n_dense):
        if has_copies(s, i) and of_input == (s.stages[s.layers[i].stage].source < 0):
            large.append(i)
            numbers += rows * (s.dense[i].n_in + s.dense[i].ld)
    arena = Arena(numbers * np.dtype(dtype).itemsize)
    keep = [arena.zeros(rows * s.ldx, dtype)] if of_input else []
    for i in large:
        x, d = arena.zeros(rows * s.dense[i].n_in, dtype), arena.zeros(rows * s.dense[i].ld, dtype)
        s.copies[i].x, s.copies[i].d = address(x, format, True), address(d, format, True)
        keep += x, d
    return keep


cdef bint has_copies(const Sweep *s, int i) noexcept nogil:
    """Whether layer i is one whose gradient reads copies, in any call."""
    cdef const Dense *dense = &s.dense[i]
    if s.n_groups > 1 or dense.narrow or dense.encoding != NULL or dense.tiles != NULL:
        return False
    return s.stages[s.layers[i].stage].once and is_copied_size(dense.n_in * dense.n_out)


cdef bint is_copied(const Sweep *s, const Stage *stage) noexcept nogil:
    """Whether the weights of a dense stage read copies, in this call. Zeros that are left out are found elsewhere."""
    if s.copies[stage.layer].x == NULL:
        return False
    return stage.source >= 0 or (s.data.csr == NULL and not s.skips_zeros)


cdef void copy_rows(Sweep *s, Py_ssize_t r0, Py_ssize_t r1, floating tag) noexcept nogil:
    """Rows r0..r1 of a block, for all layers that have copies."""
    cdef const Stage *stage
    cdef Py_ssize_t first, end, ldx
    cdef const floating *x
    cdef int i
    for i in range(s.n_dense):
        stage = &s.stages[s.layers[i].stage]
        if not is_copied(s, stage):
            continue
        ldx = s.ldx if stage.source < 0 else s.stages[stage.source].ld
        x = <const floating *> inputs_of(s, stage)
        first = r0
        while first < r1:
            end = min(first + RUN, r1)
            copy_inputs(s, i, x, ldx, first, end)
            copy_outputs(s, i, <const floating *> s.buffers[s.layers[i].stage].d, stage.ld, first, end)
            first = end


cdef inline void copy_inputs(const Sweep *s, int layer, const floating *x, Py_ssize_t ldx, Py_ssize_t r0,
                             Py_ssize_t r1) noexcept nogil:
    cdef Py_ssize_t strip = s.layers[layer].strip_rows, n_in = s.dense[layer].n_in, left, r, i = 0
    cdef floating *to = <floating *> s.copies[layer].x
    cdef int most = tile_rows(s.k, <floating> 0), n, j
    while i < n_in:
        left = min(strip, n_in - i)
        while left > 0:
            n = next_tile(left, most)       # as the strip's tiles are cut
            for r in range(r0, r1):
                for j in range(n):
                    to[i * s.block_rows + r * n + j] = x[r * ldx + i + j]
            i += n
            left -= n


cdef inline void copy_outputs(const Sweep *s, int layer, const floating *d, Py_ssize_t ld, Py_ssize_t r0,
                              Py_ssize_t r1) noexcept nogil:
    cdef Py_ssize_t n_out = s.dense[layer].n_out, lane = lanes(s.k, <floating> 0), column = 0, width, r
    cdef floating *to = <floating *> s.copies[layer].d
    while column < n_out:
        width = panel_width(n_out - column, lane)
        for r in range(r0, r1):
            memcpy(to + column * s.block_rows + r * width, d + r * ld + column, width * sizeof(floating))
        column += width


cdef void copied_gradient(const Sweep *s, const Strip *strip, Py_ssize_t rows, floating *g,
                          bint accumulate) noexcept nogil:
    """dense_gradient of a strip from the copies of a block of so many rows."""
    cdef const floating *a = <const floating *> s.copies[strip.layer].x + strip.first * s.block_rows
    cdef const floating *b = <const floating *> s.copies[strip.layer].d + strip.column * s.block_rows
    cdef int most = tile_rows(s.k, <floating> 0), nv = <int> (strip.width // lanes(s.k, <floating> 0)), n
    cdef Py_ssize_t left = strip.count
    while left > 0:
        n = next_tile(left, most)
        outer_tile(s.k, n, nv, rows, a, n, b, strip.width, g if accumulate else <floating *> NULL, strip.width, g,
                   strip.width)
        a += n * s.block_rows
        g += n * strip.width
        left -= n


cdef int next_strip(const Sweep *s, Walk *walk, int end, Py_ssize_t rows) noexcept nogil:
    """The strip to visit next of those from the one on with which the walk began up to `end`; each is visited once.

    In a layer with copies some panels are gone through side by side: (first inputs, panel 0), (first inputs, panel 1) and
    so on, then the next inputs. What these are over many rows is then fetched once for all those panels.
    """
    cdef int i
    if walk.done == walk.panels * walk.pieces:
        walk.first += walk.done
        walk.done = 0
        walk.pieces = strips_of_panel(s, walk.first, end)
        walk.panels = panels_across(s, walk.first, end, walk.pieces, rows)
    i = walk.first + walk.done % walk.panels * walk.pieces + walk.done // walk.panels
    walk.done += 1
    return i


cdef int strips_of_panel(const Sweep *s, int first, int end) noexcept nogil:
    """How many strips follow each other in the panel that begins with strip `first`; 1 where it does not matter."""
    cdef const Strip *strip = &s.strips[first]
    cdef int i = first + 1
    if strip.layer < 0 or strip.first or not is_copied(s, &s.stages[strip.stage]):
        return 1
    while i < end and s.strips[i].stage == strip.stage and s.strips[i].first:
        i += 1
    return i - first


cdef int panels_across(const Sweep *s, int first, int end, int pieces, Py_ssize_t rows) noexcept nogil:
    """How many whole panels of so many strips to go through side by side, from strip `first` on."""
    cdef int n = 1
    while (pieces > 1 and n < panels_at_once(rows) and first + (n + 1) * pieces <= end
           and s.strips[first + n * pieces].stage == s.strips[first].stage):
        n += 1
    return n
