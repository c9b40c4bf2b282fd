from fastnn._kernels.layers.plan cimport Strip
from fastnn._kernels.training.sweep cimport Sweep
from fastnn._kernels.native.table cimport floating

cdef enum:
    TREE_LEVELS = 4                     # of the binary tree in which groups' gradients are added up
    MOST_GROUPS = 1 << TREE_LEVELS
    SCRATCH_STRIPS = 1 + TREE_LEVELS    # of each thread: a strip's gradient, and a sum that waits on each level

cdef bint grouped(const Sweep *s) noexcept nogil
cdef unsigned first_groups(const Sweep *s, const double *bounds, int team) noexcept nogil
cdef floating *group_sum(Sweep *s, int first, int end, int group, floating tag) noexcept nogil
cdef void add_to_left(Sweep *s, int first, int end, int group, floating tag) noexcept nogil
cdef void sum_groups(Sweep *s, const Strip *strip, int thread, unsigned firsts, floating *g, floating *bias,
                     bint accumulate) noexcept nogil
