"""Stages that see an image through a window: here each kind is handed to its kernels, as in stages.pyx."""

from fastnn._kernels.layers.convolution cimport convolution_backward, convolution_forward
from fastnn._kernels.layers.jitter cimport jitter_stage, jitter_stage_backward
from fastnn._kernels.layers.kinds cimport number_of
from fastnn._kernels.layers.pooling cimport pad_stage, pad_stage_backward, pool_stage, pool_stage_backward
from fastnn._kernels.layers.stage cimport Pass, Stage, gradient_of, input_of, stride_of
from fastnn._kernels.layers.winograd cimport winograd_forward
from fastnn._kernels.native.table cimport floating

cdef int CONVOLUTION = number_of("convolution"), PAD = number_of("pad"), JITTER = number_of("jitter")


cdef void image_stage(const Pass *p, int t, floating tag) noexcept nogil:
    """stage_forward of such a stage."""
    cdef const Stage *stage = &p.stages[t]
    cdef Py_ssize_t at = p.r0 * stage.ld
    if stage.kind == CONVOLUTION and stage.window.winograd != NULL:
        winograd_forward(p.k, &p.dense[stage.layer], stage.window, p.r1 - p.r0, input_of(p, stage.source, tag),
                         stride_of(p, stage.source), <floating *> p.buffers[t].h + at, <floating *> p.buffers[t].spread)
    elif stage.kind == CONVOLUTION:
        convolution_forward(p.k, &p.dense[stage.layer], stage.window, p.r1 - p.r0, input_of(p, stage.source, tag),
                            stride_of(p, stage.source), <floating *> p.buffers[t].z + at, <floating *> p.buffers[t].h + at)
    elif stage.kind == PAD:
        pad_stage(p, t, tag)
    elif stage.kind == JITTER:
        jitter_stage(p, t, tag)
    else:
        pool_stage(p, t, tag)


cdef void image_stage_backward(const Pass *p, int t, floating tag) noexcept nogil:
    """stage_backward of it."""
    cdef const Stage *stage = &p.stages[t]
    cdef floating *dx = gradient_of(p, stage.source, tag)
    cdef bint gated = stage.source >= 0 and p.stages[stage.source].gates
    if stage.kind == CONVOLUTION:
        if dx != NULL:
            convolution_backward(p.k, &p.dense[stage.layer], stage.window, p.r1 - p.r0,
                                 <const floating *> p.buffers[t].d + p.r0 * stage.ld,
                                 input_of(p, stage.source, tag) if gated else <const floating *> NULL, dx,
                                 stride_of(p, stage.source), stage.add_source)
    elif stage.kind == PAD:
        pad_stage_backward(p, t, tag)
    elif stage.kind == JITTER:
        jitter_stage_backward(p, t, tag)
    else:
        pool_stage_backward(p, t, tag)
