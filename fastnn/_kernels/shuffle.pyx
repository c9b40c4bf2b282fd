"""NumPy's legacy shuffle of row numbers: the same swaps from the same random numbers, in a quarter of the time.

A number is drawn as the low bits of 32 random ones, and drawn again while it is too large. That happens every fourth time
or so, which no branch predictor foresees; here such a draw swaps an element with itself instead.

The random numbers are those of the Mersenne Twister (M. Matsumoto and T. Nishimura, "Mersenne Twister: a 623-dimensionally
equidistributed uniform pseudo-random number generator", ACM TOMACS 8, 1998). NumPy hands them out one by one; its state
is advanced in place here, a block at a time, in loops that the compiler turns into vector instructions.
"""

from functools import cache

import numpy as np

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport UINT32_MAX, uint32_t
from libc.string cimport memcmp
from numpy.random cimport bitgen_t

from fastnn._kernels.buffers cimport address

cdef enum:
    BLOCK = 624                 # words of the state
    SHIFT = 397
    TWIST = 0x9908B0DF
    UPPER = 0x80000000
    LOWER = 0x7FFFFFFF


cdef struct Twister:            # as NumPy keeps it
    uint32_t key[BLOCK]
    int pos


cdef struct Words:
    bitgen_t *bits
    Twister *twister            # NULL if the generator is another one
    uint32_t ahead[BLOCK]       # words drawn and not used yet: at..end
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


def shuffle(bit_generator, order):
    """Shuffle `order`, a 1-D contiguous array of intp, in place, as ``RandomState(bit_generator).shuffle`` does."""
    cdef Py_ssize_t n = order.shape[0]
    if n > UINT32_MAX:
        raise ValueError("more rows than 32 bits count")
    cdef Py_ssize_t *rows = <Py_ssize_t *> address(order, "n", True)
    cdef Words words = words_of(bit_generator, type(bit_generator) is np.random.MT19937 and knows_twister())
    with bit_generator.lock, nogil:
        swap_all(&words, rows, n)
        if words.twister != NULL:
            words.twister.pos -= <int> (words.end - words.at)


cdef void swap_all(Words *words, Py_ssize_t *order, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i = n - 1, j, kept, mask = 1
    cdef bint fits
    while mask < i:
        mask = 2 * mask + 1
    while i > 0:
        while i > mask >> 1:        # as long as so many bits are needed
            if words.at == words.end:
                draw(words)
            j = words.ahead[words.at] & mask
            words.at += 1
            fits = j <= i
            j = i + (j - i) * fits
            kept = order[i]
            order[i] = order[j]
            order[j] = kept
            i -= fits
        mask >>= 1


cdef void draw(Words *words) noexcept nogil:
    """More words: all that are left of the twister's block, or one of another generator."""
    cdef Twister *twister = words.twister
    cdef Py_ssize_t i
    words.at = 0
    if twister == NULL:
        words.ahead[0] = words.bits.next_uint32(words.bits.state)
        words.end = 1
        return
    if twister.pos == BLOCK:
        twist(twister.key)
        twister.pos = 0
    words.end = BLOCK - twister.pos
    for i in range(words.end):
        words.ahead[i] = tempered(twister.key[twister.pos + i])
    twister.pos = BLOCK


cdef inline uint32_t tempered(uint32_t y) noexcept nogil:
    y ^= y >> 11
    y ^= (y << 7) & <uint32_t> 0x9D2C5680
    y ^= (y << 15) & <uint32_t> 0xEFC60000
    return y ^ (y >> 18)


cdef void twist(uint32_t *key) noexcept nogil:
    """The next block; what a word is made of is at least 227 words away, so that loops may run in vectors."""
    cdef Py_ssize_t i
    for i in range(BLOCK - SHIFT):
        key[i] = key[i + SHIFT] ^ twisted(key[i], key[i + 1])
    for i in range(BLOCK - SHIFT, BLOCK - 1):
        key[i] = key[i - (BLOCK - SHIFT)] ^ twisted(key[i], key[i + 1])
    key[BLOCK - 1] = key[SHIFT - 1] ^ twisted(key[BLOCK - 1], key[0])


cdef inline uint32_t twisted(uint32_t high, uint32_t low) noexcept nogil:
    cdef uint32_t y = (high & <uint32_t> UPPER) | (low & <uint32_t> LOWER)
    return (y >> 1) ^ ((0 - (y & 1)) & <uint32_t> TWIST)
