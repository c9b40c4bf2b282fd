"""Batch normalisation of channels: one mean and variance for all places of an image, over the rows of a batch.

It is batch normalisation (norms.pyx) of B x places virtual rows, which lie next to each other within a row.
"""

from libc.math cimport sqrt
from libc.string cimport memset

from fastnn._kernels.layers.norms cimport (MEAN, SPREAD, SUM_D, SUM_DX, batch_row, column_share, has_statistics, meet,
                                           share_of)
from fastnn._kernels.layers.stage cimport Pass, Stage, gradient_of, input_of, stride_of
from fastnn._kernels.native.table cimport floating

cdef enum:
    CHUNK = 16      # channels whose sums are on the stack


cdef void sums_of(Py_ssize_t rows, Py_ssize_t places, Py_ssize_t n, Py_ssize_t channels, const floating *x, Py_ssize_t ldx,
                  const floating *weight, const Py_ssize_t *sample, const floating *centre, double *sums) noexcept nogil:
    """Over rows and places, of n channels: sums of x or, unless the centre is NULL, of (x - centre)^2.

    The sum of a row is in the network's dtype, that of the rows in double.
    """
    cdef floating own[CHUNK]
    cdef floating z
    cdef double w
    cdef Py_ssize_t r, q, j
    for j in range(n):
        sums[j] = 0
    for r in range(rows):
        memset(own, 0, n * sizeof(floating))
        for q in range(places):
            for j in range(n):
                if centre == NULL:
                    own[j] += x[q * channels + j]
                else:
                    z = x[q * channels + j] - centre[j]
                    own[j] += z * z
        w = weight[sample[r]] if weight != NULL else 1
        for j in range(n):
            sums[j] += w * own[j]
        x += ldx


cdef void channel_norm_stage(const Pass *p, int t, floating tag) noexcept nogil:
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t c0 = column_share(p, t, p.thread, tag), c1 = min(column_share(p, t, p.thread + 1, tag), stage.units)
    cdef floating *w = <floating *> p.packed
    cdef floating *mean = w + stage.mean
    cdef floating *spread = batch_row(p, t, SPREAD, tag)
    cdef Py_ssize_t c
    if has_statistics(p):
        mean = batch_row(p, t, MEAN, tag)
        meet(p)
        c = c0
        while c < c1:
            chunk_statistics(p, t, c, min(c1 - c, <Py_ssize_t> CHUNK), mean + c, spread + c)
            c += CHUNK
    elif p.thread == 0:
        for c in range(stage.units):
            spread[c] = 1 / <floating> sqrt(w[stage.variance + c] + stage.value)
    meet(p)
    normalise(p, t, <const floating *> mean, <const floating *> spread)


cdef void chunk_statistics(const Pass *p, int t, Py_ssize_t c, Py_ssize_t n, floating *mean,
                           floating *spread) noexcept nogil:
    """Mean and spread of channels c..c + n over the batch; if asked, they move the running ones."""
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t ldx = stride_of(p, stage.source), j
    cdef const floating *x = input_of(p, stage.source, <floating> 0) - p.r0 * ldx + c
    cdef floating *w = <floating *> p.packed + c
    cdef double sums[CHUNK]
    cdef double total = p.batch.total * stage.places, places = <double> stage.places, unbiased = p.batch.unbiased, variance
    cdef floating share = <floating> share_of(&p.batch, stage.momentum)
    unbiased = places * unbiased / (places * unbiased - unbiased + 1)   # of so many times as many numbers
    sums_of(p.rows, stage.places, n, stage.units, x, ldx, <const floating *> p.batch.weight, p.sample,
            <const floating *> NULL, sums)
    for j in range(n):
        mean[j] = <floating> (sums[j] / total)
    sums_of(p.rows, stage.places, n, stage.units, x, ldx, <const floating *> p.batch.weight, p.sample,
            <const floating *> mean, sums)
    for j in range(n):
        variance = sums[j] / total
        if p.track:
            w[stage.mean + j] += share * (mean[j] - w[stage.mean + j])
            w[stage.variance + j] += share * (<floating> (unbiased * variance) - w[stage.variance + j])
        spread[j] = <floating> (1 / sqrt(variance + stage.value))


