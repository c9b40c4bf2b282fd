"""The sequence of training, written once: forward over layers, loss, backward over layers, gradient and update.

A range of batches is one call without the interpreter, inside one parallel region. A step has two phases:

    rows      each thread takes its rows of the batch through gather, forward, loss and backward; rows are independent.
              On a small net it goes on to gradients of groups of rows, which the next phase then adds up
    barrier
    strips    each thread computes the gradient of its strips of the weights over the whole batch, in the order of the
              rows, and updates them at once, while they are in its cache
    barrier

No sum is ever split across threads, so the bits of the result depend neither on their number nor on their shares
(shares.pyx). A batch of more than block_rows rows goes through in blocks: their gradients add up, in order, before the
update. So do those of several processes that train one network (exchange.pyx): a step then takes part in the sum even if
this process has no rows left for it.
"""

from cython.parallel cimport parallel, threadid
from libc.math cimport INFINITY, sqrt
from libc.string cimport memset

from fastnn._kernels.training.chunks cimport there_and_back
from fastnn._kernels.training.copies cimport copy_rows
from fastnn._kernels.training.exchange cimport exchange
from fastnn._kernels.training.groups cimport group_gradients
from fastnn._kernels.training.limits cimport limit_norms
from fastnn._kernels.native.dtypes cimport FLOAT64
from fastnn._kernels.native.platform cimport (fastnn_flush_denormals, fastnn_restore_denormals, fastnn_team_size,
                                              fastnn_ticks, fastnn_wait)
from fastnn._kernels.training.rows cimport pass_of, sum_of
from fastnn._kernels.training.shares cimport bounds_of, cut, measures, next_turn, note, start_shares
from fastnn._kernels.layers.stage cimport Pass
from fastnn._kernels.training.plastic cimport counts_squares, counts_use, mean_squares
from fastnn._kernels.training.strips cimport (Share, strip_gradients, strip_norms, strip_share, strip_squares,
                                              update_strips)
from fastnn._kernels.training.sums cimport grouped
from fastnn._kernels.training.sweep cimport Sweep
from fastnn._kernels.training.ties cimport sum_ties
from fastnn._kernels.training.usage cimport count_use
from fastnn._kernels.native.table cimport floating


cdef void sweep_as(Sweep *s, int n_threads, int dtype) noexcept nogil:
    """sweep_threads for memory of the dtype of that number."""
    if dtype == FLOAT64:
        sweep_threads(s, n_threads, <double> 0)
    else:
        sweep_threads(s, n_threads, <float> 0)


cdef void sweep_threads(Sweep *s, int n_threads, floating tag) noexcept nogil:
    """Batches begin..end on n_threads threads; one thread never touches OpenMP."""
    if n_threads == 1:
        sweep(s, 0, 1, tag)
    else:
        with parallel(num_threads=n_threads):
            if threadid() == 0:     # the runtime may have given fewer than were asked for
                start_shares(&s.shares, fastnn_team_size())
            barrier(s, fastnn_team_size())
            sweep(s, threadid(), fastnn_team_size(), tag)


cdef inline void barrier(Sweep *s, int team) noexcept nogil:
    if team > 1:
        fastnn_wait(&s.barrier, team)


