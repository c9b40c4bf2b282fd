"""Gains and shifts: their gradient, and steps of gains that have a price."""

from fastnn._kernels.layers.plan cimport Strip
from fastnn._kernels.native.header cimport fastnn_step
from fastnn._kernels.native.table cimport floating
from fastnn._kernels.training.sweep cimport Sweep

cdef void gain_gradient(const Sweep *s, const Strip *strip, Py_ssize_t rows, const floating *x, Py_ssize_t ldx,
                        const floating *d, const floating *z, floating *g, floating *shift,
                        bint accumulate) noexcept nogil
cdef bint has_price(const Sweep *s, const Strip *strip) noexcept nogil
cdef void priced_step(Sweep *s, int i, const floating *g, long long batch, double weight, fastnn_step *step) noexcept nogil
