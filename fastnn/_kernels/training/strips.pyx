"""Strips of the parameters: the gradient of one over the whole batch, and the optimizer's step on it.

A strip belongs to one thread. Where nothing needs the whole gradient first, a strip is updated as soon as its gradient is
known, while both are in the first-level cache.
"""

from libc.string cimport memset

from fastnn._kernels.layers.convolution cimport convolution_bias_gradient, convolution_gradient
from fastnn._kernels.layers.dense cimport (Dense, are_few, dense_gradient, few_columns_gradient, few_outputs_backward,
                                           has_few_outputs, narrow_gradient)
from fastnn._kernels.native.header cimport FASTNN_N_COEFFICIENTS, fastnn_step
from fastnn._kernels.layers.encoded cimport encoded_gradient
from fastnn._kernels.layers.halves cimport tiles_gradient
from fastnn._kernels.layers.plan cimport Strip
from fastnn._kernels.layers.renewed cimport renew_strip
from fastnn._kernels.layers.sparse cimport sparse_gradient
from fastnn._kernels.layers.stage cimport Stage
from fastnn._kernels.layers.uses cimport shared_gradients
from fastnn._kernels.training.copies cimport Walk, copied_gradient, is_copied, next_strip
from fastnn._kernels.training.gains cimport gain_gradient, has_price, priced_step
from fastnn._kernels.training.operands cimport inputs_of
from fastnn._kernels.training.plastic cimport note_squares, take_step
from fastnn._kernels.training.sums cimport SCRATCH_STRIPS, first_groups, grouped, sum_groups
from fastnn._kernels.training.sweep cimport Sweep
from fastnn._kernels.native.sizes cimport panels_at_once
from fastnn._kernels.native.table cimport absolute_sum, floating, lanes, squared_norm
from fastnn._kernels.layers.zeros cimport pieces_before, word_bits, zeros_gradient


cdef Share strip_share(const Sweep *s, const double *bounds, int thread) noexcept nogil:
    """A thread's strips: they are neighbours, and cost about what the bounds say. bounds: NULL for a team of one."""
    cdef double total = 0, before = 0, cost, begin = 0 if bounds == NULL else bounds[thread]
    cdef double end = 1 if bounds == NULL else bounds[thread + 1]
    cdef Share share
    cdef int i
    for i in range(s.n_strips):
        total += strip_cost(s, i)
    share.first, share.end, share.part = 0, 0, 0
    for i in range(s.n_strips):
        cost = strip_cost(s, i)
        share.first += before + 0.5 * cost < total * begin
        share.end += before + 0.5 * cost < total * end
        share.part += cost / total if share.first <= i < share.end else 0
        before += cost
    return share


cdef inline double strip_cost(const Sweep *s, int i) noexcept nogil:
    """Multiply-adds of a strip in a step, about. One from sparse rows costs four, an update as much as sixteen."""
    cdef double rows = <double> s.batch_size
    if s.stages[s.strips[i].stage].source < 0:
        rows = min(rows, (4 if s.data.csr != NULL else 1.25) * s.density * rows)
    return s.strips[i].row_cost * rows + s.strips[i].cost * 16


cdef void strip_gradients(Sweep *s, const Share *share, const double *bounds, int thread, int team, Py_ssize_t rows,
                          bint accumulate, long long batch, double weight, bint measure, floating tag) noexcept nogil:
    """For a thread's strips: the gradient over a block's rows, kept whole if there is memory for it.

    bounds: of the shares of rows. batch: the step to take with it at once, or -1. measure: also note, for the bound of the
    whole gradient's norm, the sum of squares of the strip's.
    """
    cdef const Strip *strip
    cdef floating *g
    cdef unsigned firsts = first_groups(s, bounds, team) if grouped(s) else 0
    cdef Py_ssize_t n_words = pieces_before(rows, word_bits(tag), bounds, team) if s.skips_zeros else 0
    cdef Walk walk = Walk(first=share.first, panels=0, pieces=0, done=0)
    cdef bint across = panels_at_once(rows) > 1
    cdef int n, i
    for n in range(share.first, share.end):
        i = next_strip(s, &walk, share.end, rows) if across else n
        strip = &s.strips[i]
        if s.gradient != NULL:
            g = <floating *> s.gradient + strip.offset
        else:
            g = <floating *> s.scratch + thread * SCRATCH_STRIPS * s.scratch_size
        if s.stages[strip.stage].traits.shares:
            if i == share.first or s.strips[i - 1].stage != strip.stage:
                gradients_at_once(s, i, share.end, rows, accumulate, tag)
        elif grouped(s):
            sum_groups(s, strip, thread, firsts, g, bias_gradient(s, strip, g), accumulate)
        else:
            strip_gradient(s, strip, 0, rows, n_words, team, g, bias_gradient(s, strip, g), accumulate, False)
        if s.free != NULL:
            hold_zeros(s, strip, g)
        if measure:
            s.norms[i] = strip_norm(s, strip, <const floating *> g, weight)
        if batch >= 0:
            strip_update(s, i, <const floating *> g, batch, weight, 1)


