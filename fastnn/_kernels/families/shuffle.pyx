"""NumPy's legacy shuffle of row numbers: the same swaps from the same random numbers, in a fraction of the time.

A number is drawn as the low bits of 32 random ones, and drawn again while it is too large. That happens every fourth time
or so, which no branch predictor foresees. NumPy draws the random numbers one by one; here the state of its Mersenne Twister
is advanced in place, a block at a time. The loops are in csrc/families/shuffle.inc.
"""

from functools import cache

import numpy as np

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport UINT32_MAX, uint32_t
from libc.string cimport memcmp
from numpy.random cimport bitgen_t

from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.table cimport isa_of


cdef struct Twister:            # as NumPy keeps it
    uint32_t key[FASTNN_TWISTER_WORDS]
    int pos


cdef struct Words:
    bitgen_t *bits
    Twister *twister            # NULL if the generator is another one
    uint32_t ahead[FASTNN_TWISTER_WORDS]    # words drawn and not used yet: at..end
    Py_ssize_t at, end


cdef Words words_of(bit_generator, bint twister) except *:
    cdef Words words
    words.bits = <bitgen_t *> PyCapsule_GetPointer(bit_generator.capsule, "BitGenerator")
    words.twister = <Twister *> words.bits.state if twister else NULL
    words.at = words.end = 0
    return words


@cache
def knows_twister():
    """Whether NumPy's state lies in memory as a Twister: no header promises that."""
    generator = np.random.MT19937(5489)
    cdef Twister *twister = words_of(generator, True).twister
    for drawn in (1, 600, 30):
        generator.random_raw(drawn)
        state = generator.state["state"]
        key = np.ascontiguousarray(state["key"], np.uint32)
        if state["pos"] != twister.pos or memcmp(twister.key, address(key, "I", False), sizeof(twister.key)):
            return False
    return True


def shuffle(bit_generator, order, isa=None):
    """Shuffle `order`, a 1-D contiguous array of intp, in place, as ``RandomState(bit_generator).shuffle`` does."""
    cdef const fastnn_shuffle *k = fastnn_shuffle_of(isa_of(isa))
    cdef Py_ssize_t n = order.shape[0]
    if n > UINT32_MAX:
        raise ValueError("more rows than 32 bits count")
    cdef Py_ssize_t *rows = <Py_ssize_t *> address(order, "n", True)
    cdef Words words = words_of(bit_generator, type(bit_generator) is np.random.MT19937 and knows_twister())
    with bit_generator.lock, nogil:
        swap_all(k, &words, rows, n)
        if words.twister != NULL:
            words.twister.pos -= <int> (words.end - words.at)


cdef void swap_all(const fastnn_shuffle *k, Words *words, Py_ssize_t *order, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t last = n - 1
    while last > 0:
        if words.at == words.end:
            draw(k, words)
        words.at += k.swap_rows(order, &last, words.ahead + words.at, words.end - words.at)


cdef void draw(const fastnn_shuffle *k, Words *words) noexcept nogil:
    """More words: all that are left of the twister's block, or one of another generator."""
    cdef Twister *twister = words.twister
    words.at = 0
    if twister == NULL:
        words.ahead[0] = words.bits.next_uint32(words.bits.state)
        words.end = 1
        return
    if twister.pos == FASTNN_TWISTER_WORDS:
        k.twist(twister.key)
        twister.pos = 0
    words.end = FASTNN_TWISTER_WORDS - twister.pos
    k.temper(<int> words.end, twister.key + twister.pos, words.ahead)
    twister.pos = FASTNN_TWISTER_WORDS
