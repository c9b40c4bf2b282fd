"""The sequence of training, written once: forward over layers, loss, backward over layers, gradient and update.

A range of batches is one call without the interpreter, inside one parallel region. A step has two phases:

    rows      each thread takes its rows of the batch through gather, forward, loss and backward; rows are independent
    barrier
    strips    each thread computes the gradient of its strips of the weights over the whole batch, in the order of the
              rows, and updates them at once, while they are in its cache
    barrier

No sum is ever split across threads, so the bits of the result do not depend on their number. A batch of more than
block_rows rows goes through in blocks: their gradients add up, in order, before the update.
"""

from cython.parallel cimport parallel, threadid
from libc.math cimport INFINITY, sqrt
from libc.string cimport memset

from fastnn._kernels.header cimport (fastnn_flush_denormals, fastnn_restore_denormals, fastnn_team_size, fastnn_wait)
from fastnn._kernels.sparse cimport sort_share
from fastnn._kernels.stages cimport Buffers, Pass, Stage, stage_backward, stage_forward
from fastnn._kernels.strips cimport limit_norms, strip_gradients, strip_share, update_strips
from fastnn._kernels.sweep cimport Sweep
from fastnn._kernels.table cimport floating, gather, loss_rows


cdef void sweep_threads(Sweep *s, int n_threads, floating tag) noexcept nogil:
    """Batches begin..end on n_threads threads; one thread never touches OpenMP."""
    if n_threads == 1:
        sweep(s, 0, 1, tag)
    else:
        with parallel(num_threads=n_threads):
            sweep(s, threadid(), fastnn_team_size(), tag)


cdef inline void barrier(Sweep *s, int team) noexcept nogil:
    if team > 1:
        fastnn_wait(&s.barrier, team)


cdef void sweep(Sweep *s, int thread, int team, floating tag) noexcept nogil:
    cdef unsigned long long float_state = fastnn_flush_denormals()
    cdef Py_ssize_t b, start, rows, done, n
    cdef int first_strip = strip_share(s, thread, team), end_strip = strip_share(s, thread + 1, team)
    cdef double weight, loss
    cdef bint at_once, clipped
    cdef Pass p
    for b in range(s.begin, s.end):
        start = b * s.batch_size
        rows = min(s.batch_size, s.data.n_rows - start)
        weight = weight_sum(s, s.data.order + start, rows, tag)
        if weight <= 0:             # every row weighs nothing: as if the batch were absent
            continue
        clipped = s.rule >= 0 and s.clip_norm < INFINITY
        at_once = s.rule >= 0 and rows <= s.block_rows and not clipped
        done = 0
        loss = 0
        while done < rows:
            n = min(s.block_rows, rows - done)
            p = pass_of(s, s.data.order + start + done, n, thread, team)
            p.step, p.row_number = s.step + b - s.begin, done
            forward(s, &p, n if b + 1 < s.end and start + done + 2 * n <= s.data.n_rows else 0, tag)
            backward(s, &p, tag)
            barrier(s, team)
            if thread == 0:
                loss += sum_of(s.row_loss, n)
            strip_gradients(s, first_strip, end_strip, thread, team, n, done > 0 or s.accumulate,
                            b if at_once else -1, weight, clipped and done + n == rows, tag)
            barrier(s, team)
            done += n
        if s.rule >= 0 and not at_once:
            update_strips(s, first_strip, end_strip, b, weight, clip_factor(s) if clipped else 1, tag)
            barrier(s, team)
        if s.rule >= 0 and s.max_norm < INFINITY:
            limit_norms(s, thread, team, tag)
            barrier(s, team)
        if thread == 0:
            loss = (s.loss_scale * loss + sum_of(s.penalty, s.n_strips)) / weight
            s.loss_sum += loss * rows
    fastnn_restore_denormals(float_state)


cdef inline double sum_of(const double *x, Py_ssize_t n) noexcept nogil:
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


cdef inline double clip_factor(const Sweep *s) noexcept nogil:
    """What shrinks the gradient to norm clip_norm: every thread adds up the strips' parts in the same order."""
    cdef double norm = sqrt(sum_of(s.norms, s.n_strips))
    return s.clip_norm / norm if norm > s.clip_norm else 1


cdef inline double weight_sum(const Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, floating tag) noexcept nogil:
    cdef const floating *weight = <const floating *> s.data.weight
    cdef double total = 0
    cdef Py_ssize_t r
    if weight == NULL:
        return <double> rows
    for r in range(rows):
        total += weight[sample[r]]
    return total


cdef Pass pass_of(Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, int thread, int team) noexcept nogil:
    """A thread's share of a block of rows."""
    cdef Pass p
    p.k, p.stages, p.dense, p.buffers, p.custom = s.k, s.stages, s.dense, s.buffers, s.custom
    p.x, p.ldx, p.dx, p.csr, p.sample, p.packed = s.x, s.ldx, s.dx, s.data.csr, sample, s.packed
    p.rows, p.r0, p.r1 = rows, rows * thread // team, rows * (thread + 1) // team
    p.row_number, p.seed, p.step, p.training, p.track = 0, s.seed, 0, s.training, s.track
    p.thread, p.team, p.barrier = thread, team, &s.barrier
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
    for t in range(s.n_stages):
        stage_forward(p, t, tag)


cdef void backward(Sweep *s, const Pass *p, floating tag) noexcept nogil:
    """The loss of rows r0..r1 and its gradient, back through all stages."""
    cdef const Stage *last = &s.stages[s.n_stages - 1]
    cdef const Buffers *at = &s.buffers[s.n_stages - 1]
    cdef int t
    if p.r1 > p.r0:
        loss_rows(s.k, s.loss, p.r1 - p.r0, last.n, <const floating *> at.h + p.r0 * last.ld,
                  <floating *> at.d + p.r0 * last.ld, last.ld, s.data.labels, <const floating *> s.data.y, s.data.ldy,
                  <const floating *> s.data.weight, <const floating *> s.data.parameter, p.sample + p.r0,
                  s.row_loss + p.r0)
    for t in range(s.n_stages - 1, -1, -1):
        stage_backward(p, t, tag)


cdef void layer_rows(Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, Py_ssize_t unit, floating tag) noexcept nogil:
    """Inference of a block: the outputs of all stages and, for a unit >= 0 of the last, its gradient by the input."""
    cdef const Stage *last = &s.stages[s.n_stages - 1]
    cdef floating *d = <floating *> s.buffers[s.n_stages - 1].d
    cdef unsigned long long float_state = fastnn_flush_denormals()
    cdef Pass p = pass_of(s, sample, rows, 0, 1)
    cdef Py_ssize_t r
    cdef int t
    forward(s, &p, 0, tag)
    if unit >= 0:
        memset(d, 0, rows * last.ld * sizeof(floating))
        for r in range(rows):
            d[r * last.ld + unit] = 1
        for t in range(s.n_stages - 1, -1, -1):
            stage_backward(&p, t, tag)
    fastnn_restore_denormals(float_state)