cdef inline void hold_zeros(const Sweep *s, const Strip *strip, floating *g) noexcept nogil:
    """Take the gradient from weights that are to stay zero: without moments no rule moves them then."""
    cdef const floating *free = <const floating *> s.free + strip.offset
    cdef Py_ssize_t i
    for i in range(strip.size):
        g[i] *= free[i]


cdef void gradients_at_once(Sweep *s, int first, int end, Py_ssize_t rows, bint accumulate, floating tag) noexcept nogil:
    """Those of all of the strips first..end that belong to the stage of the first one, which shares its weights."""
    cdef int stage = s.strips[first].stage, n = 1
    while first + n < end and s.strips[first + n].stage == stage:
        n += 1
    shared_gradients(s.k, &s.stages[stage], &s.buffers[stage], &s.strips[first], n, rows, <floating *> s.gradient,
                     accumulate)


cdef void strip_norms(Sweep *s, const Share *share, double weight, floating tag) noexcept nogil:
    """The sums of squares that `strip_gradients` may note, of a gradient that is complete by now."""
    cdef int i
    for i in range(share.first, share.end):
        s.norms[i] = strip_norm(s, &s.strips[i], <const floating *> s.gradient + s.strips[i].offset, weight)


cdef void strip_squares(Sweep *s, const Share *share, double weight, floating tag) noexcept nogil:
    """What plasticity by gradient needs to know of a thread's strips, of a gradient that is complete by now."""
    cdef const floating *g
    cdef int i
    for i in range(share.first, share.end):
        g = <const floating *> s.gradient + s.strips[i].offset
        note_squares(s, i, g, <const floating *> bias_gradient(s, &s.strips[i], <floating *> g), weight)


cdef inline bint is_counted(const Sweep *s, const Strip *strip) noexcept nogil:
    """Whether a strip's weights count in norms and penalties: a tied matrix does once."""
    return strip.layer < 0 or s.layers[strip.layer].tied < 0


cdef void update_strips(Sweep *s, const Share *share, long long batch, double weight, double factor,
                        floating tag) noexcept nogil:
    """The step of a thread's strips with the whole gradient, scaled by a factor."""
    cdef int i
    for i in range(share.first, share.end):
        strip_update(s, i, <const floating *> s.gradient + s.strips[i].offset, batch, weight, factor)


cdef inline floating *bias_gradient(const Sweep *s, const Strip *strip, floating *g) noexcept nogil:
    """Where the gradient of the strip's bias lies: at its own place in a whole gradient, behind the strip in scratch."""
    return g + (strip.bias - strip.offset if s.gradient != NULL else strip.size)


cdef bint passes_back(const Sweep *s, int t) noexcept nogil:
    """Whether the gradients of stage t's strips can take its backward pass along: x is then read once for both."""
    cdef const Stage *stage = &s.stages[t]
    return (stage.traits.matrix and has_few_outputs(&s.dense[stage.layer]) and stage.source >= 0
            and s.stages[stage.source].wanted and not stage.add_source)


