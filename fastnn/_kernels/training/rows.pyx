"""The first phase of a step: rows of a batch through all layers, loss, and back. Rows are independent of each other."""

from libc.string cimport memset

from fastnn._kernels.native.dtypes cimport FLOAT64
from fastnn._kernels.native.platform cimport fastnn_flush_denormals, fastnn_restore_denormals
from fastnn._kernels.training.shares cimport cut
from fastnn._kernels.layers.sparse cimport fill_rows, sort_share
from fastnn._kernels.layers.stage cimport Batch, Buffers, Pass, Stage
from fastnn._kernels.layers.stages cimport activity_penalty
from fastnn._kernels.training.operands cimport round_inputs
from fastnn._kernels.training.steps cimport step_losses
from fastnn._kernels.training.sweep cimport Sweep
from fastnn._kernels.training.tiled cimport back_through, forward_through
from fastnn._kernels.native.table cimport floating, gather, loss_rows, tile_rows
from fastnn._kernels.layers.zeros cimport ZERO_BLOCK, find_zeros, pieces_before, tiles_from, word_bits


cdef enum:
    SAMPLE = 24         # rows that are looked at to guess how many zeros there are

cdef double FEWEST = 1.5    # rows of equal weight that have a variance


cdef double nonzero_share(Sweep *s, floating tag) noexcept nogil:
    """How much of the input is not zero, by a sample of the rows of the coming batches.

    Counted are pieces of ZERO_BLOCK columns of a row, as gradients leave them out: the share of those that hold a number
    other than zero. It is 1, without a look at any row, if no layer that takes the input can leave zeros out.
    """
    cdef Py_ssize_t first = s.begin * s.batch_size, rows = min(s.end * s.batch_size, s.data.n_rows) - first
    cdef Py_ssize_t n = min(<Py_ssize_t> SAMPLE, rows), blocks = (s.n_in + ZERO_BLOCK - 1) // ZERO_BLOCK
    cdef Py_ssize_t r, block, i, found = 0
    cdef floating *x = <floating *> s.x
    cdef bint some = False
    for i in range(s.n_stages):
        some |= (s.stages[i].traits.reads_sparse and s.stages[i].source < 0
                 and not s.dense[s.stages[i].layer].narrow and s.dense[s.stages[i].layer].tiles == NULL)
    if not some:
        return 1
    for r in range(n):
        gather(s.k, 1, s.n_in, s.data.x, s.data.x_other, s.data.ldx, s.data.order + first + rows * r // n, NULL, x,
               s.ldx)
        for block in range(blocks):
            some = False
            for i in range(block * ZERO_BLOCK, min((block + 1) * ZERO_BLOCK, s.n_in)):
                some |= x[i] != 0
            found += some
    return <double> found / <double> max(n * blocks, 1)


cdef double nonzero_share_as(Sweep *s, int dtype) noexcept nogil:
    return nonzero_share(s, <double> 0) if dtype == FLOAT64 else nonzero_share(s, <float> 0)


cdef Batch batch_of(const Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, floating tag) noexcept nogil:
    """What these rows weigh as a batch. Those that are worth no two of equal weight have no variance."""
    cdef const floating *weight = <const floating *> s.data.weight
    cdef double total = 0, squares = 0, w, equal_rows
    cdef Py_ssize_t r
    cdef Batch batch
    if weight == NULL:
        total = squares = rows
    else:
        for r in range(rows):
            w = weight[sample[r]] / s.mean_weight
            total += w
            squares += w * w
    equal_rows = total * total / squares
    batch.unbiased = equal_rows / (equal_rows - 1) if equal_rows >= FEWEST else 0
    batch.weight, batch.total, batch.rows = s.data.weight, total * s.mean_weight, total
    batch.whole, batch.before = s.whole_batch, s.rows_before
    return batch


cdef Batch batch_as(const Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, int dtype) noexcept nogil:
    if dtype == FLOAT64:
        return batch_of(s, sample, rows, <double> 0)
    return batch_of(s, sample, rows, <float> 0)


cdef Pass pass_of(Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, const double *bounds, int thread, int team,
                  floating tag) noexcept nogil:
    """A thread's share of a block of rows; bounds: NULL for a team of one."""
    cdef Pass p
    p.k, p.stages, p.dense, p.buffers, p.custom = s.k, s.stages, s.dense, s.buffers, s.custom
    p.x, p.ldx, p.dx, p.csr, p.sample, p.packed = s.x, s.ldx, s.dx, s.data.csr, sample, s.packed
    p.operand = s.operand
    p.rows, p.r0, p.r1 = rows, cut(rows, bounds, thread), cut(rows, bounds, thread + 1)
    p.row_number, p.seed, p.step, p.training, p.track = 0, s.seed, 0, s.training, s.track
    p.weight = s.data.weight
    memset(&p.batch, 0, sizeof(p.batch))
    if s.waits_in_rows and s.training:
        p.batch = batch_of(s, sample, rows, tag)
    p.thread, p.team, p.barrier = thread, team, &s.barrier
    p.nonzero.columns = NULL
    if s.skips_zeros:
        p.nonzero = tiles_from(&s.zeros, pieces_before(rows, tile_rows(s.k, tag), bounds, thread))
        p.word = pieces_before(rows, word_bits(tag), bounds, thread)
    return p


