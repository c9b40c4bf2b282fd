"""The sum of the gradients of groups, as a binary tree: (0 + 1) + (2 + 3) and so on.

A thread adds up the subtree of its own groups while they are in its cache, and only that sum travels to the others. Who
adds which subtree does not change a bit of the whole.
"""

from libc.string cimport memcpy

from fastnn._kernels.native.norms cimport add_rows
from fastnn._kernels.layers.plan cimport Strip
from fastnn._kernels.training.shares cimport cut
from fastnn._kernels.training.sweep cimport Sweep
from fastnn._kernels.native.table cimport floating


cdef bint grouped(const Sweep *s) noexcept nogil:
    """Whether batches go by groups of rows, see groups.pyx."""
    return s.n_groups > 1 and s.data.csr == NULL


cdef unsigned first_groups(const Sweep *s, const double *bounds, int team) noexcept nogil:
    """A set of bits: the groups at which the share of a thread begins."""
    cdef unsigned firsts = 0
    cdef int t
    for t in range(team):
        firsts |= 1u << cut(s.n_groups, bounds, t)
    return firsts


cdef inline bint is_one_threads(int first, int count, unsigned firsts) noexcept nogil:
    """Whether groups first..first + count are all of the same thread, which has then added them up."""
    return (firsts >> first + 1) & ((1u << count - 1) - 1) == 0


cdef floating *group_sum(Sweep *s, int first, int end, int group, floating tag) noexcept nogil:
    """The memory in which a thread that has the groups first..end puts this group's gradient, and adds to it those of the
    groups behind it that belong to the same subtree.

    There is memory for as many gradients as there are groups, but a thread uses few places, so that they stay in its cache.
    Take the largest subtree that holds this group and lies within the thread's groups; its first group is the root here.
    The root's gradient, in the end the sum of the subtree, has place number `root`. The sum of a smaller subtree, which
    begins `offset` groups behind the root, is only needed until it is added to its left neighbour of the same size: it goes
    to place root + 1 + level, where 2^level is the largest power of two that divides offset. With eight groups from 0 on,
    the gradients of groups 1, 3, 5 and 7 use place 1 in turn, those of 2 and 6 place 2, and that of 4 place 3.
    """
    cdef int size = 2, root = group, behind = 0, offset
    while group - group % size >= first and group - group % size + size <= end:
        root = group - group % size
        size *= 2
    offset = group - root
    if offset:
        behind = 1
        while offset % 2 == 0:
            behind += 1
            offset //= 2
    return <floating *> s.group_gradients + (root + behind) * s.n_master


cdef void add_to_left(Sweep *s, int first, int end, int group, floating tag) noexcept nogil:
    """Every subtree that this group completes: its right half is added to the left one."""
    cdef int size = 2, begin = group - 1
    while (group + 1) % size == 0 and begin >= first:
        add_rows(s.k, 1, s.n_master, <const floating *> group_sum(s, first, end, begin + size // 2, tag), 0,
                 group_sum(s, first, end, begin, tag), 0)
        size *= 2
        begin = group + 1 - size


cdef void sum_groups(Sweep *s, const Strip *strip, int thread, unsigned firsts, floating *g, floating *bias,
                     bint accumulate) noexcept nogil:
    """(+)= a strip's gradient over all groups, once threads have added up their own."""
    cdef const floating *gradient = <const floating *> s.group_gradients
    cdef floating *scratch = <floating *> s.scratch + (1 + thread * SCRATCH_STRIPS) * s.scratch_size
    sum_part(s, firsts, strip.size, gradient + strip.offset, g, accumulate, scratch)
    sum_part(s, firsts, strip.bias_width, gradient + strip.bias, bias, accumulate, scratch)


cdef inline void sum_part(Sweep *s, unsigned firsts, Py_ssize_t n, const floating *part, floating *to, bint accumulate,
                          floating *scratch) noexcept nogil:
    if not accumulate:
        sum_tree(s, 0, s.n_groups, firsts, n, part, to, scratch)
        return
    sum_tree(s, 0, s.n_groups, firsts, n, part, scratch, scratch + n)
    add_rows(s.k, 1, n, <const floating *> scratch, 0, to, 0)


cdef void sum_tree(Sweep *s, int first, int count, unsigned firsts, Py_ssize_t n, const floating *part, floating *to,
                   floating *scratch) noexcept nogil:
    """to (n,) = the sum of groups first..first + count, a power of two; part : of group 0."""
    cdef int half = count // 2
    cdef const floating *right = part + (first + half) * s.n_master
    if is_one_threads(first, count, firsts):
        memcpy(to, part + first * s.n_master, n * sizeof(floating))
        return
    sum_tree(s, first, half, firsts, n, part, to, scratch)
    if not is_one_threads(first + half, half, firsts):
        sum_tree(s, first + half, half, firsts, n, part, scratch, scratch + n)
        right = <const floating *> scratch
    add_rows(s.k, 1, n, right, 0, to, 0)
