from fastnn._kernels.layers.plan cimport Strip
from fastnn._kernels.native.header cimport fastnn_step
from fastnn._kernels.native.table cimport floating
from fastnn._kernels.training.sweep cimport Sweep

cdef enum:
    BY_ACTIVITY = 0     # of both units that a weight joins
    BY_INPUT = 1        # of the one before it
    BY_GRADIENT = 2     # its own squared gradient
    BY_ANCHOR = 3       # nothing is thick: what matters is drawn to where it was


cdef inline bint counts_use(const Sweep *s) noexcept nogil:
    """Whether the activity of units is to be added up, see usage.pyx."""
    return s.rule >= 0 and s.plasticity != NULL and s.plasticity.by <= BY_INPUT


cdef inline bint counts_squares(const Sweep *s) noexcept nogil:
    """Whether a step needs the mean square of the whole gradient first."""
    return s.rule >= 0 and s.plasticity != NULL and s.plasticity.by == BY_GRADIENT


cdef double take_step(Sweep *s, const Strip *strip, bint of_bias, const floating *g, long long batch,
                      fastnn_step *step) noexcept nogil
cdef void note_squares(Sweep *s, int i, const floating *g, const floating *bias, double weight) noexcept nogil
cdef void mean_squares(Sweep *s) noexcept nogil
