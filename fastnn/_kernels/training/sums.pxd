from fastnn._kernels.layers.plan cimport Strip
from fastnn._kernels.training.sweep cimport Sweep
from fastnn._kernels.native.table cimport floating

cdef enum:
    SCRATCH_STRIPS = 5      # of each thread: a strip's gradient, and what a tree of 16 groups keeps

cdef bint grouped(const Sweep *s) noexcept nogil
cdef unsigned first_groups(const Sweep *s, const double *bounds, int team) noexcept nogil
cdef floating *group_sum(Sweep *s, int first, int end, int group, floating tag) noexcept nogil
cdef void add_to_left(Sweep *s, int first, int end, int group, floating tag) noexcept nogil
cdef void sum_groups(Sweep *s, const Strip *strip, int thread, unsigned firsts, floating *g, floating *bias,
                     bint accumulate) noexcept nogil