cdef void strip_gradient(Sweep *s, const Strip *strip, Py_ssize_t r0, Py_ssize_t rows, Py_ssize_t n_words, int team,
                         floating *g, floating *bias, bint accumulate, bint back) noexcept nogil:
    """(+)= the gradient over `rows` rows of the block from r0 on; n_words tell where the input is not zero.

    back: of a stage that can, see passes_back, also what it adds to the gradient by its source.
    """
    cdef const Stage *stage = &s.stages[strip.stage]
    cdef const Dense *layer = NULL if strip.layer < 0 else &s.dense[strip.layer]
    cdef Py_ssize_t ldx = s.ldx if stage.source < 0 else s.stages[stage.source].ld
    cdef const floating *x = <const floating *> inputs_of(s, stage) + r0 * ldx
    cdef const floating *d = <const floating *> s.buffers[strip.stage].d + r0 * stage.ld
    cdef const floating *z = <const floating *> s.buffers[strip.stage].z + r0 * stage.ld
    cdef floating one = 1
    if strip.layer < 0:
        gain_gradient(s, strip, rows, x, ldx, d, z, g, bias, accumulate)
        return
    if stage.window != NULL:
        if not accumulate:
            memset(g, 0, strip.size * sizeof(floating))
            memset(bias, 0, strip.bias_width * sizeof(floating))
        convolution_gradient(s.k, layer, stage.window, strip.first, strip.count, strip.column, strip.width, rows, x, ldx, d,
                             g)
        if strip.bias_width:
            convolution_bias_gradient(s.k, layer, stage.window, strip.column, strip.width, rows, d, bias)
        return
    if stage.source < 0 and s.data.csr != NULL:
        if not accumulate:
            memset(g, 0, strip.size * sizeof(floating))
        sparse_gradient(s.k, layer, strip.first, strip.count, strip.width, &s.entries, team, d + strip.column, g)
    elif layer.encoding != NULL:
        if not accumulate:
            memset(g, 0, strip.size * sizeof(floating))
        encoded_gradient(s.k, layer, strip.begin, strip.end, strip.first, strip.count, strip.width, rows, x, ldx,
                         d + strip.column, g)
    elif layer.tiles != NULL:
        if floating is float:
            tiles_gradient(layer, strip, rows, s.block_rows, s.halves[strip.layer].columns, s.halves[strip.layer].words, g,
                           accumulate)
    elif s.skips_zeros and stage.source < 0 and not layer.narrow and strip.count > 2:
        zeros_gradient(s.k, &s.zeros, r0 // word_bits(<floating> 0), n_words, strip.first, strip.count, strip.width,
                       x - r0 * ldx, ldx, d - r0 * stage.ld + strip.column, stage.ld, g, accumulate)
    elif back:
        few_outputs_backward(s.k, layer, strip.first, strip.count, rows, d, x, s.stages[stage.source].gates,
                             <floating *> s.buffers[stage.source].d + r0 * ldx, ldx, g, accumulate)
    elif layer.narrow:
        narrow_gradient(s.k, layer, strip.count, rows, d, x + strip.first, ldx, g, accumulate)
    elif are_few(layer.n_out - strip.column, strip.count, lanes(s.k, <floating> 0)):
        few_columns_gradient(s.k, strip.count, layer.n_out - strip.column, rows, x + strip.first, ldx, d + strip.column,
                             layer.ld, g, accumulate)
    elif is_copied(s, stage):
        copied_gradient(s, strip, rows, g, accumulate)
    else:
        dense_gradient(s.k, strip.count, strip.width, rows, x + strip.first, ldx, d + strip.column, layer.ld, g,
                       accumulate)
    if strip.bias_width:
        dense_gradient(s.k, 1, strip.bias_width, rows, <const floating *> &one, 0, d + strip.column, layer.ld, bias,
                       accumulate)


cdef double strip_norm(const Sweep *s, const Strip *strip, const floating *g, double weight) noexcept nogil:
    """Sum of squares of the gradient of the objective: over the batch's weight, L2 penalty included."""
    cdef const floating *w = <const floating *> s.packed
    cdef const floating *bias = bias_gradient(s, strip, <floating *> g)
    cdef double total = 0
    if is_counted(s, strip):
        total = squared_norm(s.k, strip.size, g, w + strip.offset, 1 / weight,
                             s.l2 / weight if strip.layer >= 0 else 0)
    if strip.bias_width:
        total += squared_norm(s.k, strip.bias_width, bias, w + strip.bias, 1 / weight, 0)
    return total


cdef void strip_update(Sweep *s, int i, const floating *g, long long batch, double weight, double factor) noexcept nogil:
    """One optimizer step; biases, gains and shifts are not penalised."""
    cdef const Strip *strip = &s.strips[i]
    cdef floating *w = <floating *> s.packed
    cdef fastnn_step step
    cdef double squares
    step.c = s.coefficients + (batch - s.begin) * FASTNN_N_COEFFICIENTS
    step.scale, step.l2, step.clip, step.l1_scale = factor / weight, factor * s.l2 / weight, s.clip_value, 1 / weight
    step.penalised, step.slack, step.importance = strip.layer >= 0, NULL, NULL
    s.penalty[i] = 0
    if s.l1 and step.penalised and is_counted(s, strip):
        s.penalty[i] = s.l1 * absolute_sum(s.k, strip.size, <const floating *> w + strip.offset)
    if has_price(s, strip):
        priced_step(s, i, g, batch, weight, &step)
        return
    squares = take_step(s, strip, False, g, batch, &step)
    if step.penalised and is_counted(s, strip):
        s.penalty[i] += 0.5 * s.l2 * squares
    step.penalised = False
    if strip.bias_width:
        take_step(s, strip, True, <const floating *> bias_gradient(s, strip, <floating *> g), batch, &step)
    if strip.layer >= 0:
        renew_strip(s.k, s.rounding, &s.layers[strip.layer], strip, w)
