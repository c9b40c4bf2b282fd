"""NumPy's legacy shuffle of row numbers: the same swaps from the same random numbers, in a fraction of the time.

A number is drawn as the low bits of 32 random ones, and drawn again while it is too large. That happens every fourth time
or so, which no branch predictor foresees. NumPy draws the random numbers one by one; here the state of its Mersenne Twister
is advanced in place, a block at a time (twister.pyx). The loops are in csrc/families/shuffle.inc.
"""

from libc.stdint cimport UINT32_MAX

from fastnn._kernels.families.twister cimport Words, draw, give_back, words_from
from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.table cimport isa_of


def shuffle(bit_generator, order, isa=None):
    """Shuffle `order`, a 1-D contiguous array of intp, in place, as ``RandomState(bit_generator).shuffle`` does."""
    cdef const fastnn_shuffle *k = fastnn_shuffle_of(isa_of(isa))
    cdef Py_ssize_t n = order.shape[0]
    if n > UINT32_MAX:
        raise ValueError("more rows than 32 bits count")
    cdef Py_ssize_t *rows = <Py_ssize_t *> address(order, "n", True)
    cdef Words words = words_from(bit_generator)
    with bit_generator.lock, nogil:
        swap_all(k, &words, rows, n)
        give_back(&words)


cdef void swap_all(const fastnn_shuffle *k, Words *words, Py_ssize_t *order, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t last = n - 1
    while last > 0:
        if words.at == words.end:
            draw(k, words)
        words.at += k.swap_rows(order, &last, words.ahead + words.at, words.end - words.at)
