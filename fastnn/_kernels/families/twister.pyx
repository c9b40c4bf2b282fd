"""NumPy's generator from inside: the words of its Mersenne Twister, a block at a time, with its state advanced in place.

Another generator gives its words one by one.
"""

from functools import cache

import numpy as np

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.string cimport memcmp

from fastnn._kernels.native.buffers cimport address


cdef Words words_of(bit_generator, bint twister) except *:
    cdef Words words
    words.bits = <bitgen_t *> PyCapsule_GetPointer(bit_generator.capsule, "BitGenerator")
    words.twister = <Twister *> words.bits.state if twister else NULL
    words.at = words.end = 0
    return words


cdef Words words_from(bit_generator) except *:
    """The words of any generator."""
    return words_of(bit_generator, type(bit_generator) is np.random.MT19937 and knows_twister())


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


cdef void give_back(Words *words) noexcept nogil:
    """The words that nobody used: the twister's next ones."""
    if words.twister != NULL:
        words.twister.pos -= <int> (words.end - words.at)
    words.at = words.end = 0
