"""A second layout of a large layer's batch, which the gradient of its weights reads from end to end.

A tile of that gradient takes a few columns of X and of D, the gradient by the outputs, over all rows. Where they are
picked from whole rows, each row is another page of memory, and in a large layer none is still cached when the next tile
comes. So at the end of the rows phase each thread writes what its rows hold once more, in the order of those tiles:

    x   [tile of inputs][row][inputs of the tile]
    d   [panel of outputs][row][outputs of the panel]

The sums are the same numbers in the same order, so that no bit tells whether there was a copy.
"""

from libc.string cimport memcpy

from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.tiles cimport next_tile, panel_width
from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.table cimport floating, lanes, outer_tile, tile_rows
from fastnn._kernels.training.operands cimport inputs_of

from fastnn._kernels.native.buffers import aligned_zeros

# Weights of a layer whose batch is worth a second layout: below, its rows stay in the caches as they are.
cdef Py_ssize_t fewest_copied = 1 << 18

cdef enum:
    RUN = 16        # rows at a time: as many lines as there are tiles are being written, each row's a piece of one


def set_fewest_copied(Py_ssize_t n):
    """Set from how many weights on layers get copies in workspaces to come; returns what it was.

    No result depends on it.
    """
    global fewest_copied
    before, fewest_copied = fewest_copied, n
    return before


cdef object place_copies(Sweep *s, bint of_input, Py_ssize_t rows, dtype, str format):
    """Memory for the copies of large layers, of those that take the input or of the others; who calls keeps it.

    Of the former it comes with the first dense rows: sparse ones may be very wide.
    """
    cdef const Dense *dense
    cdef const Stage *stage
    cdef int i
    cdef bint small
    cdef object keep = []
    for i in range(s.n_dense if s.n_groups == 1 else 0):
        dense = &s.dense[i]
        small = dense.n_in * dense.n_out < fewest_copied
        stage = &s.stages[s.layers[i].stage]
        small |= dense.narrow or dense.encoding != NULL or not stage.once
        if small or of_input != (stage.source < 0):
            continue
        x, d = aligned_zeros(rows * dense.n_in, dtype), aligned_zeros(rows * dense.ld, dtype)
        s.copies[i].x, s.copies[i].d = address(x, format, True), address(d, format, True)
        keep += x, d
    return keep


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