cdef inline void normalise(const Pass *p, int t, const floating *mean, const floating *spread) noexcept nogil:
    """The thread's rows."""
    cdef const Stage *stage = &p.stages[t]
    cdef const floating *gain = <const floating *> p.packed + stage.gain
    cdef const floating *shift = <const floating *> p.packed + stage.shift
    cdef const floating *x = input_of(p, stage.source, <floating> 0)
    cdef floating *xhat = <floating *> p.buffers[t].z + p.r0 * stage.ld
    cdef floating *h = <floating *> p.buffers[t].h + p.r0 * stage.ld
    cdef Py_ssize_t _r, q, at, j
    cdef floating normal
    for _r in range(p.r1 - p.r0):
        for q in range(stage.places):
            at = q * stage.units
            for j in range(stage.units):
                normal = (x[at + j] - mean[j]) * spread[j]
                xhat[at + j] = normal
                h[at + j] = gain[j] * normal + shift[j]
        memset(h + stage.n, 0, (stage.ld - stage.n) * sizeof(floating))
        x += stride_of(p, stage.source)
        xhat += stage.ld
        h += stage.ld


cdef void channel_gradient(const Stage *stage, Py_ssize_t column, Py_ssize_t width, Py_ssize_t rows, const floating *d,
                           const floating *xhat, floating *sum_d, floating *sum_dx, bint accumulate) noexcept nogil:
    """Sums over all rows and places of d and of d * xhat, of the channels from `column` on: the gradients by shift and gain.

    Sums of a row are added to those of the rows before.
    """
    cdef Py_ssize_t n = min(width, stage.units - column), r, q, at, j, c = 0, m
    cdef floating own_d[CHUNK]
    cdef floating own_dx[CHUNK]
    if not accumulate:
        memset(sum_d, 0, width * sizeof(floating))
        memset(sum_dx, 0, width * sizeof(floating))
    while c < n:
        m = min(n - c, <Py_ssize_t> CHUNK)
        for r in range(rows):
            memset(own_d, 0, sizeof(own_d))
            memset(own_dx, 0, sizeof(own_dx))
            for q in range(stage.places):
                at = r * stage.ld + q * stage.units + column + c
                for j in range(m):
                    own_d[j] += d[at + j]
                    own_dx[j] += d[at + j] * xhat[at + j]
            for j in range(m):
                sum_d[c + j] += own_d[j]
                sum_dx[c + j] += own_dx[j]
        c += CHUNK


cdef void channel_norm_stage_backward(const Pass *p, int t, floating tag) noexcept nogil:
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t c0 = column_share(p, t, p.thread, tag), c1 = min(column_share(p, t, p.thread + 1, tag), stage.units)
    cdef const floating *d = <const floating *> p.buffers[t].d
    cdef const floating *xhat = <const floating *> p.buffers[t].z
    cdef const floating *gain = <const floating *> p.packed + stage.gain
    cdef const floating *spread = batch_row(p, t, SPREAD, tag)
    cdef const floating *weight = <const floating *> p.batch.weight
    cdef floating *sum_d = batch_row(p, t, SUM_D, tag)
    cdef floating *sum_dx = batch_row(p, t, SUM_DX, tag)
    cdef floating *dx = gradient_of(p, stage.source, tag)
    cdef floating share, result
    cdef Py_ssize_t r, q, at, j
    if has_statistics(p):
        meet(p)
        if c0 < c1:
            channel_gradient(stage, c0, c1 - c0, p.rows, d, xhat, sum_d + c0, sum_dx + c0, False)
        meet(p)
    if dx == NULL:
        return
    d += p.r0 * stage.ld
    xhat += p.r0 * stage.ld
    for r in range(p.r1 - p.r0):
        share = 0
        if has_statistics(p):
            share = <floating> ((weight[p.sample[p.r0 + r]] if weight != NULL else 1) / (p.batch.total * stage.places))
        for q in range(stage.places):
            at = q * stage.units
            for j in range(stage.units):
                result = gain[j] * spread[j] * (d[at + j] - share * (sum_d[j] + xhat[at + j] * sum_dx[j]))
                dx[at + j] = dx[at + j] + result if stage.add_source else result
        d += stage.ld
        xhat += stage.ld
        dx += stride_of(p, stage.source)
