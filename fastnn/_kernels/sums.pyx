"""The sum of the gradients of groups, as a binary tree: (0 + 1) + (2 + 3) and so on.

A thread adds up the subtree of its own groups while they are in its cache, and only that sum travels to the others. Who
adds which subtree does not change a bit of the whole.
"""

from libc.string cimport memcpy

from fastnn._kernels.norms cimport add_rows
from fastnn._kernels.plan cimport Strip
from fastnn._kernels.sweep cimport Sweep
from fastnn._kernels.table cimport floating


cdef bint grouped(const Sweep *s) noexcept nogil:
    """Whether batches go by groups of rows, see groups.pyx."""
    return s.n_groups > 1 and s.data.csr == NULL


cdef inline int subtree(const Sweep *s, int team) noexcept nogil:
    """Groups that each thread adds up on its own: a power of two as the team is, or one."""
    return s.n_groups // team if team <= s.n_groups and team & (team - 1) == 0 else 1


cdef void sum_own_groups(Sweep *s, int thread, int team, floating tag) noexcept nogil:
    """The sum of a thread's subtree, in the place of its first group's gradient."""
    cdef int size = subtree(s, team), first = thread * size, step = 1, group
    cdef floating *gradient = <floating *> s.group_gradients
    while step < size:
        group = first
        while group < first + size:
            add_rows(s.k, 1, s.n_master, <const floating *> gradient + (group + step) * s.n_master, 0,
                     gradient + group * s.n_master, 0)
            group += 2 * step
        step *= 2


cdef void sum_groups(Sweep *s, const Strip *strip, int thread, int team, floating *g, floating *bias,
                     bint accumulate) noexcept nogil:
    """(+)= a strip's gradient over all groups, once threads have added up their own."""
    cdef const floating *gradient = <const floating *> s.group_gradients
    cdef floating *scratch = <floating *> s.scratch + (1 + thread * SCRATCH_STRIPS) * s.scratch_size
    sum_part(s, team, strip.size, gradient + strip.offset, g, accumulate, scratch)
    sum_part(s, team, strip.bias_width, gradient + strip.bias, bias, accumulate, scratch)


cdef inline void sum_part(Sweep *s, int team, Py_ssize_t n, const floating *part, floating *to, bint accumulate,
                          floating *scratch) noexcept nogil:
    cdef int size = subtree(s, team)
    if not accumulate:
        sum_tree(s, s.n_groups // size, size * s.n_master, n, part, to, scratch)
        return
    sum_tree(s, s.n_groups // size, size * s.n_master, n, part, scratch, scratch + n)
    add_rows(s.k, 1, n, <const floating *> scratch, 0, to, 0)


cdef void sum_tree(Sweep *s, int count, Py_ssize_t stride, Py_ssize_t n, const floating *part, floating *to,
                   floating *scratch) noexcept nogil:
    """to (n,) = the sum of `count` parts, a power of two."""
    if count == 1:
        memcpy(to, part, n * sizeof(floating))
        return
    sum_tree(s, count // 2, stride, n, part, to, scratch)
    part += count // 2 * stride
    if count > 2:
        sum_tree(s, count // 2, stride, n, part, scratch, scratch + n)
        part = <const floating *> scratch
    add_rows(s.k, 1, n, part, 0, to, 0)
