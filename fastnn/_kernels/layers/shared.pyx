"""A stage whose weights a row uses many times: a recurrent layer, or the same dense layer at each step of a sequence.

A row is a sequence: `places` steps of `width` numbers, one after the other. Each use of the weights has a row of inputs,
for a recurrent layer the units' own outputs of the step before, then the step's numbers; and a row of gates. They lie step
by step, all rows of the block side by side, so that a step is one product over neighbouring rows, and the gradient of the
weights is that of a dense layer over rows * places of them, summed in an order that threads do not change.

Rows may have fewer steps than there is room for (`lengths`): a step is taken by those alone that have it, and a sum over
the inputs has one order, so what comes of a row does not depend on the others.
"""

from libc.string cimport memset

from fastnn._kernels.layers.carry cimport leave, n_steps, take_carried, take_total
from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.product cimport back_product, product
from fastnn._kernels.layers.stage cimport gradient_of, input_of, stride_of
from fastnn._kernels.layers.walk cimport (Run, after, before, length_of, look_up, next_run, note_lengths, step_number,
                                          use)
from fastnn._kernels.native.dtypes cimport FLOAT64
from fastnn._kernels.native.header_recurrent cimport FASTNN_GRU
from fastnn._kernels.native.recurrent cimport add_part, cell_backward, cell_forward, copy_part


cdef void place_shared(const Stage *stage, Buffers *buffers, floating *memory, Py_ssize_t rows,
                       Py_ssize_t kept) noexcept nogil:
    """Lay out the memory that shapes.shared_numbers asks for, for a block of so many rows."""
    buffers.kept = kept
    buffers.uses = memory
    buffers.gates = memory + rows * kept * stage.lda
    buffers.states = <floating *> buffers.gates + rows * kept * stage.ldg
    buffers.work = <floating *> buffers.states + rows * (kept + 1) * stage.lds


cdef void place_shared_as(const Stage *stage, Buffers *buffers, void *memory, Py_ssize_t rows, Py_ssize_t kept,
                          int dtype) noexcept nogil:
    if dtype == FLOAT64:
        place_shared(stage, buffers, <double *> memory, rows, kept)
    else:
        place_shared(stage, buffers, <float *> memory, rows, kept)


cdef void shared_forward(const Pass *p, int t, floating tag) noexcept nogil:
    """The outputs of stage t for rows r0..r1 of the block."""
    cdef const Stage *stage = &p.stages[t]
    cdef const Buffers *b = &p.buffers[t]
    cdef Py_ssize_t i, step, r
    cdef Run run
    cdef floating *h
    note_lengths(p, stage, b, tag)
    for r in range(p.r0, p.r1):
        h = <floating *> b.h + r * stage.ld
        if stage.output != ALL or stage.lengths >= 0 or stage.ld > stage.n:
            memset(h, 0, stage.ld * sizeof(floating))
        if stage.traits.recurs and length_of(stage, b, r, tag):
            begin(p, stage, b, r, tag)
    for i in range(stage.places):
        step = step_number(stage, i)
        run = next_run(stage, b, p.r0, p.r1, step, tag)
        while run.begin < run.end:
            step_forward(p, t, step, run, tag)
            run = next_run(stage, b, run.end, p.r1, step, tag)
    if not p.training and stage.carried >= 0:
        leave(p, stage, b, tag)
    if stage.output == MEAN:
        for r in range(p.r0, p.r1):
            h = <floating *> b.h + r * stage.ld
            for i in range(stage.n):
                h[i] /= n_steps(p, stage, b, r, tag)


cdef inline void begin(const Pass *p, const Stage *stage, const Buffers *b, Py_ssize_t r, floating tag) noexcept nogil:
    """A row's first step finds outputs and a state of zero, or those that the row brings."""
    cdef Py_ssize_t step = length_of(stage, b, r, tag) - 1 if stage.reverse else 0
    cdef floating *own = <floating *> b.uses + (use(stage, b, p.rows, step) + r) * stage.lda
    cdef floating *state = <floating *> b.states + (before(stage, b, p.rows, step) + r) * stage.lds
    memset(own, 0, stage.own * sizeof(floating))
    memset(state, 0, stage.lds * sizeof(floating))
    if stage.carried >= 0:
        take_carried(p, stage, r, own, state)
    if stage.total >= 0:
        take_total(p, stage, r, <floating *> b.h + r * stage.ld)


