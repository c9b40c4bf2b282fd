"""Normalisation of each row, or of each output over the rows of a batch: forward beside backward.

Rows are independent but for batch normalisation in training. There threads meet: once all rows are there, each takes the
statistics of its columns over the whole batch, and then all normalise their own rows.
"""

from fastnn._kernels.layers.stage cimport Pass, Stage, gradient_of, input_of, stride_of
from fastnn._kernels.native.norms cimport (batch_norm_backward, batch_norm_forward, batch_statistics, layer_norm_backward,
                                           layer_norm_forward, norm_gradient, spread_of)
from fastnn._kernels.native.table cimport floating

cdef void layer_norm_stage(const Pass *p, int t, floating tag) noexcept nogil:
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t at = p.r0 * stage.ld
    cdef const floating *w = <const floating *> p.packed
    layer_norm_forward(p.k, p.r1 - p.r0, stage.n, input_of(p, stage.source, tag), stride_of(p, stage.source),
                       w + stage.gain, w + stage.shift, stage.value, <floating *> p.buffers[t].z + at,
                       <floating *> p.buffers[t].spread + p.r0, <floating *> p.buffers[t].h + at, stage.ld)


cdef void layer_norm_stage_backward(const Pass *p, int t, floating tag) noexcept nogil:
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t at = p.r0 * stage.ld
    cdef floating *dx = gradient_of(p, stage.source, tag)
    if dx != NULL:
        layer_norm_backward(p.k, p.r1 - p.r0, stage.n, <const floating *> p.buffers[t].d + at,
                            <const floating *> p.buffers[t].z + at, stage.ld, <const floating *> p.packed + stage.gain,
                            <const floating *> p.buffers[t].spread + p.r0, dx, stride_of(p, stage.source),
                            stage.add_source)


cdef void batch_norm_stage(const Pass *p, int t, floating tag) noexcept nogil:
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t c0 = column_share(p, t, p.thread, tag), c1 = column_share(p, t, p.thread + 1, tag), at = p.r0 * stage.ld
    cdef floating *w = <floating *> p.packed
    cdef floating *mean = w + stage.mean
    cdef floating *spread = batch_row(p, t, SPREAD, tag)
    cdef Py_ssize_t ldx = stride_of(p, stage.source), j
    cdef floating share, unbiased = <floating> p.batch.unbiased
    if has_statistics(p):
        mean = batch_row(p, t, MEAN, tag)
        meet(p)
        batch_statistics(p.k, p.rows, c1 - c0, input_of(p, stage.source, tag) - p.r0 * ldx + c0, ldx,
                         <const floating *> p.batch.weight, p.sample, p.batch.total, mean + c0, spread + c0)
        if p.track:
            share = <floating> share_of(&p.batch, stage.momentum)
            for j in range(c0, min(c1, stage.n)):
                w[stage.mean + j] += share * (mean[j] - w[stage.mean + j])
                w[stage.variance + j] += share * (unbiased * spread[j] - w[stage.variance + j])
        spread_of(p.k, c1 - c0, <const floating *> spread + c0, stage.value, spread + c0)
    elif p.thread == 0:
        spread_of(p.k, stage.n, <const floating *> w + stage.variance, stage.value, spread)
    meet(p)
    if p.r1 > p.r0:
        batch_norm_forward(p.k, p.r1 - p.r0, stage.n, input_of(p, stage.source, tag), ldx, <const floating *> mean,
                           <const floating *> spread, <const floating *> w + stage.gain,
                           <const floating *> w + stage.shift, <floating *> p.buffers[t].z + at,
                           <floating *> p.buffers[t].h + at, stage.ld)


cdef void batch_norm_stage_backward(const Pass *p, int t, floating tag) noexcept nogil:
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t c0 = column_share(p, t, p.thread, tag), c1 = column_share(p, t, p.thread + 1, tag), at = p.r0 * stage.ld
    cdef const floating *d = <const floating *> p.buffers[t].d
    cdef const floating *xhat = <const floating *> p.buffers[t].z
    cdef floating *sum_d = batch_row(p, t, SUM_D, tag)
    cdef floating *sum_dx = batch_row(p, t, SUM_DX, tag)
    cdef floating *dx = gradient_of(p, stage.source, tag)
    if has_statistics(p):
        meet(p)
        norm_gradient(p.k, p.rows, c1 - c0, d + c0, xhat + c0, stage.ld, sum_d + c0, sum_dx + c0, False)
        meet(p)
    if dx != NULL and p.r1 > p.r0:
        batch_norm_backward(p.k, p.r1 - p.r0, stage.n, d + at, xhat + at, stage.ld,
                            <const floating *> p.packed + stage.gain,
                            <const floating *> batch_row(p, t, SPREAD, tag), <const floating *> sum_d,
                            <const floating *> sum_dx, <const floating *> p.batch.weight, p.sample + p.r0,
                            p.batch.total if has_statistics(p) else 0, dx, stride_of(p, stage.source), stage.add_source)
