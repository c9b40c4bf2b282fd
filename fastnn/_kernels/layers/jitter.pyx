"""Images moved by a few cells and mirrored at random, in training alone: forward beside backward.

Like the stages of noise.pyx it stores nothing: where a row's image goes follows from a hash of seed, step, stage and row.
"""

from libc.string cimport memcpy, memset

from fastnn._kernels.layers.stage cimport Pass, Stage, gradient_of, input_of, stride_of
from fastnn._kernels.layers.windows cimport Window
from fastnn._kernels.native.header cimport fastnn_random_key
from fastnn._kernels.native.table cimport floating


cdef struct Move:
    Py_ssize_t down, right
    bint mirrored


cdef inline Move move_of(const Pass *p, int t, Py_ssize_t row) noexcept nogil:
    """Where the image of a row of the block goes: nowhere but in training. The window's padding is how far at most."""
    cdef const Window *w = p.stages[t].window
    cdef unsigned long long key = fastnn_random_key(fastnn_random_key(p.seed, p.step, t), p.row_number + row, 0)
    cdef Move move
    move.down = move.right = 0
    move.mirrored = False
    if p.training:
        move.down = <Py_ssize_t> (key % (2 * w.top + 1)) - w.top
        move.right = <Py_ssize_t> (key // 1024 % (2 * w.left + 1)) - w.left
        move.mirrored = p.stages[t].value > 0 and key >> 63
    return move


cdef inline void move_image(const Window *w, Move move, bint back, const floating *x, floating *y) noexcept nogil:
    """y += x where it is moved to, or from where it was moved back; what leaves the image is lost."""
    cdef Py_ssize_t i, j, c, to, origin, here, there
    for i in range(max(move.down, <Py_ssize_t> 0), w.height + min(move.down, <Py_ssize_t> 0)):
        for j in range(max(move.right, <Py_ssize_t> 0), w.width + min(move.right, <Py_ssize_t> 0)):
            to = w.width - 1 - j if move.mirrored else j
            origin = (i - move.down) * w.width + j - move.right
            for c in range(w.channels):
                here, there = (i * w.width + to) * w.channels + c, origin * w.channels + c
                if back:
                    y[there] += x[here]
                else:
                    y[here] += x[there]


cdef void jitter_stage(const Pass *p, int t, floating tag) noexcept nogil:
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t ldx = stride_of(p, stage.source), r
    cdef const floating *x = input_of(p, stage.source, tag)
    cdef floating *h = <floating *> p.buffers[t].h + p.r0 * stage.ld
    for r in range(p.r0, p.r1):
        memset(h, 0, stage.ld * sizeof(floating))
        if p.training:
            move_image(stage.window, move_of(p, t, r), False, x, h)
        else:
            memcpy(h, x, stage.n * sizeof(floating))
        x += ldx
        h += stage.ld


cdef void jitter_stage_backward(const Pass *p, int t, floating tag) noexcept nogil:
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t ldx = stride_of(p, stage.source), r
    cdef const floating *d = <const floating *> p.buffers[t].d + p.r0 * stage.ld
    cdef floating *dx = gradient_of(p, stage.source, tag)
    if dx == NULL:
        return
    for r in range(p.r0, p.r1):
        if not stage.add_source:
            memset(dx, 0, ldx * sizeof(floating))
        move_image(stage.window, move_of(p, t, r), True, d, dx)
        d += stage.ld
        dx += ldx
