"""The gradient of weights that a row uses many times: the sum over all uses of a block's rows, step by step.

Some uses at a time go to all of a thread's strips, so that what these read of them is in the cache: there are many more
uses than a batch has rows, and rows of gates are wide. How many at a time is fixed, and so is the order of every sum.
"""

from libc.string cimport memset

from fastnn._kernels.layers.dense cimport dense_gradient
from fastnn._kernels.layers.walk cimport Run, next_run, use
from fastnn._kernels.native.header_recurrent cimport FASTNN_GRU

cdef enum:
    AT_ONCE = 96        # uses: of 40 inputs and a panel of gates, they fill most of a first-level cache


cdef void shared_gradients(Kernels k, const Stage *stage, const Buffers *b, const Strip *strips, int n, Py_ssize_t rows,
                           floating *gradient, bint accumulate) noexcept nogil:
    """(+)= the gradients of n strips, each at its place in the whole gradient, over the uses that there are."""
    cdef Py_ssize_t step
    cdef Run run
    cdef int i
    for i in range(0 if accumulate else n):
        memset(gradient + strips[i].offset, 0, strips[i].size * sizeof(floating))
        memset(gradient + strips[i].bias, 0, strips[i].bias_width * sizeof(floating))
    if stage.lengths < 0:
        add_uses(k, stage, b, strips, n, 0, rows * stage.places, gradient)
        return
    for step in range(stage.places):
        run = next_run(stage, b, 0, rows, step, <floating> 0)
        while run.begin < run.end:
            add_uses(k, stage, b, strips, n, use(stage, b, rows, step) + run.begin, run.end - run.begin, gradient)
            run = next_run(stage, b, run.end, rows, step, <floating> 0)


cdef inline void add_uses(Kernels k, const Stage *stage, const Buffers *b, const Strip *strips, int n, Py_ssize_t first,
                          Py_ssize_t count, floating *gradient) noexcept nogil:
    """Uses first..first + count."""
    cdef Py_ssize_t end = first + count, now
    cdef int i
    while first < end:
        now = min(<Py_ssize_t> AT_ONCE, end - first)
        for i in range(n):
            add_strip(k, stage, b, &strips[i], first, now, gradient + strips[i].offset, gradient + strips[i].bias)
        first += now


cdef inline void add_strip(Kernels k, const Stage *stage, const Buffers *b, const Strip *strip, Py_ssize_t first,
                           Py_ssize_t n, floating *g, floating *bias) noexcept nogil:
    cdef const floating *a = <const floating *> b.uses + first * stage.lda + strip.first
    cdef const floating *d = <const floating *> b.gates + first * stage.ldg + strip.column
    cdef Py_ssize_t count = 0
    cdef floating one = 1
    # of a GRU's third gate, what comes from the units themselves has a gradient of its own
    if stage.cell == FASTNN_GRU and stage.traits.recurs and strip.column >= 2 * stage.padded:
        count = max(0, min(strip.count, stage.own - strip.first))
        dense_gradient(k, count, strip.width, n, a, stage.lda, d + stage.padded, stage.ldg, g, True)
    dense_gradient(k, strip.count - count, strip.width, n, a + count, stage.lda, d, stage.ldg, g + count * strip.width,
                   True)
    if strip.bias_width:
        dense_gradient(k, 1, strip.bias_width, n, <const floating *> &one, 0, d, stage.ldg, bias, True)