cdef void forward(Sweep *s, const Pass *p, Py_ssize_t ahead, floating tag) noexcept nogil:
    """Rows r0..r1 of a block through all stages.

    Unless `ahead` is zero, the rows that many further on are the next block's: they are fetched into the cache.
    """
    cdef const Py_ssize_t *sample = p.sample + p.r0
    cdef int t
    if s.data.csr != NULL:
        sort_share(s.k, s.data.csr, p.sample, p.r0, p.r1, &s.entries, p.thread, tag)
    elif p.r1 > p.r0:
        gather(s.k, p.r1 - p.r0, s.n_in, s.data.x, s.data.x_other, s.data.ldx, sample,
               sample + ahead if ahead else NULL, <floating *> s.x + p.r0 * s.ldx, s.ldx)
        round_inputs(s, p.r0, p.r1, tag)
        if p.nonzero.columns != NULL:
            find_zeros(s.k, &s.zeros, &p.nonzero, p.word, p.r0, p.r1, s.n_in, <const floating *> s.x, s.ldx)
    for t in range(s.n_stages):
        forward_through(s, p, t, tag)


cdef void backward(Sweep *s, const Pass *p, floating tag) noexcept nogil:
    """The loss of rows r0..r1 and its gradient, back through all stages."""
    losses(s, p, tag)
    stages_backward(s, p, tag)


cdef void stages_backward(Sweep *s, const Pass *p, floating tag) noexcept nogil:
    """From the gradient by the outputs of the last stage to all the others."""
    cdef int t
    for t in range(s.n_stages - 1, -1, -1):
        back_through(s, p, t, tag)


cdef void losses(Sweep *s, const Pass *p, floating tag) noexcept nogil:
    """The loss of rows r0..r1 and its gradient by the outputs."""
    cdef const Stage *last = &s.stages[s.n_stages - 1]
    cdef const Buffers *at = &s.buffers[s.n_stages - 1]
    cdef const floating *y = <const floating *> s.data.y
    cdef const floating *weight = <const floating *> s.data.weight
    cdef Py_ssize_t ldy = s.data.ldy, r
    cdef const Py_ssize_t *sample = p.sample + p.r0
    cdef int t
    if p.r1 == p.r0:
        return
    if s.each_step.steps:
        step_losses(s, p, tag)
        return
    if s.targets.y != NULL:
        fill_targets(s, p, tag)
        y, ldy, sample = <const floating *> s.targets.y, s.targets.ld, s.targets.order + p.r0
        if weight != NULL:
            weight = <const floating *> s.targets.weight
    loss_rows(s.k, s.loss, p.r1 - p.r0, last.n, <const floating *> at.h + p.r0 * last.ld,
              <floating *> at.d + p.r0 * last.ld, last.ld, s.data.labels, y, ldy, weight,
              <const floating *> s.data.parameter, s.loss_low, s.loss_high, sample, s.row_loss + p.r0)
    for t in range(s.n_stages):
        if s.stages[t].traits.penalises and s.training:
            for r in range(p.r0, p.r1):
                s.row_loss[r] += activity_penalty(p, t, r, tag) / s.loss_scale


cdef void fill_targets(Sweep *s, const Pass *p, floating tag) noexcept nogil:
    """The sparse rows r0..r1 of a block as their own targets, and their weights."""
    cdef Py_ssize_t r
    fill_rows(s.data.csr, p.sample + p.r0, p.r1 - p.r0, <floating *> s.targets.y + p.r0 * s.targets.ld, s.targets.ld)
    if s.data.weight != NULL:
        for r in range(p.r0, p.r1):
            (<floating *> s.targets.weight)[r] = (<const floating *> s.data.weight)[p.sample[r]]


cdef void layer_rows(Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, Py_ssize_t unit, floating tag) noexcept nogil:
    """Inference of a block: the outputs of all stages and, for a unit >= 0 of the last, its gradient by the input."""
    cdef const Stage *last = &s.stages[s.n_stages - 1]
    cdef floating *d = <floating *> s.buffers[s.n_stages - 1].d
    cdef unsigned long long float_state = fastnn_flush_denormals()
    cdef Pass p = pass_of(s, sample, rows, NULL, 0, 1, tag)
    cdef Py_ssize_t r
    forward(s, &p, 0, tag)
    if unit >= 0:
        memset(d, 0, rows * last.ld * sizeof(floating))
        for r in range(rows):
            d[r * last.ld + unit] = 1
        stages_backward(s, &p, tag)
    fastnn_restore_denormals(float_state)


cdef void layer_rows_as(Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, Py_ssize_t unit, int dtype) noexcept nogil:
    if dtype == FLOAT64:
        layer_rows(s, sample, rows, unit, <double> 0)
    else:
        layer_rows(s, sample, rows, unit, <float> 0)


cdef double sum_of(const double *x, Py_ssize_t n) noexcept nogil:
    """In four interleaved partial sums: a fixed order that does not wait for each addition."""
    cdef double a = 0, b = 0, c = 0, d = 0
    cdef Py_ssize_t i
    for i in range(n // 4):
        a += x[4 * i]
        b += x[4 * i + 1]
        c += x[4 * i + 2]
        d += x[4 * i + 3]
    for i in range(n // 4 * 4, n):
        a += x[i]
    return (a + b) + (c + d)
