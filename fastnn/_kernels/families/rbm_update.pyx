"""How a restricted Boltzmann machine learns: the gradient of a panel's weights, of the biases, and their update in one go.

Each phase of the gradient is a mean, over the rows of the batch and over the chains: where a batch is short, the chains do
not outweigh it.
"""

from libc.string cimport memset

from fastnn._kernels.families.rbm cimport step
from fastnn._kernels.families.rbm_phases cimport STRIP
from fastnn._kernels.layers.tiles cimport next_tile
from fastnn._kernels.native.table cimport outer_tile, tile_rows


cdef void keep_sparse(Machine *m, Py_ssize_t rows, Py_ssize_t n, floating *activity, floating *p) noexcept nogil:
    """Draw units towards their target (Hinton, "A practical guide to training restricted Boltzmann machines", 2010, 11)."""
    cdef Py_ssize_t r, j
    cdef floating mean, pull
    for j in range(n):
        mean = 0
        for r in range(rows):
            mean += p[r * m.panel + j]
        activity[j] = <floating> 0.9 * activity[j] + <floating> 0.1 * mean / rows
        pull = <floating> (m.cost * (m.target - activity[j]))
        for r in range(rows):
            p[r * m.panel + j] += pull


cdef void update_panels(Machine *m, Turn *t, Py_ssize_t begin, Py_ssize_t end, const floating *d) noexcept nogil:
    """The weights of panels and their biases; d (panels, batch and chains, panel) are the factors of the visible units.
    A tile of visible units passes all panels while its columns of the rows are in the cache."""
    cdef Py_ssize_t width = m.panel, n = (t.rows + t.chains) * width, at = 0, rows, panel, to
    cdef floating one = 1
    while at < m.n_visible:
        rows = next_tile(m.n_visible - at, tile_rows(m.k, <floating> 0))
        for panel in range(begin, end):
            to = (panel * m.n_visible + at) * width
            update_tile(m, t, rows, <const floating *> m.rows + at, m.ldv, d + (panel - begin) * n,
                        <floating *> m.w + to, <floating *> m.speed + to if m.speed != NULL else <floating *> NULL,
                        m.learning_rate * m.decay)
        at += rows
    for panel in range(begin, end):
        to = panel * width
        update_tile(m, t, 1, <const floating *> &one, 0, d + (panel - begin) * n, <floating *> m.bias_hidden + to,
                    <floating *> m.speed_hidden + to if m.speed != NULL else <floating *> NULL, 0)


cdef inline void update_tile(Machine *m, Turn *t, Py_ssize_t mr, const floating *rows, Py_ssize_t ld, const floating *d,
                             floating *w, floating *speed, double decay) noexcept nogil:
    """w (mr, panel) and, unless it is NULL, its speed; rows (., mr) begins with the batch. ld = 0: all rows are one."""
    cdef floating *g = <floating *> m.scratch + (t.thread + 1) * m.scratch_size - mr * m.panel
    cdef const floating *chains = rows + m.most_rows * ld
    if speed == NULL:
        products(m, t, mr, rows, ld, chains, d, True, w)
        return
    products(m, t, mr, rows, ld, chains, d, False, g)
    step(m.isa, mr * m.panel, <const floating *> g, speed, w, m.momentum, decay)


cdef inline void products(Machine *m, Turn *t, Py_ssize_t mr, const floating *batch, Py_ssize_t ld, const floating *chains,
                          const floating *d, bint add, floating *to) noexcept nogil:
    """to (mr, panel) (+)= batch^T . d + chains^T . d, in the order of the rows."""
    cdef Py_ssize_t width = m.panel
    outer_tile(m.k, <int> mr, 2, t.rows, batch, ld, d, width, <const floating *> to if add else <const floating *> NULL,
               width, to, width)
    outer_tile(m.k, <int> mr, 2, t.chains, chains, ld, d + t.rows * width, width, <const floating *> to, width, to, width)


cdef void update_visible(Machine *m, Turn *t, Py_ssize_t first, floating tag) noexcept nogil:
    """The biases of a strip of visible units."""
    cdef Py_ssize_t n = min(<Py_ssize_t> STRIP, m.n_visible - first), r, j
    cdef const floating *x = <const floating *> m.rows + first
    cdef const floating *v = x + m.most_rows * m.ldv
    cdef floating *bias = <floating *> m.bias_visible + first
    cdef floating of_batch[STRIP]
    cdef floating of_chains[STRIP]
    memset(of_batch, 0, sizeof(of_batch))
    memset(of_chains, 0, sizeof(of_chains))
    for r in range(t.rows):
        for j in range(n):
            of_batch[j] += x[r * m.ldv + j]
    for r in range(t.chains):
        for j in range(n):
            of_chains[j] += v[r * m.ldv + j]
    for j in range(n):
        of_batch[j] = <floating> (m.learning_rate / t.rows * of_batch[j] - m.learning_rate / t.chains * of_chains[j])
    if m.speed != NULL:
        step(m.isa, n, <const floating *> of_batch, <floating *> m.speed_visible + first, bias, m.momentum, 0)
        return
    for j in range(n):
        bias[j] += of_batch[j]
