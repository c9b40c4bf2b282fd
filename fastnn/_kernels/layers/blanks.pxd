"""Lines of an image that are blank where a window of a convolution sees them; see blanks.pyx."""

from libc.stdint cimport uint64_t

from fastnn._kernels.layers.windows cimport Window
from fastnn._kernels.native.table cimport Kernels, floating

cdef enum:
    MOST_COLUMNS = 256      # elements of a line of the image
    MOST_LINES = 63         # of it

cdef struct Blanks:
    bint any                                # whether there are enough of them to be left out
    uint64_t seen[MOST_COLUMNS]             # of each column of places, bit i: line i is not blank where windows see it

cdef struct Lines:          # of the windows of the next places, of which the first is at (line, column)
    Py_ssize_t line, column
    Py_ssize_t first, end       # from which to which they see what is not blank

cdef bint may_be_blank(const Window *w) noexcept nogil
cdef void find_blanks(Kernels k, const Window *w, const floating *x, Blanks *found) noexcept nogil
cdef void look_at_lines(const Blanks *blanks, const Window *w, int places, Lines *lines) noexcept nogil
