"""The state that a row begins with and is left with, where a sequence comes in pieces.

It lies in the row itself, behind its steps: from column `carried` on the units' outputs after the step before and, of an
LSTM, their cells; of a mean over the steps, from column `total` on their sum so far and how many there have been. When the
row's steps are taken and nothing is to be learned, what lies there is overwritten by what the next piece is to find.
"""

from libc.string cimport memcpy

from fastnn._kernels.layers.stage cimport Buffers, Pass, Stage
from fastnn._kernels.layers.walk cimport after, length_of, step_number
from fastnn._kernels.native.header_recurrent cimport FASTNN_GRU, FASTNN_LSTM
from fastnn._kernels.native.table cimport floating


cdef inline Py_ssize_t state_size(const Stage *stage) noexcept nogil:
    """How many numbers a row carries of a stage, without those of a mean."""
    return stage.units * (1 + (stage.cell == FASTNN_LSTM)) if stage.traits.recurs else 0


cdef inline floating *column(const Pass *p, Py_ssize_t r, Py_ssize_t number, floating tag) noexcept nogil:
    return <floating *> p.x + r * p.ldx + number


cdef inline void take_carried(const Pass *p, const Stage *stage, Py_ssize_t r, floating *h, floating *state) noexcept nogil:
    """The outputs h and the state before row r's first step, from the row itself: h and then, of an LSTM, c."""
    cdef const floating *x = column(p, r, stage.carried, <floating> 0)
    cdef Py_ssize_t size = stage.units * sizeof(floating)
    memcpy(h, x, size)
    if stage.cell == FASTNN_GRU or stage.cell == FASTNN_LSTM:
        memcpy(state, x + stage.units if stage.cell == FASTNN_LSTM else x, size)


cdef inline void take_total(const Pass *p, const Stage *stage, Py_ssize_t r, floating *sums) noexcept nogil:
    """The sums that row r brings."""
    memcpy(sums, column(p, r, stage.total, <floating> 0), stage.units * sizeof(floating))


cdef inline void leave(const Pass *p, const Stage *stage, const Buffers *b, floating tag) noexcept nogil:
    """Write down what the rows are left with."""
    cdef Py_ssize_t n = stage.units, size = n * sizeof(floating), r
    cdef const floating *states = <const floating *> b.states
    cdef floating *total
    states += after(stage, b, p.rows, step_number(stage, stage.places - 1)) * stage.lds
    for r in range(p.r0, p.r1):
        memcpy(column(p, r, stage.carried, tag), <const floating *> b.work + r * stage.ldw, size)
        if stage.cell == FASTNN_LSTM:
            memcpy(column(p, r, stage.carried + n, tag), states + r * stage.lds, size)
        if stage.total >= 0:
            total = column(p, r, stage.total, tag)
            memcpy(total, <const floating *> b.h + r * stage.ld, size)
            total[n] += <floating> stage.places


cdef inline floating n_steps(const Pass *p, const Stage *stage, const Buffers *b, Py_ssize_t r, floating tag) noexcept nogil:
    """Over how many steps a mean of row r is."""
    if stage.total >= 0:
        return column(p, r, stage.total + stage.units, tag)[0]
    return <floating> max(length_of(stage, b, r, tag), 1)
