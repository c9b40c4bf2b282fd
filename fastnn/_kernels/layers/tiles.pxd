"""Shapes that the C micro-kernels take: how columns are cut into panels and rows into tiles, and how far rows lie apart."""


cdef inline Py_ssize_t round_up(Py_ssize_t n, Py_ssize_t unit) noexcept nogil:
    """The next multiple of a unit."""
    return (n + unit - 1) // unit * unit


cdef inline Py_ssize_t row_stride(Py_ssize_t n, Py_ssize_t lanes, Py_ssize_t item_size) noexcept nogil:
    """Whole cache lines, and never a multiple of 4 KiB: rows that far apart would compete for the same cache sets."""
    cdef Py_ssize_t line = 64 // item_size, ld = round_up(n, max(line, lanes))
    return ld + line if ld % (64 * line) == 0 else ld


cdef inline Py_ssize_t panel_width(Py_ssize_t left, Py_ssize_t lanes) noexcept nogil:
    """Width of the next panel when so many columns are left: two vectors, or one."""
    return 2 * lanes if left > lanes else lanes


cdef inline Py_ssize_t tail_width(Py_ssize_t n, Py_ssize_t lanes) noexcept nogil:
    """Width of the last panel of n columns if it is not full: 0, one vector or two."""
    return panel_width(n % (2 * lanes), lanes) if n % (2 * lanes) else 0


cdef struct Cuts:           # of rows into tiles as equal as possible, rather than full ones and a sliver
    Py_ssize_t size, larger     # so many tiles of size + 1 rows come first


cdef inline Cuts cut_rows(Py_ssize_t rows, Py_ssize_t most) noexcept nogil:
    cdef Py_ssize_t tiles = (rows + most - 1) // most
    cdef Cuts cuts
    cuts.size = rows // tiles
    cuts.larger = rows - tiles * cuts.size
    return cuts


cdef inline int take_tile(Cuts *cuts) noexcept nogil:
    cuts.larger -= 1
    return <int> (cuts.size + (cuts.larger >= 0))


cdef inline int next_tile(Py_ssize_t rows, Py_ssize_t most) noexcept nogil:
    """Rows of the next tile when `rows` are left. Where tiles are small, cut once: dividing for each one would count."""
    cdef Cuts cuts = cut_rows(rows, most)
    return take_tile(&cuts)
