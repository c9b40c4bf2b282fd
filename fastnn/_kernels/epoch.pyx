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
from libc.math cimport INFINITY
from libc.string cimport memset

from fastnn._kernels.dense cimport Dense, dense_backward, dense_forward, dense_gradient
from fastnn._kernels.packing cimport transpose_panels
from fastnn._kernels.plan cimport Strip
from fastnn._kernels.sparse cimport sort_share, sparse_forward, sparse_gradient
from fastnn._kernels.header cimport (FASTNN_N_COEFFICIENTS, fastnn_flush_denormals,
                                     fastnn_restore_denormals, fastnn_step, fastnn_team_size, fastnn_wait)
from fastnn._kernels.table cimport activation_backward, floating, gather, lanes, loss_rows, update


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
    cdef bint at_once
    for b in range(s.begin, s.end):
        start = b * s.batch_size
        rows = min(s.batch_size, s.data.n_rows - start)
        weight = weight_sum(s, s.data.order + start, rows, tag)
        if weight <= 0:             # every row weighs nothing: as if the batch were absent
            continue
        at_once = s.rule >= 0 and rows <= s.block_rows
        done = 0
        loss = 0
        while done < rows:
            n = min(s.block_rows, rows - done)
            forward_backward(s, s.data.order + start + done, n * thread // team, n * (thread + 1) // team,
                             n if b + 1 < s.end and start + done + 2 * n <= s.data.n_rows else 0, thread, tag)
            barrier(s, team)
            if thread == 0:
                loss += sum_of(s.row_loss, n)
            update_strips(s, b, first_strip, end_strip, thread, team, n, True, done > 0, at_once, weight, tag)
            barrier(s, team)
            done += n
        if s.rule >= 0 and not at_once:
            update_strips(s, b, first_strip, end_strip, thread, team, 0, False, False, True, weight, tag)
            barrier(s, team)
        if thread == 0:
            loss = (s.loss_scale * loss + 0.5 * s.alpha * sum_of(s.squares, s.n_strips)) / weight
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


cdef inline double weight_sum(const Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, floating tag) noexcept nogil:
    cdef const floating *weight = <const floating *> s.data.weight
    cdef double total = 0
    cdef Py_ssize_t r
    if weight == NULL:
        return <double> rows
    for r in range(rows):
        total += weight[sample[r]]
    return total


cdef int strip_share(const Sweep *s, int thread, int team) noexcept nogil:
    """First strip of a thread: shares are contiguous and of about equal cost."""
    cdef double total = 0, before = 0
    cdef int i
    for i in range(s.n_strips):
        total += strip_cost(s, i)
    for i in range(s.n_strips):
        if before + 0.5 * strip_cost(s, i) >= total * thread / team:
            return i
        before += strip_cost(s, i)
    return s.n_strips


cdef inline double strip_cost(const Sweep *s, int i) noexcept nogil:
    """Multiply-adds of a strip in a step, about. One from sparse rows costs four, an update as much as sixteen."""
    cdef double rows = <double> s.batch_size
    if s.data.csr != NULL and s.strips[i].layer == 0:
        rows = min(rows, 4 * s.density * rows)
    return s.strips[i].cost * (rows + 16)


cdef void forward_backward(Sweep *s, const Py_ssize_t *sample, Py_ssize_t r0, Py_ssize_t r1, Py_ssize_t ahead,
                           int thread, floating tag) noexcept nogil:
    """Rows r0..r1 of a block through all layers and back: fills h, d and row_loss.

    Unless `ahead` is zero, the rows that many further on are the next block's: they are fetched into the cache.
    """
    cdef Py_ssize_t rows = r1 - r0, ldx = s.ldx
    cdef floating *x = <floating *> s.x + r0 * ldx
    cdef int l, last = s.n_layers - 1
    cdef Dense *layer
    cdef Dense *below
    if s.data.csr != NULL:
        sort_share(s.k, s.data.csr, sample, r0, r1, &s.entries, thread, tag)
    if rows == 0:
        return
    if s.data.csr == NULL:
        gather(s.k, rows, s.dense[0].n_in, s.data.x, s.data.x_other, s.data.ldx, sample + r0,
               sample + r0 + ahead if ahead else NULL, x, ldx)
    for l in range(s.n_layers):
        layer = &s.dense[l]
        if l == 0 and s.data.csr != NULL:
            sparse_forward(s.k, layer, rows, s.data.csr, sample + r0, <floating *> s.z[0] + r0 * layer.ld,
                           <floating *> s.h[0] + r0 * layer.ld)
        else:
            dense_forward(s.k, layer, rows, <const floating *> x, ldx, <floating *> s.z[l] + r0 * layer.ld,
                          <floating *> s.h[l] + r0 * layer.ld)
        x, ldx = <floating *> s.h[l] + r0 * layer.ld, layer.ld

    layer = &s.dense[last]
    loss_rows(s.k, s.loss, rows, layer.n_out, <const floating *> x, <floating *> s.d[last] + r0 * layer.ld, layer.ld,
              s.data.labels, <const floating *> s.data.y, s.data.ldy, <const floating *> s.data.weight, sample + r0,
              s.row_loss + r0)
    for l in range(last, 0, -1):
        layer, below = &s.dense[l], &s.dense[l - 1]
        dense_backward(s.k, layer, rows, <const floating *> s.d[l] + r0 * layer.ld,
                       <floating *> s.d[l - 1] + r0 * below.ld, below.ld)
        if below.activation:
            activation_backward(s.k, below.activation, rows, below.n_out,
                                <const floating *> s.z[l - 1] + r0 * below.ld,
                                <const floating *> s.h[l - 1] + r0 * below.ld,
                                <floating *> s.d[l - 1] + r0 * below.ld, below.ld)


