"""The step of some weights, and how stiff use has made them.

A weight from unit i to unit j has a thickness m that grows with use, and moves by 1 / (1 + strength * m) of a solver's step:

    m = T * (r_i / mean r) * (c_j / mean c)     by activity: r and c are sums of what the units say (usage.pyx), T of ones
    m = T * (r_i / mean r)                      by input
    m = decay * m + g^2 / mean g^2              by gradient

A bias is the weight of a unit that always says one; gains and shifts are in use at every step. Where some of a signal is
lost on its way, the packed weights are what arrives, w * (1 - loss / (1 + strength * m)): whoever reads them, in training,
scoring and files, knows nothing of it. Only here they become w again, for the step.
"""

from libc.math cimport fmin

from fastnn._kernels.layers.plan cimport Strip
from fastnn._kernels.layers.tiles cimport panel_width
from fastnn._kernels.native.header cimport fastnn_step
from fastnn._kernels.native.table cimport average, floating, lanes, squared_norm, update
from fastnn._kernels.training.sweep cimport Plasticity, Sweep

cdef enum:
    PIECE = 1024            # weights of a strip at a time: their slack stays in the first-level cache

cdef double MOST = 1e30     # of thickness times strength: the square of what follows need not be finite


cdef double take_step(Sweep *s, const Strip *strip, bint of_bias, const floating *g, long long batch,
                      fastnn_step *step) noexcept nogil:
    """The step of a strip's weights, or of its biases; returns the sum of squares of the parameters before."""
    cdef Py_ssize_t at = strip.bias if of_bias else strip.offset, n = strip.bias_width if of_bias else strip.size
    cdef floating *w = <floating *> s.packed + at
    cdef double squares
    if s.plasticity != NULL and (s.plasticity.strength or s.plasticity.loss):
        step.least, step.pull = s.plasticity.least, s.plasticity.strength
        return plastic_step(s, strip, of_bias, g, step, average_decay(s, batch))
    squares = update(s.k, s.rule, n, w, g, <floating *> s.m + at, <floating *> s.v + at, <floating *> s.u + at, step)
    if s.average != NULL:
        average(s.k, n, <const floating *> w, <floating *> s.average + at, average_decay(s, batch))
    return squares


cdef inline double average_decay(const Sweep *s, long long batch) noexcept nogil:
    """Less at first, when the average has little to remember."""
    cdef double t = <double> (s.step + batch - s.begin)
    return fmin(s.average_decay, (1 + t) / (10 + t))


cdef double plastic_step(Sweep *s, const Strip *strip, bint of_bias, const floating *g, fastnn_step *step,
                         double average_decay) noexcept nogil:
    """The same where some are stiff: a piece at a time, each with its slack."""
    cdef Plasticity *p = s.plasticity
    cdef Py_ssize_t at = strip.bias if of_bias else strip.offset, n = strip.bias_width if of_bias else strip.size
    cdef Py_ssize_t piece, done = 0, first = strip.first
    cdef const floating *moved
    cdef floating *w
    cdef floating slack[PIECE]
    cdef floating before[PIECE]
    cdef floating own[PIECE]
    cdef double squares = 0
    while done < n:
        piece = piece_of(s, strip, of_bias, first, n - done, <floating> 0)
        w = <floating *> s.packed + at
        if p.by == BY_ANCHOR:
            step.importance, step.anchor = <floating *> p.thickness + at, <floating *> p.anchor + at
        else:
            find_slack(s, strip, of_bias, first, at, piece, g + done, step, slack, before)
            step.slack = slack
        moved = g + done
        if p.loss:
            arrive_as_sent(piece, p.loss, before, g + done, w, own)
            moved = own
        squares += update(s.k, s.rule, piece, w, moved, <floating *> s.m + at,
                          <floating *> s.v + at, <floating *> s.u + at, step)
        if p.loss:
            lose(piece, p.loss, slack, w)
        if s.average != NULL:
            average(s.k, piece, <const floating *> w, <floating *> s.average + at, average_decay)
        if not of_bias and strip.layer >= 0:
            first += piece // (s.dense[strip.layer].n_out if s.dense[strip.layer].narrow else strip.width)
        at += piece
        done += piece
    step.slack = step.importance = NULL
    return squares


