"""Dense layers by products of tiles of bfloat16, see csrc/amx/tiles.h: the three products of training, and what they take.

What is multiplied lies in layouts of numbers of two bytes, with zeros behind the last one up to whole steps:

    rows     [row][number] of a layer's inputs, and of its gradient: a product's left side
    columns  [input][row] of its inputs: the left side of the weights' gradient
    words    [panel of 16 columns][pair][column], the right side: two numbers that lie one below the other in a column. Of
             the weights they are pairs of inputs, of the transposed weights pairs of outputs, of the gradient pairs of rows

A block of up to 32 rows and two panels goes through all steps at once; who computes which rows changes no bit.
"""

from fastnn._kernels.layers.rounded cimport round_numbers
from fastnn._kernels.native.header_tiles cimport FASTNN_TILE_ROWS, fastnn_block, fastnn_tiles
from fastnn._kernels.native.table cimport activation_forward, lanes, transpose

from fastnn._kernels.native import table

cdef enum:
    PIECE = 512             # numbers that are rounded at a time
    MOST_WIDTH = 32         # of a strip, and most lanes of a vector twice

_asked_for = None


def set_tiles(str name):
    """Set which products of tiles trainings to come have, by name: None is AMX where it may be used, "" none at all;
    returns what it was. For tests, which have them emulated."""
    global _asked_for
    before, _asked_for = _asked_for, name
    return before


def tiles_in_use():
    """The name of those, or None."""
    if _asked_for is None:
        return "AMX" if table.no_amx("bfloat16") is None else None
    return _asked_for or None


cdef inline void over_rows(const fastnn_tiles *tiles, fastnn_block *block, Py_ssize_t rows) noexcept nogil:
    """The product of a block's columns for any number of rows, whose first the block has."""
    cdef int laid_out = 0
    while rows > 0:
        block.rows = <int> min(rows, <Py_ssize_t> FASTNN_TILE_ROWS)
        if block.rows != laid_out:
            laid_out = block.rows
            tiles.begin(laid_out)
        tiles.bf16(block)
        block.a = <const char *> block.a + laid_out * block.lda
        block.c = <char *> block.c + laid_out * block.ldc
        if block.init != NULL:
            block.init = <const char *> block.init + laid_out * block.ld_init
        rows -= laid_out
    tiles.end()


cdef void tiles_forward(Kernels k, const Dense *layer, Py_ssize_t rows, const uint16_t *x, float *z,
                        float *h) noexcept nogil:
    """z = x . W + b and h = f(z), as dense_forward; x has stride half_stride(n_in)."""
    cdef Py_ssize_t wide = 2 * lanes(k, <float> 0) // COLUMNS, n_panels = (layer.n_out + COLUMNS - 1) // COLUMNS, p = 0
    cdef Py_ssize_t n_full = layer.n_out // (wide * COLUMNS), size = panel_words(layer.n_in)
    cdef fastnn_block block
    while p < n_panels:
        block.panels, block.steps = <int> min(wide, n_panels - p), (layer.n_in + STEP - 1) // STEP
        block.a, block.lda = x, 2 * half_stride(layer.n_in)
        block.b, block.ldb, block.apart = <const uint32_t *> layer.panels + p * size, 4 * COLUMNS, 4 * size
        block.init, block.ld_init = <const float *> layer.bias + p // wide * layer.bias_stride, 0
        if p // wide == n_full:
            block.init = layer.tail_bias
        block.c, block.ldc = z + p * COLUMNS, 4 * layer.ld
        over_rows(layer.tiles, &block, rows)
        p += wide
    if layer.activation:
        activation_forward(k, layer.activation, rows, layer.n_out, <const float *> z, h, layer.ld)


