"""Probabilities of hidden units for many rows, most of whose visible units are zero: `transform` of a Boltzmann machine.

Threads take blocks of rows as they come. The sums are those of the kernels that score, in the same order, so that it makes
no difference to the bits which of the two looks at rows.
"""

import numpy as np

from cpython.exc cimport PyErr_CheckSignals
from cython.parallel cimport parallel, threadid
from libc.stdint cimport uint64_t
from libc.string cimport memcpy, memset

from fastnn._kernels.families.rbm cimport hidden, marks
from fastnn._kernels.families.rbm_phases cimport GROUP, MARKS
from fastnn._kernels.layers.tiles cimport round_up
from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.dtypes cimport FLOAT64, Dtype, dtype_of
from fastnn._kernels.native.header cimport fastnn_isa
from fastnn._kernels.native.platform cimport fastnn_take
from fastnn._kernels.native.table cimport Kernels, activation_forward, floating, isa_of, kernels_of, lanes_as

from fastnn._kernels.families.rbm_machine import in_panels
from fastnn._kernels.native.buffers import aligned_zeros

cdef enum:
    WIDE = 64               # visible units that one word has bits for: no inner products here want a multiple of three
    STRETCH = 1 << 13       # rows between two looks at what else there is to do, such as Ctrl-C

cdef struct Means:
    Kernels k
    const fastnn_isa *isa
    Py_ssize_t n_visible, n_hidden, panel, n_panels, n_strips
    int activation
    const void *x               # (n_rows, n_visible)
    const void *w               # panels of hidden units, as in training
    const void *bias
    void *out                   # (n_rows, n_hidden)
    void *inputs                # (MARKS, GROUP panels) for each thread
    uint64_t *of_rows           # (MARKS, n_strips) for each thread
    Py_ssize_t next, end        # rows to take


def hidden_means(X, weights, bias, int activation, int n_threads, str isa=None):
    """activation(X @ weights.T + bias), leaving out what is zero in X.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_visible), C-contiguous
    weights, bias : ndarray of shape (n_hidden, n_visible) and (n_hidden,), of X's dtype
    activation : int
        Its number.
    n_threads : int
    isa : str or None

    Returns
    -------
    ndarray of shape (n_rows, n_hidden)
    """
    cdef Means m
    cdef Dtype dtype = dtype_of(X.dtype)
    cdef int number = dtype.number
    memset(&m, 0, sizeof(m))
    m.k, m.isa, m.activation = kernels_of(isa), isa_of(isa), activation
    m.n_hidden, m.n_visible = weights.shape
    m.panel = 2 * lanes_as(m.k, number)
    m.n_panels = round_up(m.n_hidden, m.panel) // m.panel
    m.n_strips = round_up(m.n_visible, WIDE) // WIDE
    panels = np.ascontiguousarray(in_panels(weights, m.panel))
    padded = np.pad(bias, (0, m.n_panels * m.panel - m.n_hidden))
    inputs = aligned_zeros(n_threads * MARKS * GROUP * m.panel, dtype.numpy)
    words = np.empty(n_threads * MARKS * m.n_strips, np.uint64)
    result = np.empty((len(X), m.n_hidden), dtype.numpy)
    m.x, m.w = address(X, dtype.format, False), address(panels, dtype.format, False)
    m.bias, m.out = address(padded, dtype.format, False), address(result, dtype.format, True)
    m.inputs = address(inputs, dtype.format, True)
    m.of_rows = <uint64_t *> address(words, words.dtype.char, True)
    while m.end < len(X):
        m.next, m.end = m.end, min(m.end + STRETCH, len(X))
        with nogil:
            blocks_as(&m, n_threads, number)
        PyErr_CheckSignals()
    return result


cdef void blocks_as(Means *m, int n_threads, int dtype) noexcept nogil:
    """One thread never touches OpenMP."""
    if n_threads == 1:
        thread_as(m, 0, dtype)
    else:
        with parallel(num_threads=n_threads):
            thread_as(m, threadid(), dtype)


cdef void thread_as(Means *m, int thread, int dtype) noexcept nogil:
    if dtype == FLOAT64:
        blocks(m, thread, <double> 0)
    else:
        blocks(m, thread, <float> 0)


cdef void blocks(Means *m, int thread, floating tag) noexcept nogil:
    cdef Py_ssize_t first, rows, s, at
    cdef uint64_t *of_rows = m.of_rows + thread * m.n_strips * MARKS
    while True:
        first = fastnn_take(&m.next, MARKS)
        if first >= m.end:
            return
        rows = min(<Py_ssize_t> MARKS, m.end - first)
        for s in range(m.n_strips):
            at = s * WIDE
            marks(m.isa, rows, min(<Py_ssize_t> WIDE, m.n_visible - at), <const floating *> m.x + first * m.n_visible + at,
                  m.n_visible, of_rows + s, m.n_strips, NULL, 0)
        for s in range((m.n_panels + GROUP - 1) // GROUP):
            panels_of(m, thread, first, rows, s * GROUP, min(m.n_panels, (s + 1) * GROUP), of_rows, tag)


cdef void panels_of(Means *m, int thread, Py_ssize_t first, Py_ssize_t rows, Py_ssize_t begin, Py_ssize_t end,
                    const uint64_t *of_rows, floating tag) noexcept nogil:
    cdef Py_ssize_t ld = (end - begin) * m.panel, n = min(ld, m.n_hidden - begin * m.panel), s, r
    cdef floating *z = <floating *> m.inputs + thread * MARKS * GROUP * m.panel
    cdef const floating *init = <const floating *> m.bias + begin * m.panel
    for s in range(m.n_strips):
        hidden(m.isa, rows, end - begin, of_rows + s, m.n_strips, <const floating *> m.x + first * m.n_visible + s * WIDE,
               m.n_visible, <const floating *> m.w + (begin * m.n_visible + s * WIDE) * m.panel, m.n_visible * m.panel,
               init, 0 if s == 0 else ld, z, ld)
        init = z
    activation_forward(m.k, m.activation, rows, n, <const floating *> z, z, ld)
    for r in range(rows):
        memcpy(<floating *> m.out + (first + r) * m.n_hidden + begin * m.panel, z + r * ld, n * sizeof(floating))