cdef inline void step_forward(const Pass *p, int t, Py_ssize_t step, Run run, floating tag) noexcept nogil:
    cdef const Stage *stage = &p.stages[t]
    cdef const Buffers *b = &p.buffers[t]
    cdef Py_ssize_t m = run.end - run.begin, at = use(stage, b, p.rows, step) + run.begin, ldx = stride_of(p, stage.source)
    cdef Py_ssize_t n = stage.units, next = step - 1 if stage.reverse else step + 1, r
    cdef floating *a = <floating *> b.uses + at * stage.lda
    cdef floating *z = <floating *> b.gates + at * stage.ldg
    cdef floating *h = <floating *> b.work + run.begin * stage.ldw
    cdef const floating *x = input_of(p, stage.source, tag) + (run.begin - p.r0) * ldx + step * stage.width
    if stage.levels:
        look_up(stage, m, x, ldx, a)
    else:
        copy_part(p.k, m, stage.width, x, ldx, a + stage.own, stage.lda)
    if stage.cell == FASTNN_GRU:
        for r in range(m):
            a[r * stage.lda + n] = 1
    product(p.k, stage, &p.dense[stage.layer], m, a, z, tag)
    if not stage.traits.recurs:
        put_out(p, t, step, run, z, stage.ldg, tag)
        return
    cell_forward(p.k, stage.cell, m, stage.padded, z, stage.ldg,
                 <const floating *> b.states + (before(stage, b, p.rows, step) + run.begin) * stage.lds,
                 <floating *> b.states + (after(stage, b, p.rows, step) + run.begin) * stage.lds, stage.lds, h, stage.ldw)
    if 0 <= next < stage.places:
        copy_part(p.k, m, n, <const floating *> h, stage.ldw,
                  <floating *> b.uses + (use(stage, b, p.rows, next) + run.begin) * stage.lda, stage.lda)
    put_out(p, t, step, run, h, stage.ldw, tag)


cdef inline bint ends(const Stage *stage, const Buffers *b, Py_ssize_t r, Py_ssize_t step, floating tag) noexcept nogil:
    """Whether a step is the last that is taken of row r."""
    return step == 0 if stage.reverse else step + 1 == length_of(stage, b, r, tag)


cdef inline void put_out(const Pass *p, int t, Py_ssize_t step, Run run, const floating *h, Py_ssize_t ldh,
                         floating tag) noexcept nogil:
    """What becomes of the outputs of a step."""
    cdef const Stage *stage = &p.stages[t]
    cdef floating *to = <floating *> p.buffers[t].h + run.begin * stage.ld
    cdef Py_ssize_t m = run.end - run.begin, r
    if stage.output == ALL:
        copy_part(p.k, m, stage.units, h, ldh, to + step * stage.units, stage.ld)
    elif stage.output == MEAN:
        add_part(p.k, m, stage.units, <floating> 1, h, ldh, to, stage.ld)
    elif stage.lengths < 0 or stage.reverse:
        if ends(stage, &p.buffers[t], run.begin, step, tag):
            copy_part(p.k, m, stage.units, h, ldh, to, stage.ld)
    else:
        for r in range(m):
            if ends(stage, &p.buffers[t], run.begin + r, step, tag):
                copy_part(p.k, 1, stage.units, h + r * ldh, ldh, to + r * stage.ld, stage.ld)


