"""Training a restricted Boltzmann machine: batches in one call without the interpreter, inside one parallel region.

Contrastive divergence (Hinton, "Training products of experts by minimizing contrastive divergence", Neural Computation 14,
2002), by default persistent (Tieleman, ICML 2008). A step is phases with a barrier after each, in which threads take pieces
of work as they come:

    visible   strips of visible units: the chains' states given their hidden units, sampled; and those of the batch, as
              given. Bits say which of them are not zero
    hidden    panels of hidden units: their probabilities for the batch and the chains, sampled for the chains. In the last
              such phase of a step the panels' weights are updated at once, while they and the probabilities are in the
              cache. Both leave out what is zero, of the rows of images most, of sampled ones some half

No sum is ever split, so bits depend neither on threads nor on who takes what. Weights lie once, in panels of hidden units:
going to the visible units is an inner product along each row of a panel (csrc/families/rbm.inc), so that no transposed
copy must follow every update.
"""

from cython.parallel cimport parallel, threadid
from libc.stdint cimport uint64_t
from libc.string cimport memset

from fastnn._kernels.families.rbm cimport normal, visible
from fastnn._kernels.families.rbm_draws cimport draw_ahead, rows_of, sample
from fastnn._kernels.families.rbm_hidden cimport hidden_panels
from fastnn._kernels.families.rbm_rows cimport gather, mark_chains
from fastnn._kernels.families.rbm_update cimport update_visible
from fastnn._kernels.native.dtypes cimport FLOAT64
from fastnn._kernels.native.formulas cimport FASTNN_logistic
from fastnn._kernels.native.header cimport fastnn_random_key
from fastnn._kernels.native.platform cimport (fastnn_flush_denormals, fastnn_restore_denormals, fastnn_take,
                                              fastnn_team_size, fastnn_wait)
from fastnn._kernels.native.table cimport activation_forward, floating

cdef enum:
    LINE = 16               # counters of two threads are as far apart, on cache lines of their own

cdef void train_as(Machine *m, int n_threads, int dtype) noexcept nogil:
    """Batches begin..end on n_threads threads; one thread never touches OpenMP."""
    m.drawn, m.n_draws = 0, 2 * m.gibbs * (m.end - m.begin)
    memset(m.taken, 0, 2 * n_threads * LINE * sizeof(Py_ssize_t))
    draw_ahead(m)
    if n_threads == 1:
        train_thread_as(m, 0, 1, dtype)
    else:
        with parallel(num_threads=n_threads):
            train_thread_as(m, threadid(), fastnn_team_size(), dtype)
    m.sampled += m.n_draws


cdef void train_thread_as(Machine *m, int thread, int team, int dtype) noexcept nogil:
    if dtype == FLOAT64:
        train(m, thread, team, <double> 0)
    else:
        train(m, thread, team, <float> 0)


cdef void train(Machine *m, int thread, int team, floating tag) noexcept nogil:
    cdef unsigned long long float_state = fastnn_flush_denormals()
    cdef Turn t = Turn(thread, team, 0, m.sampled, 0, 0)
    cdef Py_ssize_t b
    cdef int g
    for b in range(m.begin, m.end):
        t.rows = rows_of(m, b)
        t.chains = m.n_chains if m.persistent else t.rows
        if not m.persistent:
            gather_phase(m, &t, b * m.most_rows, tag)
            hidden_phase(m, &t, FROM_DATA, tag)
        for g in range(m.gibbs):
            visible_phase(m, &t, b * m.most_rows if m.persistent and g == 0 else -1, tag)
            hidden_phase(m, &t, LAST if g == m.gibbs - 1 else WITHIN, tag)
    fastnn_restore_denormals(float_state)


cdef inline void end_phase(Machine *m, Turn *t) noexcept nogil:
    if t.team > 1:
        fastnn_wait(&m.barrier, t.team)


cdef inline void begin_phase(Machine *m, Turn *t, bint samples) noexcept nogil:
    """Thread 0 sees to the phase to come: its random numbers, and that all of its work is there to be taken."""
    cdef int i
    t.phase += 1
    if t.thread == 0:
        for i in range(t.team):
            m.taken[((t.phase + 1) % 2 * t.team + i) * LINE] = 0
        if samples:
            draw_ahead(m)


cdef inline Py_ssize_t take(Machine *m, Turn *t, Py_ssize_t n) noexcept nogil:
    """The next of n pieces: of the thread's own share, which it had last time too, and then of the others'; or -1."""
    cdef int i, owner
    cdef Py_ssize_t first, count, found
    cdef Py_ssize_t *taken = m.taken + t.phase % 2 * t.team * LINE
    for i in range(t.team):
        owner = (t.thread + i) % t.team
        first = n * owner // t.team
        count = n * (owner + 1) // t.team - first
        if taken[owner * LINE] < count:
            found = fastnn_take(taken + owner * LINE, 1)
            if found < count:
                return first + found
    return -1


cdef void gather_phase(Machine *m, Turn *t, Py_ssize_t first, floating tag) noexcept nogil:
    """The rows of a batch, where they come before all else; otherwise each strip has them when it is visited."""
    cdef Py_ssize_t s
    begin_phase(m, t, False)
    while True:
        s = take(m, t, m.n_strips)
        if s < 0:
            break
        gather(m, t, first, s, tag)
    end_phase(m, t)


cdef void visible_phase(Machine *m, Turn *t, Py_ssize_t gathered, floating tag) noexcept nogil:
    """Strips of the chains' visible units, and of the batch that begins with row `gathered`, unless that is negative."""
    cdef Py_ssize_t s, n, first
    cdef uint64_t key = fastnn_random_key(m.seed, t.sampled, 1)
    cdef floating *to
    begin_phase(m, t, True)
    while True:
        s = take(m, t, m.n_strips)
        if s < 0:
            break
        if gathered >= 0:
            gather(m, t, gathered, s, tag)
        first = s * STRIP
        n = min(<Py_ssize_t> STRIP, m.n_visible - first)
        to = <floating *> m.rows + m.most_rows * m.ldv + first
        visible(m.isa, t.chains, n, m.n_panels, <const floating *> m.chains, m.ldh, <const floating *> m.w + first * m.panel,
                m.n_visible * m.panel, <const floating *> m.bias_visible + first, to, m.ldv)
        if m.gaussian:
            normal(m.isa, t.chains, n, <const floating *> to, m.ldv, key, first, to, m.ldv)
        else:
            activation_forward(m.k, FASTNN_logistic, t.chains, n, <const floating *> to, to, m.ldv)
            sample(m, t.chains, n, first, <const floating *> to, m.ldv, m.uniform_visible, m.n_visible, key, to, m.ldv)
        mark_chains(m, t, s, tag)
    t.sampled += 1
    end_phase(m, t)


cdef void hidden_phase(Machine *m, Turn *t, What what, floating tag) noexcept nogil:
    """All panels of hidden units; with the update, strips of the visible units' biases are pieces of it too."""
    cdef bint samples = what != LAST or m.persistent
    cdef Py_ssize_t i, n_groups = (m.n_panels + m.group - 1) // m.group
    begin_phase(m, t, samples)
    while True:
        i = take(m, t, n_groups + (m.n_strips if what == LAST else 0))
        if i < 0:
            break
        if i < n_groups:
            hidden_panels(m, t, i * m.group, min(m.n_panels, (i + 1) * m.group), what, samples, tag)
        else:
            update_visible(m, t, (i - n_groups) * STRIP, tag)
    t.sampled += samples
    end_phase(m, t)
