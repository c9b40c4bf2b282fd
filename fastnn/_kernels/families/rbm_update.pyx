"""How a restricted Boltzmann machine learns: the gradient of a panel's weights, of the biases, and their update in one go.

Each phase of the gradient is a mean, over the rows of the batch and over the chains: where a batch is short, the chains do
not outweigh it.
"""

from libc.stdint cimport uint64_t
from libc.string cimport memset

from fastnn._kernels.families.rbm cimport learn, step
from fastnn._kernels.families.rbm_phases cimport MARKS, STRIP


cdef void keep_sparse(Machine *m, Py_ssize_t rows, Py_ssize_t n, floating *activity, floating *p,
                      Py_ssize_t ld) noexcept nogil:
    """Draw units towards their target (Hinton, "A practical guide to training restricted Boltzmann machines", 2010, 11)."""
    cdef Py_ssize_t r, j
    cdef floating mean, pull
    for j in range(n):
        mean = 0
        for r in range(rows):
            mean += p[r * ld + j]
        activity[j] = <floating> 0.9 * activity[j] + <floating> 0.1 * mean / rows
        pull = <floating> (m.cost * (m.target - activity[j]))
        for r in range(rows):
            p[r * ld + j] += pull


cdef void update_panels(Machine *m, Turn *t, Py_ssize_t begin, Py_ssize_t end, const floating *d) noexcept nogil:
    """The weights of panels and their biases; d (most_rows + n_chains, panels) are the factors of the visible units. A strip
    of weights passes all rows while it is in the cache."""
    cdef Py_ssize_t width = m.panel, stride = m.n_visible * width, s, at, n, word, some
    cdef uint64_t present
    cdef floating one = 1
    cdef floating *w
    cdef floating *g = <floating *> m.scratch + t.thread * m.scratch_size + (m.most_rows + m.n_chains) * m.group * width
    for s in range(m.n_strips):
        at = s * STRIP
        n = min(<Py_ssize_t> STRIP, m.n_visible - at)
        w = <floating *> m.w + begin * stride + at * width
        for word in range(m.n_words):
            learn(m.isa, n, end - begin, m.of_units + word * m.n_visible + at,
                  <const floating *> m.rows + word * MARKS * m.ldv + at, m.ldv, d + word * MARKS * (end - begin) * width,
                  (end - begin) * width, m.speed == NULL or word > 0, w if m.speed == NULL else g,
                  stride if m.speed == NULL else STRIP * width)
        for some in range(end - begin if m.speed != NULL else 0):
            step(m.isa, n * width, <const floating *> g + some * STRIP * width,
                 <floating *> m.speed + begin * stride + at * width + some * stride, w + some * stride, m.momentum,
                 m.learning_rate * m.decay)
    w = <floating *> m.bias_hidden + begin * width
    for word in range(m.n_words):
        present = rows_between(word, 0, t.rows) | rows_between(word, m.most_rows, m.most_rows + t.chains)
        learn(m.isa, 1, end - begin, &present, <const floating *> &one, 0, d + word * MARKS * (end - begin) * width,
              (end - begin) * width, m.speed == NULL or word > 0, w if m.speed == NULL else g, width)
    if m.speed != NULL:
        step(m.isa, (end - begin) * width, <const floating *> g, <floating *> m.speed_hidden + begin * width, w,
             m.momentum, 0)


cdef inline uint64_t rows_between(Py_ssize_t word, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    """Bits of rows begin..end in a word."""
    begin = min(max(begin - word * MARKS, <Py_ssize_t> 0), <Py_ssize_t> MARKS)
    end = min(max(end - word * MARKS, <Py_ssize_t> 0), <Py_ssize_t> MARKS)
    if begin == end:
        return 0
    return (~(<uint64_t> 0) << begin) & (~(<uint64_t> 0) >> (MARKS - end))


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
