"""How many rows a thread carries through the layers at a time.

What becomes of an image fills a cache after a few rows. Where stages see images, a thread takes some rows all the way
there and back before the next ones; rows are independent, and so no bit depends on how many they are.
"""

from fastnn._kernels.training.rows cimport backward, forward

cdef enum:
    NUMBERS = 1 << 17           # of what the rows of a chunk become
    FEWEST = 4                  # rows: fewer make poor tiles of the dense layers


cdef Py_ssize_t numbers_of_row(const Sweep *s) noexcept nogil:
    """How many numbers become of a row: outputs, gradients by them, and what stages keep."""
    cdef Py_ssize_t numbers = 0
    cdef int t
    for t in range(s.n_stages):
        numbers += (2 + s.stages[t].traits.keeps) * s.stages[t].ld
    return numbers


cdef Py_ssize_t chunk_of(const Sweep *s) noexcept nogil:
    """Rows of a chunk; 0, all that there are, without images, or where threads meet on the way."""
    cdef bint images = False, meets = False
    cdef int t
    for t in range(s.n_stages):
        images |= s.stages[t].window != NULL
        meets |= s.stages[t].traits.over_batch
    return max(<Py_ssize_t> FEWEST, NUMBERS // numbers_of_row(s)) if images and not meets else 0


cdef void there_and_back(Sweep *s, Pass p, Py_ssize_t ahead, floating tag) noexcept nogil:
    """A thread's rows of a block through all layers and back; ahead: as of `forward`."""
    cdef Py_ssize_t end = p.r1
    if s.chunk_rows == 0 or s.skips_zeros or s.data.csr != NULL:
        forward(s, &p, ahead, tag)
        backward(s, &p, tag)
        return
    while p.r0 < end:
        p.r1 = min(end, p.r0 + s.chunk_rows)
        forward(s, &p, ahead, tag)
        backward(s, &p, tag)
        p.r0 = p.r1