cdef void update_strips(Sweep *s, Py_ssize_t batch, int first, int end, int thread, int team, Py_ssize_t rows,
                        bint differentiate, bint accumulate, bint step, double weight, floating tag) noexcept nogil:
    """For strips first..end: the gradient over the block's rows, then, if asked, the optimizer's step."""
    cdef const Strip *strip
    cdef floating *g
    cdef int i
    for i in range(first, end):
        strip = &s.strips[i]
        if s.gradient != NULL:
            g = <floating *> s.gradient + strip.offset
        else:
            g = <floating *> s.scratch + thread * s.scratch_size
        if differentiate:
            strip_gradient(s, strip, rows, team, g, accumulate)
        if step:
            s.squares[i] = strip_update(s, strip, g, s.coefficients + (batch - s.begin) * FASTNN_N_COEFFICIENTS, weight)


cdef inline floating *bias_gradient(const Sweep *s, const Strip *strip, floating *g) noexcept nogil:
    """Where the gradient of the strip's bias lies: at its own place in a whole gradient, behind the strip in scratch."""
    return g + (strip.bias - strip.offset if s.gradient != NULL else strip.size)


cdef void strip_gradient(Sweep *s, const Strip *strip, Py_ssize_t rows, int team, floating *g,
                         bint accumulate) noexcept nogil:
    cdef const Dense *layer = &s.dense[strip.layer]
    cdef const floating *x = <const floating *> (s.x if strip.layer == 0 else s.h[strip.layer - 1])
    cdef const floating *d = <const floating *> s.d[strip.layer]
    cdef Py_ssize_t ldx = s.ldx if strip.layer == 0 else s.dense[strip.layer - 1].ld
    cdef Py_ssize_t panel = 2 * lanes(s.k, <floating> 0), i = 0, width
    cdef floating one = 1
    cdef floating *bias = bias_gradient(s, strip, g)
    if strip.layer == 0 and s.data.csr != NULL:
        if not accumulate:
            memset(g, 0, strip.size * sizeof(floating))
        sparse_gradient(s.k, layer, strip.first, strip.count, strip.width, &s.entries, team, d + strip.column, g)
    elif layer.narrow:
        while i < strip.count:
            width = panel if strip.count - i > panel // 2 else panel // 2
            dense_gradient(s.k, layer.n_out, width, rows, d, layer.ld, x + strip.first + i, ldx,
                           g + i * layer.n_out, accumulate)
            i += width
    else:
        dense_gradient(s.k, strip.count, strip.width, rows, x + strip.first, ldx, d + strip.column, layer.ld, g,
                       accumulate)
    if strip.bias_width:
        dense_gradient(s.k, 1, strip.bias_width, rows, <const floating *> &one, 0, d + strip.column, layer.ld, bias,
                       accumulate)


cdef double strip_update(Sweep *s, const Strip *strip, const floating *g, const double *c,
                         double weight) noexcept nogil:
    """One optimizer step on the strip. Returns the sum of squares of its weights before; biases are not penalised."""
    cdef floating *w = <floating *> s.packed
    cdef floating *m = <floating *> s.m
    cdef floating *v = <floating *> s.v
    cdef floating *u = <floating *> s.u
    cdef Py_ssize_t at = strip.offset, b = strip.bias
    cdef fastnn_step step
    cdef double squares
    step.c, step.scale, step.l2, step.clip = c, 1 / weight, s.alpha / weight, INFINITY
    step.l1_scale, step.penalised = 1 / weight, True
    squares = update(s.k, s.rule, strip.size, w + at, g, m + at, v + at, u + at, &step)
    if strip.bias_width:
        step.penalised = False
        update(s.k, s.rule, strip.bias_width, w + b, <const floating *> bias_gradient(s, strip, <floating *> g),
               m + b, v + b, u + b, &step)
    if not s.dense[strip.layer].narrow and s.layers[strip.layer].wt >= 0:
        transpose_panels(s.k, &s.layers[strip.layer], strip.column, strip.width, strip.first, strip.count,
                         <const floating *> w + at, w)
    return squares
