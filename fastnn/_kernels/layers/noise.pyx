"""Stages that draw random bits in training, forward beside backward. At prediction they hand their input on, see stages.pyx.

Nothing is stored: the random numbers of a unit are a hash of seed, step, stage, row and unit (csrc/layers/random.inc), so
that the way back draws the mask of the way there once more.
"""

from fastnn._kernels.layers.kinds cimport number_of
from fastnn._kernels.layers.stage cimport Pass, Stage, input_of, stride_of
from fastnn._kernels.native.random cimport bernoulli, dropout, gaussian_noise, random_key
from fastnn._kernels.native.table cimport floating

cdef int DROPOUT = number_of("dropout"), NOISE = number_of("noise"), BERNOULLI = number_of("bernoulli")


cdef void random_stage(const Pass *p, int t, floating tag) noexcept nogil:
    """The outputs of stage t, of a kind that is random, for rows r0..r1 of the block."""
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t rows = p.r1 - p.r0, n = stage.n, ld = stage.ld, ldx = stride_of(p, stage.source)
    cdef Py_ssize_t first_row = p.row_number + p.r0
    cdef unsigned long long key = random_key(p.seed, p.step, t)
    cdef const floating *x = input_of(p, stage.source, tag)
    cdef floating *h = <floating *> p.buffers[t].h + p.r0 * ld
    if stage.kind == DROPOUT:
        dropout(p.k, rows, n, x, ldx, h, ld, key, first_row, stage.value)
    elif stage.kind == NOISE:
        gaussian_noise(p.k, rows, n, x, ldx, h, ld, key, first_row, stage.value)
    elif stage.kind == BERNOULLI:
        bernoulli(p.k, rows, n, x, ldx, h, ld, key, first_row)


cdef void random_stage_backward(const Pass *p, int t, floating tag) noexcept nogil:
    """The gradient by the outputs becomes, where it lies, that by the input: of noise it is the same, and a random bit's is
    taken for that of its probability."""
    cdef const Stage *stage = &p.stages[t]
    cdef floating *d = <floating *> p.buffers[t].d + p.r0 * stage.ld
    if stage.kind == DROPOUT:
        dropout(p.k, p.r1 - p.r0, stage.n, <const floating *> d, stage.ld, d, stage.ld, random_key(p.seed, p.step, t),
                p.row_number + p.r0, stage.value)
