"""Curves of one number."""

from fastnn._kernels.scoring.steps cimport Step

cdef double curve(const Step *step, double x) noexcept nogil
cdef double pieces(const Step *step, double x) noexcept nogil
cdef double normal_quantile(const Step *step, double p) noexcept nogil