cdef inline Py_ssize_t piece_of(const Sweep *s, const Strip *strip, bint of_bias, Py_ssize_t first, Py_ssize_t left,
                                floating tag) noexcept nogil:
    """How many weights to go on with: whole rows of a panel, or of a narrow layer one panel."""
    cdef Py_ssize_t lane = lanes(s.k, tag)
    if of_bias or strip.layer < 0:
        return min(left, <Py_ssize_t> PIECE)
    if s.dense[strip.layer].narrow:
        return s.dense[strip.layer].n_out * panel_width(s.dense[strip.layer].n_in - first, lane)
    return min(left, PIECE // strip.width * strip.width)


cdef void find_slack(Sweep *s, const Strip *strip, bint of_bias, Py_ssize_t first, Py_ssize_t at, Py_ssize_t n,
                     const floating *g, const fastnn_step *step, floating *slack, floating *before) noexcept nogil:
    """1 / (1 + strength * m) of the weights packed from `at` on, now and, where signals are lost, before this step."""
    cdef Plasticity *p = s.plasticity
    if p.by == BY_GRADIENT:
        grow(s, strip, of_bias, at, n, g, step, slack, before)
        return
    slack_of(s, strip, of_bias, first, n, <const floating *> p.factor, p.steps, slack)
    if p.loss:
        slack_of(s, strip, of_bias, first, n, <const floating *> p.past, p.past_steps, before)


cdef void slack_of(const Sweep *s, const Strip *strip, bint of_bias, Py_ssize_t first, Py_ssize_t n,
                   const floating *factor, double steps, floating *slack) noexcept nogil:
    """By what the units at both ends have said, for inputs from `first` on."""
    cdef const Plasticity *p = s.plasticity
    cdef double k = p.strength * steps
    cdef int before = p.inputs[strip.layer] if strip.layer >= 0 else -1
    cdef int behind = p.outputs[strip.layer] if strip.layer >= 0 else -1
    cdef const floating *r = NULL
    cdef const floating *c = NULL
    cdef Py_ssize_t width, i, j
    cdef floating row
    if before >= 0 and not of_bias:
        r = factor + p.sides[before].at + first
    if behind >= 0:
        c = factor + p.sides[behind].at + strip.column
    if strip.layer >= 0 and s.dense[strip.layer].narrow and not of_bias:
        width = n // s.dense[strip.layer].n_out
        for j in range(s.dense[strip.layer].n_out):
            row = as_row(k, c[j] if c != NULL else 1)
            for i in range(width):
                slack[j * width + i] = 1 / (1 + row * (r[i] if r != NULL else 1))
        return
    width = n if of_bias or strip.layer < 0 else strip.width
    for i in range(n // width):
        row = as_row(k, r[i] if r != NULL else 1)
        if c == NULL:
            for j in range(width):
                slack[i * width + j] = 1 / (1 + row)
        else:
            for j in range(width):
                slack[i * width + j] = 1 / (1 + row * c[j])


cdef inline floating as_row(double k, floating factor) noexcept nogil:
    return <floating> min(k * factor, MOST)


cdef void grow(Sweep *s, const Strip *strip, bint of_bias, Py_ssize_t at, Py_ssize_t n, const floating *g,
               const fastnn_step *step, floating *slack, floating *before) noexcept nogil:
    """By the squared gradient over its mean, which is that of the step before it is clipped to a norm."""
    cdef Plasticity *p = s.plasticity
    cdef int place = strip.layer if strip.layer >= 0 else s.n_dense + strip.stage
    cdef double mean = p.mean_square[2 * place + of_bias]
    cdef floating share = <floating> (1 / mean) if mean > 0 else 0, decay = <floating> p.decay, d
    cdef floating k = <floating> min(p.strength, MOST), scale = <floating> step.scale
    cdef floating l2 = <floating> step.l2 if step.penalised else 0
    cdef floating *m = <floating *> p.thickness + at
    cdef const floating *w = <const floating *> s.packed + at
    cdef Py_ssize_t i
    for i in range(n):
        before[i] = 1 / (1 + k * m[i])
        d = scale * g[i] + l2 * w[i]
        m[i] = min(decay * m[i] + d * d * share, <floating> 1e8)
        slack[i] = 1 / (1 + k * m[i])


cdef inline void arrive_as_sent(Py_ssize_t n, double loss, const floating *slack, const floating *g, floating *w,
                                floating *own) noexcept nogil:
    """Weights as they were before the loss, and the gradient by them: what arrives is w times a factor."""
    cdef floating by = <floating> loss, factor
    cdef Py_ssize_t i
    for i in range(n):
        factor = 1 - by * slack[i]
        w[i] /= factor
        own[i] = g[i] * factor


cdef inline void lose(Py_ssize_t n, double loss, const floating *slack, floating *w) noexcept nogil:
    cdef floating by = <floating> loss
    cdef Py_ssize_t i
    for i in range(n):
        w[i] *= 1 - by * slack[i]


cdef void note_squares(Sweep *s, int i, const floating *g, const floating *bias, double weight) noexcept nogil:
    """The sums of squares of strip i's gradient, penalty included."""
    cdef const Strip *strip = &s.strips[i]
    cdef const floating *w = <const floating *> s.packed
    s.plasticity.squares[2 * i] = squared_norm(s.k, strip.size, g, w + strip.offset, 1 / weight,
                                               s.l2 / weight if strip.layer >= 0 else 0)
    s.plasticity.squares[2 * i + 1] = 0
    if strip.bias_width:
        s.plasticity.squares[2 * i + 1] = squared_norm(s.k, strip.bias_width, bias, w + strip.bias, 1 / weight, 0)


cdef void mean_squares(Sweep *s) noexcept nogil:
    """One thread, once all have noted theirs: the means of each matrix and of each vector."""
    cdef double *mean = s.plasticity.mean_square
    cdef const Strip *strip
    cdef Py_ssize_t place, n
    cdef double units
    cdef int i, k
    for i in range(2 * (s.n_dense + s.n_stages)):
        mean[i] = 0
    for i in range(s.n_strips):
        strip = &s.strips[i]
        place = strip.layer if strip.layer >= 0 else s.n_dense + strip.stage
        n = s.dense[strip.layer].n_in if strip.layer >= 0 else 1
        units = <double> s.stages[strip.stage].units
        for k in range(2):
            mean[2 * place + k] += s.plasticity.squares[2 * i + k] / (units * n if k == 0 else units)
