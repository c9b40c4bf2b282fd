"""A step of a front, read from its description."""

from fastnn._kernels.scoring.steps cimport Step

cdef int read_step(Step *step, str kind, attributes, list keep) except -1
