"""What the stages of a network do to one thread's rows of a block: here each kind is handed to its kernels.

A stage reads the outputs h of its sources and writes its own. Going back, its d holds the gradient of the loss by its
outputs once all stages that read them are through; it passes on what is due to its sources. Rows are independent, but for
stages whose traits say `over_batch`.
"""

from libc.string cimport memcpy, memset

from fastnn._kernels.layers.channels cimport channel_norm_stage, channel_norm_stage_backward
from fastnn._kernels.layers.custom cimport custom_backward, custom_forward
from fastnn._kernels.layers.dense cimport Dense, dense_backward, dense_forward
from fastnn._kernels.layers.encoded cimport encode_rows, encoded_backward, encoded_forward
from fastnn._kernels.layers.images cimport image_stage, image_stage_backward
from fastnn._kernels.layers.kinds cimport number_of
from fastnn._kernels.layers.noise cimport random_stage, random_stage_backward
from fastnn._kernels.layers.norms cimport (batch_norm_stage, batch_norm_stage_backward, layer_norm_stage,
                                           layer_norm_stage_backward)
from fastnn._kernels.layers.reduced cimport reduced_forward
from fastnn._kernels.layers.rows cimport (absolute_row, add_signs, gain_rows, multiply_rows, scale_rows, softmax_backward,
                                          winners)
from fastnn._kernels.layers.shared cimport shared_backward, shared_forward
from fastnn._kernels.layers.sparse cimport sparse_forward
from fastnn._kernels.layers.stage cimport Pass, Stage, factors_of, gradient_of, input_of, stride_of
from fastnn._kernels.native.norms cimport add_rows
from fastnn._kernels.native.recurrent cimport add_part, copy_part
from fastnn._kernels.native.table cimport activation_backward, activation_forward, floating, softmax

cdef int DENSE = number_of("dense"), ACTIVATION = number_of("activation"), CUSTOM = number_of("custom")
cdef int LAYER_NORM = number_of("layer_norm"), BATCH_NORM = number_of("batch_norm"), ADD = number_of("add")
cdef int SOFTMAX = number_of("softmax"), SCALE = number_of("scale"), GAIN = number_of("gain")
cdef int COLUMNS = number_of("columns"), ACTIVITY_L1 = number_of("activity_l1"), CONCAT = number_of("concat")
cdef int LWTA = number_of("lwta"), MULTIPLY = number_of("multiply"), CHANNEL_NORM = number_of("channel_norm")


cdef void stage_forward(const Pass *p, int t, floating tag) noexcept nogil:
    """The outputs of stage t for rows r0..r1 of the block."""
    cdef const Stage *stage = &p.stages[t]
    cdef const Dense *layer
    cdef Py_ssize_t rows = p.r1 - p.r0, n = stage.n, ld = stage.ld, ldx = stride_of(p, stage.source)
    cdef floating *h = <floating *> p.buffers[t].h + p.r0 * ld
    cdef floating *z = <floating *> p.buffers[t].z + p.r0 * ld
    cdef const floating *x = factors_of(p, stage, tag)
    if rows == 0 and not stage.traits.over_batch:
        return
    if stage.kind == DENSE:
        layer = &p.dense[stage.layer]
        if layer.reduced != NULL:
            if floating is float:
                reduced_forward(p.k, layer, rows, x, ldx, NULL, <float *> p.prepared, h)
        elif stage.source < 0 and p.csr != NULL:
            sparse_forward(p.k, layer, rows, p.csr, p.sample + p.r0, z, h)
        elif layer.encoding != NULL:
            encoded_forward(p.k, layer, rows, x, ldx, z, h)
        else:
            dense_forward(p.k, layer, rows, x, ldx, &p.nonzero if stage.source < 0 else NULL, z, h)
    elif stage.traits.shares:
        shared_forward(p, t, tag)
    elif stage.kind == CONCAT:
        side_by_side(p, t, tag)
    elif stage.window != NULL:
        image_stage(p, t, tag)
    elif stage.kind == CHANNEL_NORM:
        channel_norm_stage(p, t, tag)
    elif stage.kind == COLUMNS:
        encode_rows(p.k, stage.encoding, rows, x, ldx, h, ld)
    elif stage.kind == ACTIVATION:
        activation_forward(p.k, stage.activation, rows, n, x, h, ld)
    elif stage.kind == CUSTOM:
        custom_forward(p.custom[stage.activation], rows, n, x, h, ld)
    elif stage.kind == LAYER_NORM:
        layer_norm_stage(p, t, tag)
    elif stage.kind == BATCH_NORM:
        batch_norm_stage(p, t, tag)
    elif stage.kind == ADD:
        copy_rows(rows, x, ldx, h, ld)
        add_rows(p.k, rows, n, input_of(p, stage.other, tag), stride_of(p, stage.other), h, ld)
    elif stage.kind == MULTIPLY:
        copy_rows(rows, x, ldx, h, ld)
        multiply_rows(rows, n, <const floating *> h, ld, input_of(p, stage.other, tag), stride_of(p, stage.other), h, ld,
                      False)
    elif stage.kind == LWTA:
        copy_rows(rows, x, ldx, h, ld)
        winners(rows, n, <Py_ssize_t> stage.value, <const floating *> h, <const floating *> h, h, ld)
    elif stage.kind == SOFTMAX:
        copy_rows(rows, x, ldx, h, ld)
        softmax(p.k, rows, n, h, ld)
    elif stage.kind == SCALE:
        scale_rows(rows, <floating> stage.value, x, h, ld)
    elif stage.kind == GAIN:
        gain_rows(rows, n, <const floating *> p.packed + stage.gain, x, ldx, h, ld, False)
    elif stage.kind == ACTIVITY_L1 or stage.traits.passes and not p.training:
        copy_rows(rows, x, ldx, h, ld)
    elif stage.traits.random:
        random_stage(p, t, tag)