cdef void tiles_backward(const Dense *layer, Py_ssize_t rows, const uint16_t *d, float *dx, Py_ssize_t ldx,
                         bint accumulate) noexcept nogil:
    """dx (+)= d . W^T, as dense_backward without a gate; d has stride half_stride(n_out)."""
    cdef Py_ssize_t n_panels = (layer.n_in + COLUMNS - 1) // COLUMNS, size = panel_words(layer.n_out), p
    cdef fastnn_block block
    for p in range(0, n_panels, 2):
        block.panels, block.steps = <int> min(<Py_ssize_t> 2, n_panels - p), (layer.n_out + STEP - 1) // STEP
        block.a, block.lda = d, 2 * half_stride(layer.n_out)
        block.b, block.ldb, block.apart = <const uint32_t *> layer.transposed + p * size, 4 * COLUMNS, 4 * size
        block.c, block.ldc = dx + p * COLUMNS, 4 * ldx
        block.init, block.ld_init = block.c if accumulate else NULL, block.ldc
        over_rows(layer.tiles, &block, rows)


cdef void tiles_gradient(const Dense *layer, const Strip *strip, Py_ssize_t rows, Py_ssize_t most_rows, const uint16_t *x,
                         const uint32_t *d, float *g, bint accumulate) noexcept nogil:
    """g (count, width) (+)= x^T . d of a strip, over so many rows of a block; x: columns, d: words."""
    cdef Py_ssize_t size = panel_words(most_rows), done = 0, n, i, j
    cdef float some[FASTNN_TILE_ROWS * COLUMNS]
    cdef fastnn_block block
    block.panels, block.steps = <int> max(strip.width // COLUMNS, <Py_ssize_t> 1), (rows + STEP - 1) // STEP
    block.a, block.lda = x + strip.first * half_stride(most_rows), 2 * half_stride(most_rows)
    block.b, block.ldb, block.apart = d + strip.column // COLUMNS * size, 4 * COLUMNS, 4 * size
    block.c, block.ldc = g, 4 * strip.width
    block.init, block.ld_init = block.c if accumulate else NULL, block.ldc
    if strip.width >= COLUMNS:
        over_rows(layer.tiles, &block, strip.count)
        return
    block.init = NULL
    while done < strip.count:           # half a panel alone, of vectors of eight
        n = min(strip.count - done, <Py_ssize_t> FASTNN_TILE_ROWS)
        block.a = x + (strip.first + done) * half_stride(most_rows)
        block.c, block.ldc = some, 4 * COLUMNS
        over_rows(layer.tiles, &block, n)
        for i in range(n):
            for j in range(strip.width):
                g[(done + i) * strip.width + j] = (some[i * COLUMNS + j]
                                                   + (g[(done + i) * strip.width + j] if accumulate else 0))
        done += n


cdef inline void pair(Py_ssize_t n, const float *upper, const float *lower, uint32_t *to) noexcept nogil:
    """Words of n numbers that have been rounded and of those below them; NULL: zeros."""
    cdef const uint32_t *low = <const uint32_t *> upper
    cdef const uint32_t *high = <const uint32_t *> lower
    cdef Py_ssize_t j
    if high == NULL:
        for j in range(n):
            to[j] = low[j] >> 16
        return
    for j in range(n):
        to[j] = low[j] >> 16 | high[j] & 0xffff0000u


cdef void weights_to_words(Kernels k, const fastnn_reduced *rounding, const Layer *layer, const Strip *strip,
                           float *packed) noexcept nogil:
    """Of a strip, or a whole panel: the words of its weights and, if there are any, of the transposed ones."""
    cdef Py_ssize_t width = strip.width, lane = lanes(k, <float> 0), done = 0, n, i, j, at
    cdef Py_ssize_t size = panel_words(layer.dense.n_in), turned_size = panel_words(layer.dense.n_out)
    cdef const float *w = packed + strip.offset
    cdef uint32_t *words = <uint32_t *> (packed + layer.rounded)
    cdef uint32_t *turned
    cdef float some[MOST_WIDTH * MOST_WIDTH]
    cdef float block[MOST_WIDTH * MOST_WIDTH]
    while done < strip.count:
        n, at = min(strip.count - done, <Py_ssize_t> MOST_WIDTH), strip.first + done
        round_numbers(rounding, n * width, w + done * width, some)
        for i in range(0, n, 2):
            for j in range((width + COLUMNS - 1) // COLUMNS):
                pair(min(width, <Py_ssize_t> COLUMNS), some + i * width + j * COLUMNS,
                     some + (i + 1) * width + j * COLUMNS if i + 1 < n else NULL,
                     words + (strip.column // COLUMNS + j) * size + (at + i) // 2 * COLUMNS)
        i = 0
        while layer.wt >= 0 and i < n:
            for j in range(width // lane):
                transpose(k, <int> min(lane, n - i), <int> lane, <const float *> some + i * width + j * lane, width,
                          block + j * lane * lane, lane)
            turned = (<uint32_t *> (packed + layer.wt) + (at + i) // COLUMNS * turned_size + strip.column // 2 * COLUMNS
                      + (at + i) % COLUMNS)
            for j in range(0, width, 2):
                pair(lane, block + j * lane, block + (j + 1) * lane, turned + j // 2 * COLUMNS)
            i += lane
        done += n


cdef inline void halve(Py_ssize_t n, const float *x, uint16_t *y) noexcept nogil:
    """The upper halves of n numbers that have been rounded."""
    cdef const uint32_t *bits = <const uint32_t *> x
    cdef Py_ssize_t j
    for j in range(n):
        y[j] = <uint16_t> (bits[j] >> 16)


cdef void to_rows(const fastnn_reduced *rounding, Py_ssize_t rows, Py_ssize_t n, const float *x, Py_ssize_t ldx,
                  uint16_t *y) noexcept nogil:
    """Rows of n numbers, with stride half_stride(n)."""
    cdef float some[PIECE]
    cdef Py_ssize_t r, j, piece
    for r in range(rows):
        j = 0
        while j < n:
            piece = min(n - j, <Py_ssize_t> PIECE)
            round_numbers(rounding, piece, x + r * ldx + j, some)
            halve(piece, some, y + r * half_stride(n) + j)
            j += piece


cdef void to_columns(Kernels k, const fastnn_reduced *rounding, Py_ssize_t r0, Py_ssize_t r1, Py_ssize_t n, const float *x,
                     Py_ssize_t ldx, Py_ssize_t most_rows, uint16_t *y) noexcept nogil:
    """Rows r0..r1 of x, (., n) and padded, in columns with stride half_stride(most_rows)."""
    cdef Py_ssize_t lane = lanes(k, <float> 0), r = r0, i, j, rows, some
    cdef float block[MOST_WIDTH * MOST_WIDTH]
    while r < r1:
        rows = min(lane, r1 - r)
        i = 0
        while i < n:
            some = min(lane, n - i)
            transpose(k, <int> rows, <int> some, x + r * ldx + i, ldx, block, lane)
            round_numbers(rounding, some * lane, <const float *> block, block)
            for j in range(some):
                halve(rows, block + j * lane, y + (i + j) * half_stride(most_rows) + r)
            i += lane
        r += rows


cdef void to_words(Py_ssize_t r0, Py_ssize_t r1, Py_ssize_t n, const float *d, Py_ssize_t ldd, Py_ssize_t most_rows,
                   uint32_t *y) noexcept nogil:
    """Rows r0..r1 of d, (., n) and rounded, in words of a panel of at most so many rows. A pair may be two threads': each
    writes its half."""
    cdef Py_ssize_t size = panel_words(most_rows), r = r0, c, j, columns
    cdef uint16_t *half
    while r < r1:
        c = 0
        while c < n:
            columns = min(n - c, <Py_ssize_t> COLUMNS)
            if r % 2 == 0 and r + 1 < r1:
                pair(columns, d + r * ldd + c, d + (r + 1) * ldd + c, y + c // COLUMNS * size + r // 2 * COLUMNS)
            else:
                half = <uint16_t *> (y + c // COLUMNS * size + r // 2 * COLUMNS) + r % 2
                for j in range(columns):
                    half[2 * j] = <uint16_t> ((<const uint32_t *> (d + r * ldd + c))[j] >> 16)
            c += COLUMNS
        r += 2 if r % 2 == 0 and r + 1 < r1 else 1
