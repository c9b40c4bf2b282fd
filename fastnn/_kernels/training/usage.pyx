"""How much the units of a network are in use: decaying sums of the mean of |h| over the rows of each step, by weight.

The units of a side, which are the input of some layers or what one layer sends on, are one thread's: it adds up the rows in
their order, so that the bits do not depend on the number of threads. In groups of rows, whose outputs are not kept, each
group has sums of its own, which are added in the order of the groups.
"""

from libc.string cimport memcpy

from fastnn._kernels.native.dtypes cimport FLOAT64
from fastnn._kernels.native.table cimport floating
from fastnn._kernels.training.sums cimport grouped
from fastnn._kernels.training.sweep cimport Plasticity, Side, Sweep

cdef enum:
    COLUMNS = 64        # at a time: their sums stay in registers and the first-level cache


cdef void count_group(Sweep *s, int group, const Py_ssize_t *sample, Py_ssize_t r0, Py_ssize_t rows, bint accumulate,
                      floating tag) noexcept nogil:
    """(+)= the sums of a group, from rows r0.. of the buffers, which belong to rows sample[r0].. of the data."""
    cdef int i
    for i in range(s.plasticity.n_sides):
        sum_side(s, &s.plasticity.sides[i], group, sample, r0, rows, accumulate, tag)


cdef void count_use(Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, bint accumulate, bint last, double weight,
                    int thread, int team, floating tag) noexcept nogil:
    """A thread's sides over a block of rows, once all are through the layers; `last`: of the batch, which weighs so much."""
    cdef Plasticity *p = s.plasticity
    cdef int i
    for i in range(p.n_sides):
        if i % team != thread:
            continue
        if not grouped(s):
            sum_side(s, &p.sides[i], 0, sample, 0, rows, accumulate, tag)
        if last:
            take_side(s, &p.sides[i], weight, tag)
    if last and thread == 0:
        p.past_steps = p.steps
        p.steps = p.decay * p.steps + 1


cdef void take_side(Sweep *s, const Side *side, double weight, floating tag) noexcept nogil:
    """The sums of a whole batch into those of all, and each over their mean."""
    cdef Plasticity *p = s.plasticity
    cdef double *use = p.use + side.at
    cdef double found
    cdef int group, n_groups = s.n_groups if grouped(s) else 1
    cdef Py_ssize_t j
    if p.loss:
        memcpy(<floating *> p.past + side.at, <floating *> p.factor + side.at, side.n * sizeof(floating))
    for j in range(side.n):
        found = 0
        for group in range(n_groups):
            found += p.sums[group * p.n_units + side.at + j]
        use[j] = p.decay * use[j] + found / weight
    take_factors(p, side, tag)


cdef void take_factors(Plasticity *p, const Side *side, floating tag) noexcept nogil:
    cdef const double *use = p.use + side.at
    cdef floating *factor = <floating *> p.factor + side.at
    cdef double mean = 0
    cdef Py_ssize_t j
    for j in range(side.n):
        mean += use[j]
    mean /= <double> side.n
    for j in range(side.n):
        factor[j] = <floating> (use[j] / mean) if mean > 0 else 0


cdef void factors_as(Plasticity *p, int dtype) noexcept nogil:
    """Of all sides, from their use, in memory of the dtype of that number."""
    cdef int i
    for i in range(p.n_sides):
        if dtype == FLOAT64:
            take_factors(p, &p.sides[i], <double> 0)
        else:
            take_factors(p, &p.sides[i], <float> 0)


cdef void sum_side(Sweep *s, const Side *side, int group, const Py_ssize_t *sample, Py_ssize_t r0, Py_ssize_t rows,
                   bint accumulate, floating tag) noexcept nogil:
    cdef double *sums = s.plasticity.sums + group * s.plasticity.n_units + side.at
    cdef const floating *weight = <const floating *> s.data.weight
    cdef Py_ssize_t ld = s.ldx if side.stage < 0 else s.stages[side.stage].ld
    cdef const floating *h = <const floating *> (s.x if side.stage < 0 else s.buffers[side.stage].h) + r0 * ld
    cdef Py_ssize_t block, first, n, r, j
    cdef floating total[COLUMNS]
    cdef floating w, x
    if not accumulate:
        for j in range(side.n):
            sums[j] = 0
    if side.stage < 0 and s.data.csr != NULL:
        sum_sparse(s, sample, rows, sums, tag)
        return
    for block in range((side.n + COLUMNS - 1) // COLUMNS):
        first = block * COLUMNS
        n = min(side.n - first, <Py_ssize_t> COLUMNS)
        for j in range(n):
            total[j] = 0
        for r in range(rows):
            w = weight[sample[r0 + r]] if weight != NULL else 1
            for j in range(n):
                x = h[r * ld + first + j]
                total[j] += w * (x if x >= 0 else -x)
        for j in range(n):
            sums[first + j] += total[j]


cdef void sum_sparse(Sweep *s, const Py_ssize_t *sample, Py_ssize_t rows, double *sums, floating tag) noexcept nogil:
    cdef const floating *weight = <const floating *> s.data.weight
    cdef const floating *data = <const floating *> s.data.csr.data
    cdef Py_ssize_t r, i, row, column
    cdef double x
    for r in range(rows):
        row = sample[r]
        for i in range(s.data.csr.indptr[row], s.data.csr.indptr[row + 1]):
            column = ((<const long long *> s.data.csr.indices)[i] if s.data.csr.wide
                      else (<const int *> s.data.csr.indices)[i])
            x = data[i]
            sums[column] += (<double> weight[row] if weight != NULL else 1.0) * (x if x >= 0 else -x)