cdef void stage_derivative(const Pass *p, int t, floating tag) noexcept nogil:
    """Of a stage with a matrix: from the gradient by the outputs to that by the pre-activations."""
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t rows = p.r1 - p.r0, at = p.r0 * stage.ld
    cdef int activation
    if not stage.traits.matrix or rows == 0 or not stage.wanted:
        return
    activation = p.dense[stage.layer].activation
    if activation and not stage.gates:
        activation_backward(p.k, activation, rows, stage.n, <const floating *> p.buffers[t].z + at,
                            <const floating *> p.buffers[t].h + at, <floating *> p.buffers[t].d + at, stage.ld)


cdef void stage_backward(const Pass *p, int t, floating tag) noexcept nogil:
    """From the gradient by the outputs of stage t (of one with a matrix, by its pre-activations) to what it adds to those
    of its sources."""
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t rows = p.r1 - p.r0, n = stage.n, ld = stage.ld, ldx = stride_of(p, stage.source)
    cdef const floating *x = factors_of(p, stage, tag)
    cdef const floating *h = <const floating *> p.buffers[t].h + p.r0 * ld
    cdef floating *d = <floating *> p.buffers[t].d + p.r0 * ld
    cdef floating *dx = gradient_of(p, stage.source, tag)
    if (rows == 0 or not stage.wanted) and not stage.traits.over_batch:
        return
    if stage.kind == DENSE:
        if dx != NULL and p.dense[stage.layer].encoding != NULL:
            encoded_backward(p.k, &p.dense[stage.layer], rows, x, ldx, <const floating *> d, dx, stage.add_source)
        elif dx != NULL:
            dense_backward(p.k, &p.dense[stage.layer], rows, <const floating *> d,
                           x if stage.source >= 0 and p.stages[stage.source].gates else <const floating *> NULL,
                           dx, ldx, stage.add_source)
    elif stage.traits.shares:
        shared_backward(p, t, tag)
    elif stage.kind == CONCAT:
        take_apart(p, t, stage.source, 0, stage.add_source, tag)
        take_apart(p, t, stage.other, stage.width, stage.add_other, tag)
    elif stage.window != NULL:
        image_stage_backward(p, t, tag)
    elif stage.kind == CHANNEL_NORM:
        channel_norm_stage_backward(p, t, tag)
    elif stage.kind == LAYER_NORM:
        layer_norm_stage_backward(p, t, tag)
    elif stage.kind == BATCH_NORM:
        batch_norm_stage_backward(p, t, tag)
    elif stage.kind == COLUMNS:
        pass_on(p, rows, stage.encoding.n, d, ld, dx, ldx, stage.add_source)
    elif stage.kind == ADD:
        pass_on(p, rows, n, d, ld, gradient_of(p, stage.other, tag), stride_of(p, stage.other), stage.add_other)
    elif stage.kind == MULTIPLY:
        multiply_back(p, stage, rows, <const floating *> d, tag)
        multiply_rows(rows, n, <const floating *> d, ld, input_of(p, stage.other, tag), stride_of(p, stage.other), d, ld,
                      False)
    elif stage.kind == LWTA:
        winners_back(p, stage, rows, d, tag)
    elif stage.kind == ACTIVITY_L1 and p.training:
        activity_back(p, stage, rows, h, d)
    elif stage.kind == ACTIVATION:
        activation_backward(p.k, stage.activation, rows, n, x, h, d, ld)
    elif stage.kind == CUSTOM:
        custom_backward(p.custom[stage.activation], rows, n, x, h, d, ld)
    elif stage.kind == SOFTMAX:
        softmax_backward(rows, n, h, d, ld)
    elif stage.kind == SCALE:
        scale_rows(rows, <floating> stage.value, d, d, ld)
    elif stage.kind == GAIN and dx != NULL:
        gain_rows(rows, n, <const floating *> p.packed + stage.gain, <const floating *> d, ld, dx, ldx, stage.add_source)
    elif stage.traits.random and p.training:
        random_stage_backward(p, t, tag)
    # d has been changed where it lies. Unless that is the memory of the source's gradient, it has to be brought there.
    if stage.traits.in_place and not stage.in_place:
        pass_on(p, rows, n, d, ld, dx, ldx, stage.add_source)


