"""Running mean and variance of every batch norm that is left in a model, in the order of the stages."""

from fastnn._kernels.layers.plan cimport Plan
from fastnn._kernels.layers.stage cimport Stage


cdef Py_ssize_t n_statistics(Plan plan):
    cdef Py_ssize_t n = 0
    for t in range(plan.n_stages):
        if plan.stages[t].traits.running:
            n += 2 * plan.stages[t].units
    return n


cdef object pack_statistics(Plan plan, object numbers, object packed):
    """Put the numbers where the plan has its statistics."""
    cdef Stage *stage
    cdef Py_ssize_t at = 0
    for t in range(plan.n_stages):
        stage = &plan.stages[t]
        if stage.traits.running:
            packed[stage.mean:stage.mean + stage.units] = numbers[at:at + stage.units]
            packed[stage.variance:stage.variance + stage.units] = numbers[at + stage.units:at + 2 * stage.units]
            at += 2 * stage.units
