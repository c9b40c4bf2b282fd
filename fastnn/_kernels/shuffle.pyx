"""NumPy's legacy shuffle of row numbers: the same swaps from the same random numbers, in a third of the time.

A number is drawn as the low bits of 32 random ones, and drawn again while it is too large. That happens every fourth time
or so, which no branch predictor foresees; here such a draw swaps an element with itself instead.
"""

from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.stdint cimport UINT32_MAX
from numpy.random cimport bitgen_t

from fastnn._kernels.buffers cimport address


def shuffle(bit_generator, order):
    """Shuffle `order`, a 1-D contiguous array of intp, in place, as ``RandomState(bit_generator).shuffle`` does."""
    cdef Py_ssize_t n = order.shape[0]
    if n > UINT32_MAX:
        raise ValueError("more rows than 32 bits count")
    cdef Py_ssize_t *rows = <Py_ssize_t *> address(order, "n", True)
    cdef bitgen_t *bits = <bitgen_t *> PyCapsule_GetPointer(bit_generator.capsule, "BitGenerator")
    with bit_generator.lock, nogil:
        swap_all(bits, rows, n)


cdef void swap_all(bitgen_t *bits, Py_ssize_t *order, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i = n - 1, j, kept, mask = 1
    cdef bint fits
    while mask < i:
        mask = 2 * mask + 1
    while i > 0:
        while i > mask >> 1:        # as long as so many bits are needed
            j = bits.next_uint32(bits.state) & mask
            fits = j <= i
            j = i + (j - i) * fits
            kept = order[i]
            order[i] = order[j]
            order[j] = kept
            i -= fits
        mask >>= 1
