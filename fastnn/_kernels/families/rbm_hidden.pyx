"""Panels of hidden units: their probabilities given the visible ones, their states, and what a step learns of them.

Probabilities lie as the rows do, (most_rows + n_chains, panels): the batch first, and then the chains.
"""

from fastnn._kernels.families.rbm cimport hidden
from fastnn._kernels.families.rbm_draws cimport sample
from fastnn._kernels.families.rbm_phases cimport FROM_DATA, LAST, STRIP, WITHIN
from fastnn._kernels.families.rbm_update cimport keep_sparse, update_panels
from fastnn._kernels.native.formulas cimport FASTNN_logistic
from fastnn._kernels.native.header cimport fastnn_random_key
from fastnn._kernels.native.table cimport activation_forward

cdef enum:
    BLOCK = 96              # rows whose probabilities stay in the cache while all strips pass


cdef void hidden_panels(Machine *m, Turn *t, Py_ssize_t begin, Py_ssize_t end, What what, bint samples,
                        floating tag) noexcept nogil:
    cdef Py_ssize_t ld = (end - begin) * m.panel, first = begin * m.panel, n = min(ld, m.n_hidden - first), i
    cdef floating *p = <floating *> m.scratch + t.thread * m.scratch_size
    cdef floating *of_chains = p + m.most_rows * ld
    if what != WITHIN:
        given_visible(m, 0, t.rows, begin, end, p)
    if what != FROM_DATA:
        given_visible(m, m.most_rows, t.chains, begin, end, of_chains)
    if samples:
        sample(m, t.chains, n, first, <const floating *> (p if what == FROM_DATA else of_chains), ld, m.uniform_hidden,
               m.n_hidden, fastnn_random_key(m.seed, t.sampled, 0), <floating *> m.chains + first, m.ldh)
    if what != LAST:
        return
    if m.activity != NULL:
        keep_sparse(m, t.rows, n, <floating *> m.activity + first, p, ld)
    for i in range(t.rows * ld):
        p[i] *= <floating> (m.learning_rate / t.rows)
    for i in range(t.chains * ld):
        of_chains[i] *= <floating> (-m.learning_rate / t.chains)
    update_panels(m, t, begin, end, <const floating *> p)


cdef void given_visible(Machine *m, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end,
                        floating *p) noexcept nogil:
    """p (rows, panels) of hidden units given the visible ones of rows from `first` on; zero where there are no units."""
    cdef Py_ssize_t ld = (end - begin) * m.panel, n = min(ld, m.n_hidden - begin * m.panel), some, s, r, j
    cdef const floating *bias = <const floating *> m.bias_hidden + begin * m.panel
    cdef const floating *w = <const floating *> m.w + begin * m.n_visible * m.panel
    while rows > 0:
        some = min(rows, <Py_ssize_t> BLOCK)
        for s in range(m.n_strips):
            hidden(m.isa, some, end - begin, m.of_rows + first * m.n_strips + s, m.n_strips,
                   <const floating *> m.rows + first * m.ldv + s * STRIP, m.ldv, w + s * STRIP * m.panel,
                   m.n_visible * m.panel, bias if s == 0 else <const floating *> p, 0 if s == 0 else ld, p, ld)
        activation_forward(m.k, FASTNN_logistic, some, n, <const floating *> p, p, ld)
        for r in range(some if n < ld else 0):
            for j in range(n, ld):
                p[r * ld + j] = 0
        first += some
        p += some * ld
        rows -= some
