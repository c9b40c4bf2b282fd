"""Gains and shifts: their gradient, and steps of gains that have a price.

With a price p the mean loss has p * sum |gain| as well. A step goes along the slope of that, and no further than to zero,
which a gain leaves only where the loss falls by more than p: many are zero exactly (Andrew & Gao, "Scalable training of
L1-regularized log-linear models", ICML 2007, have both rules).
"""

from libc.string cimport memcpy, memset

from fastnn._kernels.layers.channels cimport channel_gradient
from fastnn._kernels.layers.cuts cimport GAIN_STRIP
from fastnn._kernels.layers.stage cimport Stage
from fastnn._kernels.native.norms cimport norm_gradient
from fastnn._kernels.native.table cimport absolute_sum
from fastnn._kernels.training.plastic cimport take_step


cdef void gain_gradient(const Sweep *s, const Strip *strip, Py_ssize_t rows, const floating *x, Py_ssize_t ldx,
                        const floating *d, const floating *z, floating *g, floating *shift,
                        bint accumulate) noexcept nogil:
    """(+)= the sums over rows of d * z, by the gains, and of d, by the shifts, of the strip's columns. Where there is no
    shift z is the input x, whose padding is anything: the gradient has zeros there."""
    cdef const Stage *stage = &s.stages[strip.stage]
    cdef Py_ssize_t n = min(strip.width, stage.units - strip.column), r, j
    if stage.places > 1 and not stage.traits.unshifted:
        channel_gradient(stage, strip.column, strip.width, rows, d, z, shift, g, accumulate)
        return
    if not stage.traits.unshifted:
        norm_gradient(s.k, rows, strip.width, d + strip.column, z + strip.column, stage.ld, shift, g, accumulate)
        return
    if not accumulate:
        memset(g, 0, strip.size * sizeof(floating))
    x, d = x + strip.column, d + strip.column
    for r in range(rows):
        for j in range(n):
            g[j] += d[r * stage.ld + j] * x[r * ldx + j]


cdef bint has_price(const Sweep *s, const Strip *strip) noexcept nogil:
    cdef const Stage *stage = &s.stages[strip.stage]
    return strip.layer < 0 and stage.traits.unshifted and stage.value != 0


cdef void priced_step(Sweep *s, int i, const floating *g, long long batch, double weight, fastnn_step *step) noexcept nogil:
    """The step of a strip of gains that have a price."""
    cdef const Strip *strip = &s.strips[i]
    cdef floating *w = <floating *> s.packed + strip.offset
    cdef double value = s.stages[strip.stage].value
    cdef floating price = <floating> (value / step.scale)   # beside g, which step.scale makes a mean
    cdef floating own[GAIN_STRIP]
    cdef floating before[GAIN_STRIP]
    cdef Py_ssize_t j
    memcpy(before, w, strip.size * sizeof(floating))
    s.penalty[i] = value * weight * absolute_sum(s.k, strip.size, <const floating *> w)
    for j in range(strip.size):
        if w[j] != 0:
            own[j] = g[j] + (price if w[j] > 0 else -price)
        else:
            own[j] = g[j] - max(-price, min(price, g[j]))
    take_step(s, strip, False, <const floating *> own, batch, step)
    for j in range(strip.size):
        if before[j] * w[j] < 0 or before[j] == 0 and own[j] == 0:  # whatever moments are left
            w[j] = 0
