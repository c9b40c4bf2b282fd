"""The uniform numbers that a restricted Boltzmann machine compares probabilities with, in the order of NumPy's generator.

A matrix for each time that units are sampled: (chains, visible units), or (chains, hidden units). One thread draws the next
one while all compute with the present one.
"""

from libc.stdint cimport uint32_t

from fastnn._kernels.families.twister cimport draw


cdef Py_ssize_t rows_of(const Machine *m, Py_ssize_t batch) noexcept nogil:
    """Rows of a batch: the last one may be short."""
    return min(m.most_rows, m.n_rows - batch * m.most_rows)


cdef void draw_ahead(Machine *m) noexcept nogil:
    """The matrix of the next time that units are sampled, if it comes in this call."""
    if m.drawn == m.n_draws or m.uniform_visible == NULL:
        return
    cdef Py_ssize_t batch = m.begin + m.drawn // (2 * m.gibbs)
    cdef Py_ssize_t n_chains = m.n_chains if m.persistent else rows_of(m, batch)
    cdef bint visible = (m.drawn % 2 == 0) == m.persistent      # what comes from the data begins with the hidden units
    fill(m, n_chains * (m.n_visible if visible else m.n_hidden), m.uniform_visible if visible else m.uniform_hidden)
    m.drawn += 1


cdef void fill(Machine *m, Py_ssize_t n, double *u) noexcept nogil:
    cdef Py_ssize_t pairs, i
    cdef uint32_t pair[2]
    if m.words.twister == NULL:
        for i in range(n):
            u[i] = m.words.bits.next_double(m.words.bits.state)
        return
    while n > 0:
        pairs = min(n, (m.words.end - m.words.at) // 2)
        if pairs == 0:          # at most one word is left of a block
            pair[0] = next_word(m)
            pair[1] = next_word(m)
            m.twister.uniforms(1, pair, u)
            pairs = 1
        else:
            m.twister.uniforms(pairs, m.words.ahead + m.words.at, u)
            m.words.at += 2 * pairs
        n -= pairs
        u += pairs


cdef inline uint32_t next_word(Machine *m) noexcept nogil:
    if m.words.at == m.words.end:
        draw(m.twister, &m.words)
    m.words.at += 1
    return m.words.ahead[m.words.at - 1]
