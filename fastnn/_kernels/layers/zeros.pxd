"""Input rows with many zeros: where they are, and products that leave them out. Bridge and loops; see zeros.pyx."""

from libc.stdint cimport int32_t

from fastnn._kernels.native.table cimport Kernels, floating

cdef enum:
    ZERO_BLOCK = 6              # columns whose gradient leaves out rows together

cdef struct Tiles:
    # Of each tile of a thread's rows, the columns where they are not all zero.
    int32_t *columns            # (n_tiles, ld), ld = tile_size(n), or NULL: nobody has looked
    Py_ssize_t *counts          # (n_tiles,) or -1: so many that none should be left out
    Py_ssize_t ld

cdef struct Zeros:
    # Of a block's input rows. Every thread looks at its own; the gradient reads what all have found.
    Tiles tiles
    void *words                 # (n_words, ldx) bit r of words[w][c]: row first[w] + r is not zero in column c
    Py_ssize_t *first           # (n_words,)

cdef enum:
    NARROWEST = 64              # of a row that is looked at alone
    WIDEST = 2048
    ROOM = 2576                 # tile_size of that
    ENOUGH = 1 << 14            # weights that make it worth while to look for zeros

cdef struct Row:
    # A row, as Tiles: of hidden units that ReLU has set to zero.
    Tiles tiles
    Py_ssize_t count
    int32_t columns[ROOM]

cdef const Tiles *look_at_row(Kernels k, Py_ssize_t n, Py_ssize_t n_out, const floating *x, Row *row) noexcept nogil
cdef Py_ssize_t pieces_before(Py_ssize_t rows, Py_ssize_t size, const double *bounds, int threads) noexcept nogil
cdef Tiles tiles_from(const Zeros *zeros, Py_ssize_t tile) noexcept nogil
cdef bint find_columns(Kernels k, const Tiles *tiles, Py_ssize_t rows, Py_ssize_t n, const floating *x,
                       Py_ssize_t ldx, bint only_if_first) noexcept nogil
cdef void find_zeros(Kernels k, const Zeros *zeros, const Tiles *tiles, Py_ssize_t word, Py_ssize_t r0, Py_ssize_t r1,
                     Py_ssize_t n, const floating *x, Py_ssize_t ldx) noexcept nogil
cdef void zeros_gradient(Kernels k, const Zeros *zeros, Py_ssize_t word, Py_ssize_t n_words, Py_ssize_t first,
                         Py_ssize_t mr, Py_ssize_t nr, const floating *a, Py_ssize_t lda, const floating *b,
                         Py_ssize_t ldb, floating *g, bint accumulate) noexcept nogil


cdef inline Py_ssize_t tile_size(Py_ssize_t n) noexcept nogil:
    """Numbers that finding a tile's columns needs room for, a multiple of sixteen."""
    return (n + n // 4 + 8 + 15) // 16 * 16


cdef inline int word_bits(floating tag) noexcept nogil:
    """Rows that a word tells of."""
    return 8 * sizeof(floating)


cdef inline void gemm_tile_some(Kernels k, int mr, int nv, Py_ssize_t depth, const int32_t *some, const floating *a,
                                Py_ssize_t lda, const floating *b, Py_ssize_t ldb, const floating *init,
                                Py_ssize_t ldi, bint rectify, floating *c, Py_ssize_t ldc) noexcept nogil:
    if floating is float:
        k.f32.gemm_tile_some(mr, nv, depth, some, a, lda, b, ldb, init, ldi, rectify, c, ldc)
    else:
        k.f64.gemm_tile_some(mr, nv, depth, some, a, lda, b, ldb, init, ldi, rectify, c, ldc)


cdef inline void outer_some(Kernels k, int mr, int nv, Py_ssize_t n_words, const Py_ssize_t *first, const void *some,
                            Py_ssize_t ldw, const floating *a, Py_ssize_t lda, const floating *b, Py_ssize_t ldb,
                            const floating *init, floating *c) noexcept nogil:
    if floating is float:
        k.f32.outer_some(mr, nv, n_words, first, some, ldw, a, lda, b, ldb, init, c)
    else:
        k.f64.outer_some(mr, nv, n_words, first, some, ldw, a, lda, b, ldb, init, c)


cdef inline void gemv_some(Kernels k, int np, Py_ssize_t depth, const int32_t *some, const floating *x,
                           const floating *b, Py_ssize_t ldb, Py_ssize_t panel_stride, const floating *init,
                           Py_ssize_t init_stride, floating *y) noexcept nogil:
    if floating is float:
        k.f32.gemv_some(np, depth, some, x, b, ldb, panel_stride, init, init_stride, y)
    else:
        k.f64.gemv_some(np, depth, some, x, b, ldb, panel_stride, init, init_stride, y)


cdef inline Py_ssize_t nonzero_columns(Kernels k, int rows, Py_ssize_t n, const floating *x, Py_ssize_t ldx,
                                       Py_ssize_t most, int32_t *columns) noexcept nogil:
    if floating is float:
        return k.f32.nonzero_columns(rows, n, x, ldx, most, columns)
    else:
        return k.f64.nonzero_columns(rows, n, x, ldx, most, columns)


cdef inline void nonzero_rows(Kernels k, int rows, Py_ssize_t n, const floating *x, Py_ssize_t ldx,
                              void *words) noexcept nogil:
    if floating is float:
        k.f32.nonzero_rows(rows, n, x, ldx, words)
    else:
        k.f64.nonzero_rows(rows, n, x, ldx, words)
