cdef enum:
    PAGE = 1 << 21              # bytes of a huge page
    FEWEST_ROWS = 96            # of a group: with fewer, the weights would be fetched too often

cpdef Py_ssize_t group_rows(Py_ssize_t rows, Py_ssize_t row_bytes, int tile) noexcept nogil

cdef inline Py_ssize_t rows_at_a_time(Py_ssize_t rows, Py_ssize_t row_bytes, int tile) noexcept nogil:
    """`group_rows`, without a call for few rows."""
    return rows if rows <= FEWEST_ROWS else group_rows(rows, row_bytes, tile)

cdef bint is_copied_size(Py_ssize_t weights) noexcept nogil
cdef int panels_at_once(Py_ssize_t rows) noexcept nogil
cdef bint is_paged_size(Py_ssize_t n_bytes) noexcept nogil
