"""Blank parts of an image, as drawings and digits have around them: products of a convolution leave them out.

A line of a window whose elements are all zero adds nothing to the sums: of a tile of places the first and the last lines
are left out as long as they are blank for all of them. The sums keep their order and lose terms that are zero, so results
are the same numbers as long as the weights are finite. Only first layers have such lines: an image of few
channels. Lines in the middle would need a loop over pieces, whose lengths no processor can foretell: that loses what they
would save.
"""

from libc.stdint cimport uint32_t

from fastnn._kernels.layers.zeros cimport nonzero_rows, word_bits

cdef enum:
    MOST_CHANNELS = 4

cdef extern from * nogil:
    int __builtin_popcountll(unsigned long long x) noexcept
    int __builtin_ctzll(unsigned long long x) noexcept
    int __builtin_clzll(unsigned long long x) noexcept


cdef bint may_be_blank(const Window *w) noexcept nogil:
    """Whether it is worth while, and possible, to look for blank lines of an image."""
    return (w.channels <= MOST_CHANNELS and w.width * w.channels <= MOST_COLUMNS and w.height <= MOST_LINES
            and w.down == 1 and w.kernel_height > 1)


cdef void find_blanks(Kernels k, const Window *w, const floating *x, Blanks *found) noexcept nogil:
    """Look at an image, whose windows lie within it."""
    cdef Py_ssize_t n = w.width * w.channels, line = 0, place, j, seen = 0
    cdef int lines
    cdef floating words[MOST_COLUMNS + 16]
    cdef uint64_t columns[MOST_COLUMNS]
    cdef uint64_t bits
    for j in range(n):
        columns[j] = 0
    while line < w.height:
        lines = <int> min(w.height - line, <Py_ssize_t> word_bits(<floating> 0))
        nonzero_rows(k, lines, n, x + line * n, n, words)
        for j in range(n):
            columns[j] |= word_at(words, j) << line
        line += lines
    for place in range(w.out_width):
        bits = 0
        for j in range(w.kernel_width):
            bits |= cell_at(columns, w, place * w.stride_right + j * w.across)
        found.seen[place] = bits
        seen += __builtin_popcountll(bits)
    found.any = 8 * seen < 7 * w.out_width * w.height


cdef inline uint64_t word_at(const floating *words, Py_ssize_t j) noexcept nogil:
    if floating is float:
        return (<const uint32_t *> words)[j]
    else:
        return (<const uint64_t *> words)[j]


cdef inline uint64_t cell_at(const uint64_t *columns, const Window *w, Py_ssize_t cell) noexcept nogil:
    """The lines where a cell is not blank in some channel."""
    cdef uint64_t bits = 0
    cdef Py_ssize_t c
    for c in range(w.channels):
        bits |= columns[cell * w.channels + c]
    return bits


cdef void look_at_lines(const Blanks *blanks, const Window *w, int places, Lines *lines) noexcept nogil:
    """From which to which of their lines the windows of the next places see what is not blank."""
    cdef uint64_t bits = 0, of_line
    cdef Py_ssize_t left = places, end, j
    while left > 0:
        end, of_line = min(lines.column + left, w.out_width), 0
        for j in range(lines.column, end):
            of_line |= blanks.seen[j]
        bits |= of_line >> (lines.line * w.stride_down)
        left -= end - lines.column
        lines.column = end
        if end == w.out_width:
            lines.line, lines.column = lines.line + 1, 0
    bits &= (<uint64_t> 1 << w.kernel_height) - 1
    lines.end = 64 - __builtin_clzll(bits | 1)
    lines.first = min(<Py_ssize_t> __builtin_ctzll(bits | <uint64_t> 1 << 63), lines.end)
