"""From what sizes on work goes another way because of the caches: all such choices, in one place.

They follow from shapes and from the size of the second-level cache, which is asked of the system at first use. No result
depends on any of them: `change` sets them for tests and benchmarks.
"""

from fastnn._kernels.native.platform cimport fastnn_level2_bytes

cdef Py_ssize_t level2 = 0              # bytes, 0: not asked yet
cdef Py_ssize_t copied = 1 << 18        # weights
cdef Py_ssize_t many_rows = 512
cdef Py_ssize_t paged = PAGE            # bytes


def change(*, level2_bytes=None, copied_weights=None, rows_across=None, paged_bytes=None):
    """Set what is given; returns what they all were, to be set again."""
    global level2, copied, many_rows, paged
    before = {"level2_bytes": level2_cache(), "copied_weights": copied, "rows_across": many_rows, "paged_bytes": paged}
    level2 = level2 if level2_bytes is None else level2_bytes
    copied = copied if copied_weights is None else copied_weights
    many_rows = many_rows if rows_across is None else rows_across
    paged = paged if paged_bytes is None else paged_bytes
    return before


cdef Py_ssize_t level2_cache() noexcept nogil:
    """Bytes of a core's second-level cache. Threads that ask at the same time find the same."""
    global level2
    if level2 == 0:
        level2 = fastnn_level2_bytes()
    return level2


cpdef Py_ssize_t group_rows(Py_ssize_t rows, Py_ssize_t row_bytes, int tile) noexcept nogil:
    """How many rows go through all panels of a layer before the next ones do, a multiple of the tile's.

    All of them, if what a panel reads of them fits half of the second-level cache: each panel's weights are then fetched
    once. Otherwise it is their rows that would be fetched for every panel, and groups of a quarter of that cache stay in it.
    """
    cdef Py_ssize_t most, groups
    if rows <= FEWEST_ROWS or rows * row_bytes <= level2_cache() // 2:
        return rows
    most = max(<Py_ssize_t> FEWEST_ROWS, level2_cache() // 4 // row_bytes)
    groups = (rows + most - 1) // most
    return ((rows + groups - 1) // groups + tile - 1) // tile * tile


cdef bint is_copied_size(Py_ssize_t weights) noexcept nogil:
    """Whether so many weights of a layer make its batch worth a second layout, see training/copies.pyx.

    Below, its rows stay in the caches as they are.
    """
    return weights >= copied


cdef int panels_at_once(Py_ssize_t rows) noexcept nogil:
    """Over how many panels a layer's inputs go before the next ones do, in the gradient from copies.

    The inputs of a strip over many rows fill a cache of the core, from which several panels can read them.
    """
    return 4 if rows > many_rows else 1


cdef bint is_paged_size(Py_ssize_t n_bytes) noexcept nogil:
    """Whether memory is worth pages of its own, huge ones where the system has them."""
    return n_bytes >= paged
