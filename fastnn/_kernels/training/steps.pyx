"""A loss at every step of a sequence: the last stage puts out a sequence, and each of its steps has a target of its own.

The loss of a row is the mean over its steps that have a target: a step whose class number is negative, or whose first
number is NaN, has none. Whoever wants every step of a batch to count alike gives a row the weight of its steps.

A step's outputs lie next to those of the next one, where the losses read and write whole vectors: they work on copies.
"""

from libc.string cimport memset

from fastnn._kernels.layers.stage cimport Buffers, Stage
from fastnn._kernels.layers.tiles cimport row_stride
from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.recurrent cimport add_part, copy_part
from fastnn._kernels.native.table cimport lanes, loss_rows

import numpy as np

from fastnn._kernels.native.buffers import aligned_zeros


cdef object place_steps(Sweep *s, Py_ssize_t steps, int n_threads, dtype, str format):
    """Memory for the losses of so many steps; who calls keeps it."""
    s.each_step.steps = steps
    if steps == 0:
        return None
    cdef int lane = lanes(s.k, <double> 0) if format == "d" else lanes(s.k, <float> 0)
    s.each_step.ld = row_stride(s.stages[s.n_stages - 1].n // steps, lane, np.dtype(dtype).itemsize)
    keep = (aligned_zeros(n_threads * steps * s.each_step.ld, dtype), aligned_zeros(n_threads * steps, np.float64),
            np.zeros(n_threads * steps, np.intp))
    s.each_step.outputs = address(keep[0], format, True)
    s.each_step.losses = <double *> address(keep[1], "d", True)
    s.each_step.numbers = <Py_ssize_t *> address(keep[2], "n", True)
    return keep


cdef void step_losses(Sweep *s, const Pass *p, floating tag) noexcept nogil:
    """The losses of rows r0..r1 and their gradients by the outputs."""
    cdef const Stage *last = &s.stages[s.n_stages - 1]
    cdef const Buffers *at = &s.buffers[s.n_stages - 1]
    cdef Py_ssize_t steps = s.each_step.steps, n = last.n // steps, ld = s.each_step.ld, r, i, row, count
    cdef floating *outputs = <floating *> s.each_step.outputs + p.thread * steps * ld
    cdef double *losses = s.each_step.losses + p.thread * steps
    cdef Py_ssize_t *numbers = s.each_step.numbers + p.thread * steps
    cdef const floating *z
    cdef floating *d
    cdef double total, weight
    cdef const Py_ssize_t *labels
    cdef const floating *y
    for r in range(p.r0, p.r1):
        row = p.sample[r]
        z, d = <const floating *> at.h + r * last.ld, <floating *> at.d + r * last.ld
        labels = s.data.labels + row * steps if s.data.labels != NULL else NULL
        y = <const floating *> s.data.y + row * s.data.ldy if s.data.y != NULL else NULL
        count, total = with_targets(labels, y, steps, n, numbers), 0
        for i in range(count):
            copy_part(s.k, 1, n, z + numbers[i] * n, 0, outputs + i * ld, 0)
        if count:
            loss_rows(s.k, s.loss, count, n, <const floating *> outputs, outputs, ld, labels, y, n,
                      <const floating *> NULL, <const floating *> s.data.parameter, s.loss_low, s.loss_high, numbers, losses)
        weight = <double> (<const floating *> s.data.weight)[row] if s.data.weight != NULL else 1
        weight /= max(count, 1)
        memset(d, 0, last.ld * sizeof(floating))
        for i in range(count):
            add_part(s.k, 1, n, <floating> weight, <const floating *> (outputs + i * ld), 0, d + numbers[i] * n, 0)
            total += losses[i]
        s.row_loss[r] = weight * total


cdef inline Py_ssize_t with_targets(const Py_ssize_t *labels, const floating *y, Py_ssize_t steps, Py_ssize_t n,
                                    Py_ssize_t *numbers) noexcept nogil:
    """How many steps have a target, and their numbers."""
    cdef Py_ssize_t i, count = 0
    for i in range(steps):
        if labels[i] >= 0 if labels != NULL else y[i * n] == y[i * n]:
            numbers[count] = i
            count += 1
    return count
