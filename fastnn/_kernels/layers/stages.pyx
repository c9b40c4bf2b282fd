"""What the stages of a network do to one thread's rows of a block, forward beside backward.

A stage reads the outputs h of its sources and writes its own. Going back, its d holds the gradient of the loss by its
outputs once all stages that read them are through; it passes on what is due to its sources. Rows are independent but
for batch normalisation in training, where threads meet to take the statistics of the columns.
"""

from libc.string cimport memcpy

from fastnn._kernels.layers.custom cimport custom_backward, custom_forward
from fastnn._kernels.layers.dense cimport Dense, dense_backward, dense_forward
from fastnn._kernels.native.norms cimport (add_rows, batch_norm_backward, batch_norm_forward, batch_statistics,
                                           layer_norm_backward, layer_norm_forward, norm_gradient, spread_of)
from fastnn._kernels.native.platform cimport fastnn_wait
from fastnn._kernels.native.random cimport bernoulli, dropout, gaussian_noise, random_key
from fastnn._kernels.layers.sparse cimport sparse_forward
from fastnn._kernels.native.table cimport activation_backward, activation_forward, floating, lanes


cdef inline const floating *input_of(const Pass *p, int source, floating tag) noexcept nogil:
    """First of the thread's rows of a stage's outputs, or of the input."""
    if source < 0:
        return <const floating *> p.x + p.r0 * p.ldx
    return <const floating *> p.buffers[source].h + p.r0 * p.stages[source].ld


cdef inline floating *gradient_of(const Pass *p, int source, floating tag) noexcept nogil:
    if source < 0:
        return <floating *> p.dx + p.r0 * p.ldx if p.dx != NULL else NULL
    if not p.stages[source].wanted:
        return NULL
    return <floating *> p.buffers[source].d + p.r0 * p.stages[source].ld


cdef inline Py_ssize_t stride_of(const Pass *p, int source) noexcept nogil:
    return p.ldx if source < 0 else p.stages[source].ld


cdef void stage_forward(const Pass *p, int t, floating tag) noexcept nogil:
    """The outputs of stage t for rows r0..r1 of the block."""
    cdef const Stage *stage = &p.stages[t]
    cdef const Dense *layer
    cdef Py_ssize_t rows = p.r1 - p.r0, n = stage.n, ld = stage.ld, at = p.r0 * ld, ldx = stride_of(p, stage.source)
    cdef floating *z = <floating *> p.buffers[t].z + at
    cdef floating *h = <floating *> p.buffers[t].h + at
    cdef const floating *x = input_of(p, stage.source, tag)
    cdef const floating *w = <const floating *> p.packed
    if stage.kind == BATCH_NORM:
        batch_norm_stage(p, t, tag)
    elif rows == 0:
        return
    elif stage.kind == DENSE:
        layer = &p.dense[stage.layer]
        if stage.source < 0 and p.csr != NULL:
            sparse_forward(p.k, layer, rows, p.csr, p.sample + p.r0, z, h)
        else:
            dense_forward(p.k, layer, rows, x, ldx, &p.nonzero if stage.source < 0 else NULL, z, h)
    elif stage.kind == ACTIVATION:
        activation_forward(p.k, stage.activation, rows, n, x, h, ld)
    elif stage.kind == CUSTOM:
        custom_forward(p.custom[stage.activation], rows, n, x, h, ld)
    elif stage.kind == LAYER_NORM:
        layer_norm_forward(p.k, rows, n, x, ldx, w + stage.gain, w + stage.shift, stage.value, z,
                           <floating *> p.buffers[t].spread + p.r0, h, ld)
    elif stage.kind == ADD:
        copy_rows(rows, x, ldx, h, ld)
        add_rows(p.k, rows, n, input_of(p, stage.other, tag), stride_of(p, stage.other), h, ld)
    elif not p.training:
        if h != x:
            copy_rows(rows, x, ldx, h, ld)
    elif stage.kind == DROPOUT:
        dropout(p.k, rows, n, x, ldx, h, ld, random_key(p.seed, p.step, t), p.row_number + p.r0, stage.value)
    elif stage.kind == NOISE:
        gaussian_noise(p.k, rows, n, x, ldx, h, ld, random_key(p.seed, p.step, t), p.row_number + p.r0, stage.value)
    elif stage.kind == BERNOULLI:
        bernoulli(p.k, rows, n, x, ldx, h, ld, random_key(p.seed, p.step, t), p.row_number + p.r0)


cdef void stage_derivative(const Pass *p, int t, floating tag) noexcept nogil:
    """Of a dense stage, from the gradient by the outputs to that by the pre-activations."""
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t rows = p.r1 - p.r0, at = p.r0 * stage.ld
    cdef int activation
    if stage.kind != DENSE or rows == 0 or not stage.wanted:
        return
    activation = p.dense[stage.layer].activation
    if activation and not stage.gates:
        activation_backward(p.k, activation, rows, stage.n, <const floating *> p.buffers[t].z + at,
                            <const floating *> p.buffers[t].h + at, <floating *> p.buffers[t].d + at, stage.ld)


