"""Pooling, the largest or the mean of each channel in a window, and padding with zeros: forward beside backward.

What lies beyond the image's edge is left out of a window: it is never the largest, and no part of a mean.
"""

from libc.string cimport memcpy, memset

from fastnn._kernels.layers.stage cimport Pass, Stage, gradient_of, input_of, stride_of
from fastnn._kernels.layers.windows cimport Window
from fastnn._kernels.native.header_places cimport fastnn_cells
from fastnn._kernels.native.places cimport places_largest, places_sum, places_to_all, places_to_largest
from fastnn._kernels.native.table cimport floating


cdef inline fastnn_cells cells_at(const Window *w, Py_ssize_t i, Py_ssize_t j, Py_ssize_t *first) noexcept nogil:
    """The cells of the window at place (i, j), of which the first lies `first` elements into the image."""
    cdef Py_ssize_t down = i * w.stride_down - w.top, right = j * w.stride_right - w.left
    cdef Py_ssize_t above = max(-down, <Py_ssize_t> 0), before = max(-right, <Py_ssize_t> 0)
    cdef fastnn_cells cells
    cells.height, cells.width = min(w.kernel_height, w.height - down) - above, min(w.kernel_width, w.width - right) - before
    cells.down, cells.right = w.width * w.channels, w.channels
    cells.number, cells.line = above * w.kernel_width + before, w.kernel_width
    first[0] = (down + above) * cells.down + (right + before) * cells.right
    return cells


cdef inline Py_ssize_t whole_places(const Window *w) noexcept nogil:
    """How many windows, from the beginning of a line on, no edge cuts short to the left or right."""
    if w.left or w.width < w.kernel_width:
        return 0
    return min(w.out_width, (w.width - w.kernel_width) // w.stride_right + 1)


cdef void pool_stage(const Pass *p, int t, floating tag) noexcept nogil:
    """Of max_pool, z keeps the number of the largest cell, unless it is the memory of h: the way back asks for it."""
    cdef const Stage *stage = &p.stages[t]
    cdef const Window *w = stage.window
    cdef Py_ssize_t ldx = stride_of(p, stage.source), _r, i, j, first, at
    cdef const floating *x = input_of(p, stage.source, tag)
    cdef floating *h = <floating *> p.buffers[t].h + p.r0 * stage.ld
    cdef floating *which = <floating *> p.buffers[t].z + p.r0 * stage.ld
    cdef bint kept = which != h
    cdef Py_ssize_t whole = whole_places(w), step = w.stride_right * w.channels, n
    cdef fastnn_cells cells
    for _r in range(p.r1 - p.r0):
        at = 0
        for i in range(w.out_height):
            j = 0
            while j < w.out_width:
                cells, n = cells_at(w, i, j, &first), whole if j == 0 and whole else 1
                if stage.traits.keeps:     # the number of the largest
                    places_largest(p.k, w.channels, n, step, &cells, x + first, h + at,
                                   which + at if kept else <floating *> NULL)
                else:
                    places_sum(p.k, w.channels, n, step, &cells, 1 / <double> (cells.height * cells.width), x + first,
                               h + at)
                j += n
                at += n * w.channels
        memset(h + at, 0, (stage.ld - at) * sizeof(floating))
        x += ldx
        h += stage.ld
        which += stage.ld


cdef void pool_stage_backward(const Pass *p, int t, floating tag) noexcept nogil:
    cdef const Stage *stage = &p.stages[t]
    cdef const Window *w = stage.window
    cdef Py_ssize_t ldx = stride_of(p, stage.source), _r, i, j, first, at
    cdef const floating *d = <const floating *> p.buffers[t].d + p.r0 * stage.ld
    cdef const floating *which = <const floating *> p.buffers[t].z + p.r0 * stage.ld
    cdef floating *dx = gradient_of(p, stage.source, tag)
    cdef fastnn_cells cells
    if dx == NULL:
        return
    for _r in range(p.r1 - p.r0):
        if not stage.add_source:
            memset(dx, 0, ldx * sizeof(floating))
        at = 0
        for i in range(w.out_height):
            for j in range(w.out_width):
                cells = cells_at(w, i, j, &first)
                if stage.traits.keeps:     # the number of the largest
                    places_to_largest(p.k, w.channels, &cells, d + at, which + at, dx + first)
                else:
                    places_to_all(p.k, w.channels, &cells, 1 / <double> (cells.height * cells.width), d + at, dx + first)
                at += w.channels
        d += stage.ld
        which += stage.ld
        dx += ldx


cdef void pad_stage(const Pass *p, int t, floating tag) noexcept nogil:
    """Zeros around every image."""
    cdef const Stage *stage = &p.stages[t]
    cdef const Window *w = stage.window
    cdef Py_ssize_t ldx = stride_of(p, stage.source), line = w.width * w.channels, _r, i
    cdef const floating *x = input_of(p, stage.source, tag)
    cdef floating *h = <floating *> p.buffers[t].h + p.r0 * stage.ld
    for _r in range(p.r1 - p.r0):
        memset(h, 0, stage.ld * sizeof(floating))
        for i in range(w.height):
            memcpy(h + ((w.top + i) * w.out_width + w.left) * w.channels, x + i * line, line * sizeof(floating))
        x += ldx
        h += stage.ld


cdef void pad_stage_backward(const Pass *p, int t, floating tag) noexcept nogil:
    cdef const Stage *stage = &p.stages[t]
    cdef const Window *w = stage.window
    cdef Py_ssize_t ldx = stride_of(p, stage.source), line = w.width * w.channels, _r, i, j
    cdef const floating *d = <const floating *> p.buffers[t].d + p.r0 * stage.ld
    cdef const floating *from_d
    cdef floating *dx = gradient_of(p, stage.source, tag)
    cdef floating *to
    if dx == NULL:
        return
    for _r in range(p.r1 - p.r0):
        if not stage.add_source:
            memset(dx, 0, ldx * sizeof(floating))
        for i in range(w.height):
            from_d = d + ((w.top + i) * w.out_width + w.left) * w.channels
            to = dx + i * line
            for j in range(line):
                to[j] += from_d[j]
        d += stage.ld
        dx += ldx
