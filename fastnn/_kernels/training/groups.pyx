"""How a batch on a small net is shared out: in groups of rows, each with a gradient of its own.

Where the weights are fewer than what the rows compute, it is the gradients that should travel between the caches of
threads: a group's rows go all the way to a gradient on one thread, which adds up those of its groups, and the second phase
adds the threads' sums (sums.pyx). How many groups there are depends on the batch and the net alone, and so does the order
of the sum: the bits do not depend on the number of threads.
"""

from libc.string cimport memset

from fastnn._kernels.layers.plan cimport Strip
from fastnn._kernels.training.operands cimport round_gradient
from fastnn._kernels.training.rows cimport forward, losses, pass_of, sum_of
from fastnn._kernels.training.plastic cimport counts_use
from fastnn._kernels.training.shares cimport cut
from fastnn._kernels.layers.stage cimport Pass
from fastnn._kernels.layers.stages cimport stage_backward, stage_derivative
from fastnn._kernels.training.strips cimport passes_back, strip_gradient
from fastnn._kernels.training.sums cimport MOST_GROUPS, add_to_left, group_sum
from fastnn._kernels.training.sweep cimport Sweep
from fastnn._kernels.training.usage cimport count_group
from fastnn._kernels.native.table cimport floating, tile_rows
from fastnn._kernels.layers.zeros cimport pieces_before, tiles_from, word_bits

cdef enum:
    BLOCK = 128                 # rows at a time
    FEWEST_ROWS = 48            # of a group: its gradient must be worth the adding up
    BYTES = 1 << 20             # of all gradients: a good part of a core's cache
    WORK = 1 << 21              # multiply-adds of a group: more deserve more threads than there are groups

GROUP_BLOCK = BLOCK


def number_of_groups(Py_ssize_t rows, Py_ssize_t n_params, Py_ssize_t itemsize):
    """Groups of a batch of so many rows; 1 where the threads should share out layers instead."""
    cdef Py_ssize_t n = 1
    while 2 * n <= MOST_GROUPS and rows >= 2 * n * FEWEST_ROWS and 2 * n * n_params * itemsize <= BYTES:
        n *= 2
    return n if n == MOST_GROUPS or 3 * rows * n_params <= n * WORK else 1


cdef void group_gradients(Sweep *s, Py_ssize_t start, Py_ssize_t rows, long long step, bint more,
                          const double *bounds, int thread, floating tag) noexcept nogil:
    """The thread's groups of the batch order[start:start + rows]: losses and gradients. more: a whole batch follows."""
    cdef int first = <int> cut(s.n_groups, bounds, thread), end = <int> cut(s.n_groups, bounds, thread + 1), g
    for g in range(first, end):
        group_gradient(s, start, rows, step, more, g, thread, group_sum(s, first, end, g, tag), tag)
        add_to_left(s, first, end, g, tag)


cdef void group_gradient(Sweep *s, Py_ssize_t start, Py_ssize_t rows, long long step, bint more, int group, int thread,
                         floating *gradient, floating tag) noexcept nogil:
    cdef Py_ssize_t first = rows * group // s.n_groups, end = rows * (group + 1) // s.n_groups, n, n_words
    cdef Py_ssize_t blocks = (end - first + BLOCK - 1) // BLOCK, block
    cdef const Strip *strip
    cdef Pass p
    cdef int i, t
    cdef bint at_once
    s.group_loss[group] = 0
    if end == first:
        memset(gradient, 0, s.n_master * sizeof(floating))
        if counts_use(s):
            count_group(s, group, s.data.order, 0, 0, False, tag)
    for block in range(blocks):
        n = (end - first) // (blocks - block)
        # rows thread * BLOCK.. of the buffers are the thread's own
        p = pass_of(s, s.data.order + start + first - thread * BLOCK, n, NULL, 0, 1, tag)
        p.r0, p.r1 = thread * BLOCK, thread * BLOCK + n
        p.step, p.row_number = step, first - thread * BLOCK
        if s.skips_zeros:
            p.nonzero = tiles_from(&s.zeros, thread * pieces_before(BLOCK, tile_rows(s.k, tag), NULL, 1))
            p.word = p.r0 // word_bits(tag)
        forward(s, &p, rows if more and blocks == 1 else 0, tag)
        if counts_use(s):
            count_group(s, group, p.sample, p.r0, n, block > 0, tag)
        losses(s, &p, tag)
        s.group_loss[group] += sum_of(s.row_loss + p.r0, n)
        n_words = pieces_before(n, word_bits(tag), NULL, 1)
        for t in range(s.n_stages - 1, -1, -1):
            stage_derivative(&p, t, tag)
            round_gradient(s, &p, t, tag)
            at_once = passes_back(s, t)
            for i in range(s.n_strips):     # before the gradient takes the place of the inputs
                strip = &s.strips[i]
                if strip.stage == t:
                    strip_gradient(s, strip, p.r0, n, n_words, 1, gradient + strip.offset, gradient + strip.bias, block > 0,
                                   at_once)
            if not at_once:
                stage_backward(&p, t, tag)
        first += n
