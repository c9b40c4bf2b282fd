from libc.stdint cimport uint32_t
from numpy.random cimport bitgen_t

from fastnn._kernels.families.shuffle cimport FASTNN_TWISTER_WORDS, fastnn_shuffle

cdef struct Twister:            # as NumPy keeps it
    uint32_t key[FASTNN_TWISTER_WORDS]
    int pos

cdef struct Words:
    bitgen_t *bits
    Twister *twister            # NULL if the generator is another one
    uint32_t ahead[FASTNN_TWISTER_WORDS]    # words drawn and not used yet: at..end
    Py_ssize_t at, end

cdef Words words_of(bit_generator, bint twister) except *
cdef Words words_from(bit_generator) except *
cdef void draw(const fastnn_shuffle *k, Words *words) noexcept nogil
cdef void give_back(Words *words) noexcept nogil