cdef void stage_backward(const Pass *p, int t, floating tag) noexcept nogil:
    """From the gradient by the outputs of stage t (of a dense one, by its pre-activations) to what it adds to those of its
    sources."""
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t rows = p.r1 - p.r0, n = stage.n, ld = stage.ld, at = p.r0 * ld, ldx = stride_of(p, stage.source)
    cdef const floating *z = <const floating *> p.buffers[t].z + at
    cdef const floating *h = <const floating *> p.buffers[t].h + at
    cdef const floating *x = input_of(p, stage.source, tag)
    cdef floating *d = <floating *> p.buffers[t].d + at
    cdef floating *dx = gradient_of(p, stage.source, tag)
    cdef const floating *w = <const floating *> p.packed
    if stage.kind == BATCH_NORM:
        batch_norm_stage_backward(p, t, dx, tag)
        return
    if rows == 0 or not stage.wanted:
        return
    if stage.kind == DENSE:
        if dx != NULL:
            dense_backward(p.k, &p.dense[stage.layer], rows, <const floating *> d,
                           x if stage.source >= 0 and p.stages[stage.source].gates else <const floating *> NULL,
                           dx, ldx, stage.add_source)
        return
    if stage.kind == LAYER_NORM:
        if dx != NULL:
            layer_norm_backward(p.k, rows, n, <const floating *> d, z, ld, w + stage.gain,
                                <const floating *> p.buffers[t].spread + p.r0, dx, ldx, stage.add_source)
        return
    # The rest changes d where it lies; that is the source's own, or has to be brought there.
    if stage.kind == ADD:
        pass_on(p, rows, n, d, ld, gradient_of(p, stage.other, tag), stride_of(p, stage.other), stage.add_other)
    elif stage.kind == ACTIVATION:
        activation_backward(p.k, stage.activation, rows, n, x, h, d, ld)
    elif stage.kind == CUSTOM:
        custom_backward(p.custom[stage.activation], rows, n, x, h, d, ld)
    elif stage.kind == DROPOUT and p.training:
        dropout(p.k, rows, n, <const floating *> d, ld, d, ld, random_key(p.seed, p.step, t), p.row_number + p.r0,
                stage.value)
    if not stage.in_place:
        pass_on(p, rows, n, d, ld, dx, ldx, stage.add_source)


cdef void pass_on(const Pass *p, Py_ssize_t rows, Py_ssize_t n, const floating *d, Py_ssize_t ld, floating *dx,
                  Py_ssize_t ldx, bint add) noexcept nogil:
    if dx == NULL:
        return
    if add:
        add_rows(p.k, rows, n, d, ld, dx, ldx)
    else:
        copy_rows(rows, d, ld, dx, ldx)


cdef inline void copy_rows(Py_ssize_t rows, const floating *x, Py_ssize_t ldx, floating *y,
                           Py_ssize_t ldy) noexcept nogil:
    """Padding included; rows of one width have one stride, whatever they belong to."""
    memcpy(y, x, rows * min(ldx, ldy) * sizeof(floating))


cdef inline floating *batch_row(const Pass *p, int t, BatchRow row, floating tag) noexcept nogil:
    return <floating *> p.buffers[t].spread + row * p.stages[t].ld


cdef inline Py_ssize_t column_share(const Pass *p, int t, int thread, floating tag) noexcept nogil:
    """First column of a thread, in whole vectors."""
    cdef Py_ssize_t unit = lanes(p.k, tag)
    return (p.stages[t].n + unit - 1) // unit * thread // p.team * unit


cdef inline void meet(const Pass *p) noexcept nogil:
    if p.team > 1:
        fastnn_wait(p.barrier, p.team)


cdef void batch_norm_stage(const Pass *p, int t, floating tag) noexcept nogil:
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t c0 = column_share(p, t, p.thread, tag), c1 = column_share(p, t, p.thread + 1, tag), at = p.r0 * stage.ld
    cdef floating *w = <floating *> p.packed
    cdef floating *mean = w + stage.mean
    cdef floating *spread = batch_row(p, t, SPREAD, tag)
    cdef Py_ssize_t ldx = stride_of(p, stage.source), j
    cdef floating unbiased, share = <floating> stage.momentum
    if p.training:
        mean = batch_row(p, t, MEAN, tag)
        meet(p)
        batch_statistics(p.k, p.rows, c1 - c0, input_of(p, stage.source, tag) - p.r0 * ldx + c0, ldx, mean + c0, spread + c0)
        if p.track:
            unbiased = <floating> p.rows / max(p.rows - 1, 1)
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


cdef void batch_norm_stage_backward(const Pass *p, int t, floating *dx, floating tag) noexcept nogil:
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t c0 = column_share(p, t, p.thread, tag), c1 = column_share(p, t, p.thread + 1, tag), at = p.r0 * stage.ld
    cdef const floating *d = <const floating *> p.buffers[t].d
    cdef const floating *xhat = <const floating *> p.buffers[t].z
    cdef floating *sum_d = batch_row(p, t, SUM_D, tag)
    cdef floating *sum_dx = batch_row(p, t, SUM_DX, tag)
    if p.training:
        meet(p)
        norm_gradient(p.k, p.rows, c1 - c0, d + c0, xhat + c0, stage.ld, sum_d + c0, sum_dx + c0, False)
        meet(p)
    if dx != NULL and p.r1 > p.r0:
        batch_norm_backward(p.k, p.r1 - p.r0, stage.n, d + at, xhat + at, stage.ld,
                            <const floating *> p.packed + stage.gain,
                            <const floating *> batch_row(p, t, SPREAD, tag), <const floating *> sum_d,
                            <const floating *> sum_dx, p.rows if p.training else 0, dx,
                            stride_of(p, stage.source), stage.add_source)