cdef void shared_backward(const Pass *p, int t, floating tag) noexcept nogil:
    """From the gradient by the outputs of stage t to that by its gates at every step, and what is due to its source."""
    cdef const Stage *stage = &p.stages[t]
    cdef const Buffers *b = &p.buffers[t]
    cdef Py_ssize_t i, step, r, ldx = stride_of(p, stage.source)
    cdef floating *dx = gradient_of(p, stage.source, tag)
    cdef Run run
    for r in range(p.r0, p.r1):
        memset(<floating *> b.work + r * stage.ldw, 0, 2 * stage.padded * sizeof(floating))
    if dx != NULL and not stage.add_source:
        memset(dx, 0, (p.r1 - p.r0) * ldx * sizeof(floating))
    for i in range(stage.places - 1, -1, -1):
        step = step_number(stage, i)
        run = next_run(stage, b, p.r0, p.r1, step, tag)
        while run.begin < run.end:
            step_backward(p, t, step, run, dx, ldx, tag)
            run = next_run(stage, b, run.end, p.r1, step, tag)


cdef inline void take_back(const Pass *p, int t, Py_ssize_t step, Run run, floating *dh, Py_ssize_t ldh,
                           floating tag) noexcept nogil:
    """dh += the gradient by the outputs of a step."""
    cdef const Stage *stage = &p.stages[t]
    cdef const Buffers *b = &p.buffers[t]
    cdef const floating *d = <const floating *> b.d + run.begin * stage.ld
    cdef Py_ssize_t m = run.end - run.begin, r
    if stage.output == ALL:
        add_part(p.k, m, stage.units, <floating> 1, d + step * stage.units, stage.ld, dh, ldh)
        return
    for r in range(m):
        if stage.output == MEAN:
            add_part(p.k, 1, stage.units, <floating> 1 / <floating> length_of(stage, b, run.begin + r, tag),
                     d + r * stage.ld, stage.ld, dh + r * ldh, ldh)
        elif ends(stage, b, run.begin + r, step, tag):
            add_part(p.k, 1, stage.units, <floating> 1, d + r * stage.ld, stage.ld, dh + r * ldh, ldh)


cdef inline void step_backward(const Pass *p, int t, Py_ssize_t step, Run run, floating *dx, Py_ssize_t ldx,
                               floating tag) noexcept nogil:
    cdef const Stage *stage = &p.stages[t]
    cdef const Buffers *b = &p.buffers[t]
    cdef const Dense *layer = &p.dense[stage.layer]
    cdef Py_ssize_t m = run.end - run.begin, at = use(stage, b, p.rows, step) + run.begin, n = stage.units, r
    cdef Py_ssize_t previous = step + 1 if stage.reverse else step - 1
    cdef floating *d = <floating *> b.gates + at * stage.ldg
    cdef floating *dh = <floating *> b.work + run.begin * stage.ldw
    cdef floating *carry = dh + stage.padded
    cdef floating *da = carry + stage.padded
    if stage.traits.recurs:
        take_back(p, t, step, run, dh, stage.ldw, tag)
        cell_backward(p.k, stage.cell, m, stage.padded, d, stage.ldg,
                      <const floating *> b.states + (before(stage, b, p.rows, step) + run.begin) * stage.lds,
                      <const floating *> b.states + (after(stage, b, p.rows, step) + run.begin) * stage.lds, stage.lds, dh,
                      carry, stage.ldw)
    else:
        for r in range(m):
            memset(d + r * stage.ldg, 0, stage.ldg * sizeof(floating))
        take_back(p, t, step, run, d, stage.ldg, tag)
    if dx != NULL and not stage.levels:
        back_product(p.k, stage, layer, m, d, False, da, tag)
        dx += (run.begin - p.r0) * ldx + step * stage.width
        add_part(p.k, m, stage.width, <floating> 1, da + stage.own, stage.ldw, dx, ldx)
    if not stage.traits.recurs:
        return
    if stage.truncate and max(step, previous) % stage.truncate == 0:
        for r in range(m):      # the gradient goes no further back than the beginning of a piece
            memset(dh + r * stage.ldw, 0, 2 * stage.padded * sizeof(floating))
    elif 0 <= previous < stage.places:
        back_product(p.k, stage, layer, m, d, True, da, tag)
        copy_part(p.k, m, n, <const floating *> da, stage.ldw, dh, stage.ldw)
        if stage.cell == FASTNN_GRU:
            add_part(p.k, m, n, <floating> 1, <const floating *> carry, stage.ldw, dh, stage.ldw)