cdef void sweep(Sweep *s, int thread, int team, floating tag) noexcept nogil:
    cdef unsigned long long float_state = fastnn_flush_denormals()
    cdef Py_ssize_t b, start, rows, done, n
    cdef Part part = no_part()
    cdef double weight, loss
    cdef bint at_once, clipped, more, later
    if team == 1:
        part.strips = strip_share(s, NULL, 0)
    for b in range(s.begin, s.end):
        start = b * s.batch_size
        rows = max(<Py_ssize_t> 0, min(s.batch_size, s.data.n_rows - start))
        weight = weight_sum(s, s.data.order + start, rows, tag)
        if weight <= 0 and s.exchange == NULL:      # every row weighs nothing: as if the batch were absent
            continue
        clipped = s.rule >= 0 and s.clip_norm < INFINITY
        later = s.tied or s.exchange != NULL        # the gradient of the rows is not all of it
        at_once = s.rule >= 0 and (grouped(s) or rows <= s.block_rows) and not clipped and not later
        at_once = at_once and not counts_squares(s)
        if rows == 0:
            no_rows(s, &part, thread, team, tag)
        done = 0
        loss = 0
        while done < rows:
            n = rows if grouped(s) else min(s.block_rows, rows - done)
            more = b + 1 < s.end and start + done + 2 * n <= s.data.n_rows
            if team > 1:
                take_part(s, &part, thread)
            rows_phase(s, start, done, n, s.step + b - s.begin, more, part.bounds, thread, team, tag)
            if part.measuring and not s.waits_in_rows:
                note(&s.shares.rows, thread, fastnn_ticks() - part.since, row_part(s, n, part.bounds, thread))
            barrier(s, team)
            if counts_use(s):
                count_use(s, s.data.order + start + done, n, done > 0, done + n == rows, weight, thread, team, tag)
                barrier(s, team)
            part.since = fastnn_ticks() if part.measuring else 0
            if thread == 0:
                loss += sum_of(s.group_loss, s.n_groups) if grouped(s) else sum_of(s.row_loss, n)
            strip_gradients(s, &part.strips, part.bounds, thread, team, n, done > 0 or s.accumulate,
                            b if at_once else -1, weight, clipped and done + n == rows and not later, tag)
            part.in_strips = fastnn_ticks() - part.since if part.measuring else 0
            if thread == 0 and team > 1:
                next_turn(&s.shares)
            barrier(s, team)
            done += n
        if s.rule >= 0 and s.tied:
            sum_ties(s, thread, team, tag)
            barrier(s, team)
        if s.exchange != NULL:
            if thread == 0:
                exchange(s, weight, rows, loss, float_state)
            barrier(s, team)
            weight, rows, loss = s.totals[0], <Py_ssize_t> s.totals[1], s.totals[2]
            barrier(s, team)
            if s.failed:
                break
            if weight <= 0:
                continue
        if clipped and later:
            strip_norms(s, &part.strips, weight, tag)
            barrier(s, team)
        if counts_squares(s):
            strip_squares(s, &part.strips, weight, tag)
            barrier(s, team)
            if thread == 0:
                mean_squares(s)
            barrier(s, team)
        if s.rule >= 0 and not at_once:
            update_strips(s, &part.strips, b, weight, clip_factor(s) if clipped else 1, tag)
            barrier(s, team)
        if s.rule >= 0 and s.max_norm < INFINITY:
            limit_norms(s, thread, team, tag)
            barrier(s, team)
        if thread == 0:
            loss = (s.loss_scale * loss + sum_of(s.penalty, s.n_strips)) / weight
            s.loss_sum += loss * rows
    if part.in_strips:
        note(&s.shares.strips, thread, part.in_strips, part.strips.part)
    fastnn_restore_denormals(float_state)


cdef inline void rows_phase(Sweep *s, Py_ssize_t start, Py_ssize_t done, Py_ssize_t n, long long step, bint more,
                            const double *bounds, int thread, int team, floating tag) noexcept nogil:
    """A thread's rows of the block order[start + done:][:n], or its groups of a batch. more: as much follows."""
    cdef Pass p
    if grouped(s):
        group_gradients(s, start, n, step, more, bounds, thread, tag)
        return
    p = pass_of(s, s.data.order + start + done, n, bounds, thread, team, tag)
    p.step, p.row_number = step, done
    p.batch.before += start - s.begin * s.batch_size
    there_and_back(s, p, n if more else 0, tag)
    copy_rows(s, p.r0, p.r1, tag)


cdef struct Part:                       # a thread's part in the work, and what it notes of it
    const double *bounds                # of the shares of rows; NULL: a single thread has them all
    Share strips
    long long version                   # of the shares
    bint measuring
    unsigned long long since, in_strips


cdef inline Part no_part() noexcept nogil:
    """Of no version of the shares."""
    cdef Part part
    memset(&part, 0, sizeof(part))
    part.version = -1
    return part


cdef inline void take_part(Sweep *s, Part *part, int thread) noexcept nogil:
    """At the beginning of a turn, when nobody changes the shares or looks at notes."""
    if part.in_strips:
        note(&s.shares.strips, thread, part.in_strips, part.strips.part)
    if part.version != s.shares.version:
        part.version = s.shares.version
        part.bounds = bounds_of(&s.shares, &s.shares.rows)
        part.strips = strip_share(s, bounds_of(&s.shares, &s.shares.strips), thread)
    part.measuring = measures(&s.shares)
    if part.measuring:
        part.since = fastnn_ticks()


cdef inline void no_rows(Sweep *s, Part *part, int thread, int team, floating tag) noexcept nogil:
    """A step of which a process has no rows: a gradient of zero."""
    if team > 1:
        take_part(s, part, thread)
    part.in_strips = 0
    if thread == 0:
        memset(s.gradient, 0, s.n_master * sizeof(floating))
    barrier(s, team)


cdef inline double row_part(const Sweep *s, Py_ssize_t rows, const double *bounds, int thread) noexcept nogil:
    """What a thread has of the rows of a block."""
    cdef Py_ssize_t n = s.n_groups if grouped(s) else rows
    return <double> (cut(n, bounds, thread + 1) - cut(n, bounds, thread)) / <double> n


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
