"""Input rows with many zeros, as images and indicators of categories have: where they are, and what they need not cost.

Forward, a tile of rows leaves out the columns where all its rows are zero; the gradient of some columns leaves out the
rows where they are all zero. The sums keep their order and lose terms that are zero: results are the same numbers.
"""

from fastnn._kernels.layers.tiles cimport next_tile
from fastnn._kernels.training.shares cimport cut
from fastnn._kernels.native.table cimport lanes, tile_rows


cdef enum:
    SAMPLE = 16


cdef Py_ssize_t pieces_before(Py_ssize_t rows, Py_ssize_t size, const double *bounds, int threads) noexcept nogil:
    """Number of pieces of at most `size` rows in the shares of the first so many threads."""
    cdef Py_ssize_t n = 0
    cdef int t
    for t in range(threads):
        n += (cut(rows, bounds, t + 1) - cut(rows, bounds, t) + size - 1) // size
    return n


cdef Tiles tiles_from(const Zeros *zeros, Py_ssize_t tile) noexcept nogil:
    """The tiles from one on: a thread's own."""
    cdef Tiles tiles = zeros.tiles
    tiles.columns += tile * tiles.ld
    tiles.counts += tile
    return tiles


cdef bint find_columns(Kernels k, const Tiles *tiles, Py_ssize_t rows, Py_ssize_t n, const floating *x,
                       Py_ssize_t ldx, bint only_if_first) noexcept nogil:
    """Look at the tiles of rows of x, (rows, n); if asked, look no further where the first row or tile has few zeros.

    Returns whether there are any tiles to leave zeros out of.
    """
    cdef Py_ssize_t tile = 0, most = n - n // 8
    cdef int mr
    cdef bint some = False
    if only_if_first and rows > 1 and nonzero_columns(k, 1, n, x, ldx, most, tiles.columns) < 0:
        return False
    while rows > 0:
        mr = next_tile(rows, tile_rows(k, <floating> 0))
        tiles.counts[tile] = nonzero_columns(k, mr, n, x, ldx, most, tiles.columns + tile * tiles.ld)
        some |= tiles.counts[tile] >= 0
        if only_if_first and not some:
            return False
        tile += 1
        x += mr * ldx
        rows -= mr
    return some


cdef const Tiles *look_at_row(Kernels k, Py_ssize_t n, Py_ssize_t n_out, const floating *x, Row *row) noexcept nogil:
    """Where one row x (n,) that meets weights (n, n_out) is not zero; NULL where leaving zeros out does not pay.

    One without a zero among its first numbers has few.
    """
    cdef Py_ssize_t i = 0
    if not NARROWEST <= n <= WIDEST or n * n_out < ENOUGH:
        return NULL
    while x[i] != 0:
        i += 1
        if i == SAMPLE:
            return NULL
    row.tiles.columns, row.tiles.counts, row.tiles.ld = row.columns, &row.count, tile_size(n)
    row.count = nonzero_columns(k, 1, n, x, n, n - n // 8, row.columns)
    return &row.tiles if row.count >= 0 else NULL


cdef void find_zeros(Kernels k, const Zeros *zeros, const Tiles *tiles, Py_ssize_t word, Py_ssize_t r0, Py_ssize_t r1,
                     Py_ssize_t n, const floating *x, Py_ssize_t ldx) noexcept nogil:
    """Look at rows r0..r1 of x, (., n) and padded: their tiles, and their words from `word` on."""
    cdef Py_ssize_t row = r0
    cdef int mr
    find_columns(k, tiles, r1 - r0, n, x + r0 * ldx, ldx, False)
    while row < r1:
        mr = <int> min(<Py_ssize_t> word_bits(<floating> 0), r1 - row)
        nonzero_rows(k, mr, n, x + row * ldx, ldx, <floating *> zeros.words + word * ldx)
        zeros.first[word] = row
        word += 1
        row += mr


cdef void zeros_gradient(Kernels k, const Zeros *zeros, Py_ssize_t word, Py_ssize_t n_words, Py_ssize_t first,
                         Py_ssize_t mr, Py_ssize_t nr, const floating *a, Py_ssize_t lda, const floating *b,
                         Py_ssize_t ldb, floating *g, bint accumulate) noexcept nogil:
    """dense_gradient of mr > 2 columns of a from `first` on, over the rows that n_words words tell of.

    a : (., lda), the block's first row; b : the same row of nr columns.
    """
    cdef int nv = <int> (nr // lanes(k, <floating> 0))
    cdef const floating *words = <const floating *> zeros.words + word * lda
    cdef Py_ssize_t tile
    while mr > 0:
        tile = next_tile(mr, ZERO_BLOCK)
        outer_some(k, <int> tile, nv, n_words, zeros.first + word, words + first, lda, a + first, lda, b, ldb,
                   g if accumulate else <floating *> NULL, g)
        first += tile
        g += tile * nr
        mr -= tile
