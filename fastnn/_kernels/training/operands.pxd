from fastnn._kernels.layers.plan cimport Plan
from fastnn._kernels.layers.stage cimport Pass, Stage
from fastnn._kernels.native.table cimport floating
from fastnn._kernels.training.sweep cimport Sweep

cdef object place_operands(Sweep *s, Plan plan, Py_ssize_t rows)
cdef object place_inputs(Sweep *s, Plan plan, Py_ssize_t rows)
cdef void bind_layers(Sweep *s, Plan plan) noexcept
cdef void bind_first_layers(Sweep *s, Plan plan) noexcept
cdef void round_inputs(const Sweep *s, Py_ssize_t r0, Py_ssize_t r1, floating tag) noexcept nogil
cdef void round_outputs(const Sweep *s, const Pass *p, int t, floating tag) noexcept nogil
cdef void round_gradient(const Sweep *s, const Pass *p, int t, floating tag) noexcept nogil


cdef inline const void *inputs_of(const Sweep *s, const Stage *stage) noexcept nogil:
    """The block's first row of what a stage takes, as it takes it."""
    cdef bint rounded = stage.traits.matrix and s.dense[stage.layer].rounded
    if stage.source < 0:
        return s.operand if rounded else s.x
    return s.buffers[stage.source].operand if rounded else s.buffers[stage.source].h