cdef double activity_penalty(const Pass *p, int t, Py_ssize_t r, floating tag) noexcept nogil:
    """What stage t, of a kind that penalises, adds to the loss of row r of the block."""
    cdef const Stage *stage = &p.stages[t]
    return row_weight(p, r, tag) * stage.value * absolute_row(stage.n, <const floating *> p.buffers[t].h + r * stage.ld)


cdef inline double row_weight(const Pass *p, Py_ssize_t r, floating tag) noexcept nogil:
    return 1 if p.weight == NULL else (<const floating *> p.weight)[p.sample[r]]


cdef void activity_back(const Pass *p, const Stage *stage, Py_ssize_t rows, const floating *h, floating *d) noexcept nogil:
    cdef Py_ssize_t r
    for r in range(rows):
        add_signs(stage.n, <floating> (stage.value * row_weight(p, p.r0 + r, <floating> 0)), h + r * stage.ld,
                  d + r * stage.ld)


cdef void winners_back(const Pass *p, const Stage *stage, Py_ssize_t rows, floating *d, floating tag) noexcept nogil:
    """The gradient goes to who has won."""
    cdef Py_ssize_t r
    for r in range(rows):       # the input's rows may lie further apart
        winners(1, stage.n, <Py_ssize_t> stage.value, input_of(p, stage.source, tag) + r * stride_of(p, stage.source),
                <const floating *> d + r * stage.ld, d + r * stage.ld, stage.ld)


cdef void multiply_back(const Pass *p, const Stage *stage, Py_ssize_t rows, const floating *d, floating tag) noexcept nogil:
    """What a product passes on to its second source: d times the first one."""
    cdef floating *to = gradient_of(p, stage.other, tag)
    if to != NULL:
        multiply_rows(rows, stage.n, d, stage.ld, input_of(p, stage.source, tag), stride_of(p, stage.source), to,
                      stride_of(p, stage.other), stage.add_other)


cdef void pass_on(const Pass *p, Py_ssize_t rows, Py_ssize_t n, const floating *d, Py_ssize_t ld, floating *dx,
                  Py_ssize_t ldx, bint add) noexcept nogil:
    if dx == NULL:
        return
    if add:
        add_rows(p.k, rows, n, d, ld, dx, ldx)
    else:
        copy_rows(rows, d, ld, dx, ldx)


cdef void side_by_side(const Pass *p, int t, floating tag) noexcept nogil:
    """Of each step the outputs of one source, then those of the other."""
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t rows = p.r1 - p.r0, step, n = stage.width
    cdef const floating *x = input_of(p, stage.source, tag)
    cdef const floating *y = input_of(p, stage.other, tag)
    cdef floating *h = <floating *> p.buffers[t].h + p.r0 * stage.ld
    for step in range(stage.places):
        copy_part(p.k, rows, n, x + step * n, stride_of(p, stage.source), h, stage.ld)
        copy_part(p.k, rows, stage.units - n, y + step * (stage.units - n), stride_of(p, stage.other), h + n, stage.ld)
        h += stage.units


cdef void take_apart(const Pass *p, int t, int source, Py_ssize_t first, bint add, floating tag) noexcept nogil:
    """Back to one of them, whose outputs begin at `first`."""
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t rows = p.r1 - p.r0, n = stage.units - stage.width if first else stage.width, ldx = stride_of(p, source)
    cdef const floating *d = <const floating *> p.buffers[t].d + p.r0 * stage.ld + first
    cdef floating *dx = gradient_of(p, source, tag)
    cdef Py_ssize_t step
    if dx == NULL:
        return
    if not add:
        memset(dx, 0, rows * ldx * sizeof(floating))
    for step in range(stage.places):
        add_part(p.k, rows, n, <floating> 1, d + step * stage.units, stage.ld, dx + step * n, ldx)


cdef inline void copy_rows(Py_ssize_t rows, const floating *x, Py_ssize_t ldx, floating *y,
                           Py_ssize_t ldy) noexcept nogil:
    """Padding included, of the shorter rows; rows of one width have one stride, whatever they belong to."""
    cdef Py_ssize_t r
    if ldx == ldy:
        memcpy(y, x, rows * ldx * sizeof(floating))
        return
    for r in range(rows):
        memcpy(y + r * ldy, x + r * ldx, min(ldx, ldy) * sizeof(floating))
