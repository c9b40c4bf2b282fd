"""Training with products of bfloat16: who rounds what, and where it lies.

A dense layer then multiplies numbers of bfloat16 alone, each rounded once, where it comes into being:

    weights     by the update of their strip, to a copy beside the float32 ones that steps and scores go by (renewed.pyx)
    inputs      by the thread that has the row, behind the stage whose outputs they are, to a copy that dense layers read;
                of the network's own input, where only dense layers read that, the rounded rows take its place
    gradients   by a layer's pre-activations, where they lie: all their uses are sums of this layer

Sums, biases, activations, norms, the loss and steps are float32's; so are a first layer over sparse rows and layers over
encoded columns, which look up what others multiply. Scores use the weights themselves. No bit depends on threads: what is
rounded is one number at a time. Layers with products of tiles have layouts of their own for what they take (tiled.pyx).
"""

from fastnn._kernels.layers.rounded cimport round_numbers
from fastnn._kernels.native.buffers cimport address

from fastnn._kernels.native.buffers import aligned_zeros


cdef bint is_taken_rounded(const Sweep *s, int source) noexcept nogil:
    """Whether a layer with rounded weights, and no tiles, takes the outputs of a stage, or the input, -1."""
    cdef bint taken = False
    cdef int i
    for i in range(s.n_dense):
        taken |= s.layers[i].rounded >= 0 and not s.layers[i].tiled and s.stages[s.layers[i].stage].source == source
    return taken


cdef object place_operands(Sweep *s, Plan plan, Py_ssize_t rows):
    """Memory for the rounded outputs of stages that dense layers take; who calls keeps it."""
    cdef int t
    cdef object keep = []
    s.rounding = plan.rounding
    for t in range(s.n_stages if s.rounding != NULL else 0):
        if is_taken_rounded(s, t):
            rounded = aligned_zeros(rows * s.stages[t].ld, plan.dtype.numpy)
            s.buffers[t].operand = address(rounded, plan.dtype.format, True)
            keep.append(rounded)
    return keep


cdef object place_inputs(Sweep *s, Plan plan, Py_ssize_t rows):
    """The same of the network's input, once its own memory is known."""
    cdef object apart = None
    if not is_taken_rounded(s, -1):
        return None
    s.operand = s.x
    if plan.wants_rows:     # another stage takes them as they are
        apart = aligned_zeros(rows * s.ldx, plan.dtype.numpy)
        s.operand = address(apart, plan.dtype.format, True)
    return apart


cdef void bind_layers(Sweep *s, Plan plan) noexcept:
    """All layers to the packed weights: as training multiplies them, and as scores do."""
    cdef int i
    s.plain = s.dense + s.n_dense
    for i in range(s.n_dense):
        s.dense[i], s.plain[i] = plan.bind(i, s.packed, True), plan.bind(i, s.packed)


cdef void bind_first_layers(Sweep *s, Plan plan) noexcept:
    """Layers that take the input, before a run: over sparse rows to the weights as they are."""
    cdef int i
    for i in range(s.n_dense if s.rounding != NULL else 0):
        if s.stages[s.layers[i].stage].source < 0:
            s.dense[i] = plan.bind(i, s.packed, s.data.csr == NULL)


cdef void round_inputs(const Sweep *s, Py_ssize_t r0, Py_ssize_t r1, floating tag) noexcept nogil:
    """Of the input's rows r0..r1 of the block."""
    if s.operand != NULL and s.data.csr == NULL:
        round_numbers(s.rounding, (r1 - r0) * s.ldx, <const floating *> s.x + r0 * s.ldx,
                      <floating *> s.operand + r0 * s.ldx)


cdef void round_outputs(const Sweep *s, const Pass *p, int t, floating tag) noexcept nogil:
    """Of a thread's rows of the outputs of stage t, if a dense layer takes them."""
    cdef Py_ssize_t at = p.r0 * s.stages[t].ld, n = (p.r1 - p.r0) * s.stages[t].ld
    if s.buffers[t].operand != NULL:
        round_numbers(s.rounding, n, <const floating *> s.buffers[t].h + at, <floating *> s.buffers[t].operand + at)


cdef void round_gradient(const Sweep *s, const Pass *p, int t, floating tag) noexcept nogil:
    """Of a thread's rows of the gradient by the pre-activations of stage t, once it is complete."""
    cdef const Stage *stage = &s.stages[t]
    cdef floating *d = <floating *> s.buffers[t].d + p.r0 * stage.ld
    if stage.traits.matrix and stage.wanted and s.dense[stage.layer].rounded:
        round_numbers(s.rounding, (p.r1 - p.r0) * stage.ld, <const floating *> d, d)
