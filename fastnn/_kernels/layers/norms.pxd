"""Normalisation of rows and of batches, and what batch norms have in common."""

from libc.math cimport pow

from fastnn._kernels.layers.stage cimport Batch, Pass
from fastnn._kernels.native.platform cimport fastnn_wait
from fastnn._kernels.native.table cimport floating, lanes

cdef enum BatchRow:         # rows of a batch norm's statistics, each of ld columns
    MEAN
    SPREAD                  # 1 / standard deviation
    SUM_D                   # sums over the batch of d and of d times the normalised input
    SUM_DX

cdef void layer_norm_stage(const Pass *p, int t, floating tag) noexcept nogil
cdef void layer_norm_stage_backward(const Pass *p, int t, floating tag) noexcept nogil
cdef void batch_norm_stage(const Pass *p, int t, floating tag) noexcept nogil
cdef void batch_norm_stage_backward(const Pass *p, int t, floating tag) noexcept nogil


cdef inline floating *batch_row(const Pass *p, int t, BatchRow row, floating tag) noexcept nogil:
    return <floating *> p.buffers[t].spread + row * p.stages[t].ld


cdef inline Py_ssize_t column_share(const Pass *p, int t, int thread, floating tag) noexcept nogil:
    """First column of a thread, in whole vectors."""
    cdef Py_ssize_t unit = lanes(p.k, tag)
    return (p.stages[t].units + unit - 1) // unit * thread // p.team * unit


cdef inline void meet(const Pass *p) noexcept nogil:
    if p.team > 1:
        fastnn_wait(p.barrier, p.team)


cdef inline bint has_statistics(const Pass *p) noexcept nogil:
    """Whether the batch has a mean and a variance to take; without, as of a single row, it is normalised as at
    prediction."""
    return p.training and p.batch.unbiased > 0


cdef inline double share_of(const Batch *batch, double momentum) noexcept nogil:
    """How far a batch moves the running statistics: they are the mean over the rows, until those are so many that
    momentum is more. A batch of another weight than a whole one moves them as so many whole ones would."""
    cdef double part = batch.rows / batch.whole
    return max(momentum if part == 1 else 1 - pow(1 - momentum, part), batch.rows / (batch.before + batch.rows))
