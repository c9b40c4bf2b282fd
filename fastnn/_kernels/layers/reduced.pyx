"""Products of dense layers whose weights are held in fewer bits, for scoring; see reduced_weights.pyx.

A row is prepared once a layer, rounded to bfloat16 or turned into codes with a scale of its own, so that its results do not
depend on other rows. Then it meets the panels: sums of integers are the same in any order.
"""

from libc.stdint cimport int32_t
from libc.string cimport memset

from fastnn._kernels.families.reduced cimport fastnn_reduced_columns, fastnn_reduced_row
from fastnn._kernels.layers.dense cimport Reduced, dense_panels
from fastnn._kernels.layers.tiles cimport next_tile, row_stride, round_up
from fastnn._kernels.native.formulas cimport FASTNN_relu
from fastnn._kernels.native.header_tiles cimport FASTNN_TILE_ROWS
from fastnn._kernels.native.table cimport activation_forward


cdef inline Py_ssize_t words_stride(const Reduced *q) noexcept nogil:
    return row_stride(q.words * q.by.parts, q.lanes, 4)


cdef inline Py_ssize_t tile_groups(Py_ssize_t rows) noexcept nogil:
    """Blocks of products by tiles that rows are cut into, all of them laid out alike."""
    return (rows + FASTNN_TILE_ROWS - 1) // FASTNN_TILE_ROWS


cdef Py_ssize_t prepared_size(const Dense *layer, Py_ssize_t rows) noexcept nogil:
    """Numbers of four bytes that `prepare` needs room for."""
    cdef const Reduced *q = layer.reduced
    cdef Py_ssize_t tiles
    if q == NULL:
        return 0
    if q.by.tiles != NULL:      # the last block's layout may reach beyond the rows
        return round_up((rows + tile_groups(rows)) * words_stride(q) + 3 * rows, 16)
    tiles = (rows + q.tile_rows - 1) // q.tile_rows
    return round_up(rows * words_stride(q) + 3 * rows + 1 + tiles * q.words + 2 * tiles + 2, 16)


cdef void prepare(const Dense *layer, Py_ssize_t rows, const float *x, Py_ssize_t ldx, const Tiles *tiles, float *scratch,
                  Prepared *out) noexcept nogil:
    """Rows x (rows, n_in) as the layer's products read them; tiles: where they are not zero, or NULL."""
    cdef const Reduced *q = layer.reduced
    cdef Py_ssize_t r, more = tile_groups(rows) if q.by.tiles != NULL else 0
    cdef int32_t *words = <int32_t *> scratch
    cdef fastnn_reduced_row *of_rows
    out.words, out.ld, out.x, out.ldx, out.some = words, words_stride(q), x, ldx, NULL
    memset(words + rows * out.ld, 0, more * out.ld * 4)
    of_rows = <fastnn_reduced_row *> (words + (rows + more) * out.ld)
    out.rows = of_rows
    for r in range(rows):
        q.by.codes(q.n_in, x + r * ldx, &q.inputs, words + r * out.ld, of_rows + r)
    if tiles == NULL or tiles.columns == NULL or q.by.tiles != NULL or q.by.parts > 1:
        return
    if q.by.unit == 1:
        out.some, out.counts, out.ld_some = tiles.columns, tiles.counts, tiles.ld
    elif q.columns.scale != NULL:
        words += rows * out.ld + 3 * rows
        steps_of_columns(q, rows, tiles, <Py_ssize_t *> (words + (<size_t> words // 4) % 2), out)


cdef void steps_of_columns(const Reduced *q, Py_ssize_t rows, const Tiles *tiles, Py_ssize_t *counts,
                           Prepared *out) noexcept nogil:
    """From columns that are not zero to steps that are not; none of a tile whose codes of zero are not zero."""
    cdef Py_ssize_t n_tiles = (rows + q.tile_rows - 1) // q.tile_rows, tile = 0, first = 0, n, i
    cdef int32_t *to = <int32_t *> (counts + n_tiles)
    cdef const int32_t *columns
    cdef int32_t unit = q.by.unit, offset
    cdef int mr
    out.some, out.counts, out.ld_some = to, counts, q.words
    while first < rows:
        mr, offset, n = next_tile(rows - first, q.tile_rows), 0, 0
        for i in range(first, first + mr):
            offset |= out.rows[i].offset
        columns = tiles.columns + tile * tiles.ld
        for i in range(tiles.counts[tile] if offset == 0 else 0):
            to[n] = columns[i] // unit
            if i + 1 == tiles.counts[tile] or columns[i + 1] // unit != to[n]:
                n += 1
        counts[tile] = n if offset == 0 and tiles.counts[tile] >= 0 and 8 * n < 7 * q.words else -1
        to += q.words
        tile += 1
        first += mr


cdef void reduced_panels(Kernels k, const Dense *layer, Py_ssize_t rows, const Prepared *x, Py_ssize_t first,
                         Py_ssize_t end, float *h) noexcept nogil:
    """h = f(x . W + b) of panels first..end, as dense_panels: (rows, n_out) with stride layer.ld."""
    cdef Py_ssize_t row = plain_rows(x, rows, 0, False) if layer.reduced.slices else rows, n
    if row == rows or plain_rows(x, rows, 0, True) < rows:
        panels_forward(k, layer, rows, x, first, end, h)
    while row < rows:
        n = plain_rows(x, rows, row, True)
        dense_panels(k, layer, n, x.x + row * x.ldx, x.ldx, first, end, NULL, h + row * layer.ld, h + row * layer.ld)
        row += n
        row += plain_rows(x, rows, row, False)


cdef inline Py_ssize_t plain_rows(const Prepared *x, Py_ssize_t rows, Py_ssize_t first, bint plain) noexcept nogil:
    """How many rows from the first on are for float32's own products, or are not."""
    cdef Py_ssize_t n = 0
    while first + n < rows and (x.rows[first + n].plain != 0) == plain:
        n += 1
    return n


cdef void panels_forward(Kernels k, const Dense *layer, Py_ssize_t rows, const Prepared *x, Py_ssize_t first,
                         Py_ssize_t end, float *h) noexcept nogil:
    cdef const Reduced *q = layer.reduced
    cdef bint rectify = layer.activation == FASTNN_relu
    cdef Py_ssize_t width = 2 * q.lanes, p = first, row, tile, n, most = q.tile_rows
    cdef int panels, mr
    end = min(end, q.n_panels)
    if q.by.tiles != NULL:
        most = (rows + tile_groups(rows) - 1) // tile_groups(rows)
        q.by.tiles.begin(<int> most)
    if rows == 1:
        while p < end:
            panels = <int> min(4, end - p)
            rows_panel(q, 1, panels, x, 0, 0, p, rectify, h, layer.ld)
            p += panels
        if layer.activation and not rectify and first < end:
            n = min(end * width, q.n_out) - first * width
            activation_forward(k, layer.activation, 1, n, <const float *> h + first * width, h + first * width, layer.ld)
    else:
        for p in range(first, end):
            row = tile = 0
            n = min(width, q.n_out - p * width)
            while row < rows:
                mr = next_tile(rows - row, most)
                rows_panel(q, mr, 1, x, row, tile, p, rectify, h + row * layer.ld, layer.ld)
                if layer.activation and not rectify:
                    activation_forward(k, layer.activation, mr, n, <const float *> h + row * layer.ld + p * width,
                                       h + row * layer.ld + p * width, layer.ld)
                row += mr
                tile += 1
    if q.by.tiles != NULL:
        q.by.tiles.end()


cdef inline void rows_panel(const Reduced *q, int mr, int panels, const Prepared *x, Py_ssize_t row, Py_ssize_t tile,
                            Py_ssize_t p, bint rectify, float *h, Py_ssize_t ld) noexcept nogil:
    """One tile of rows through one panel, or one row through several from panel p on."""
    cdef Py_ssize_t column = p * 2 * q.lanes, steps = q.words, n = q.n_out - column
    cdef const int32_t *words = x.words + row * x.ld
    cdef const int32_t *some = NULL
    cdef const char *w = q.panels + p * q.stride
    cdef fastnn_reduced_columns columns = q.columns
    if x.some != NULL and x.counts[tile] >= 0:
        some, steps = x.some + tile * x.ld_some, x.counts[tile]
    columns.bias += column
    if columns.scale != NULL:
        columns.scale += column
    if columns.sums != NULL:
        columns.sums += column
    if mr == 1:
        q.by.row(panels, steps, some, words, x.rows + row, w, q.stride, &columns, n, rectify, h + column)
    else:
        q.by.tile(mr, steps, some, words, x.ld, x.rows + row, w, &columns, n, rectify, h + column, ld)


cdef void reduced_forward(Kernels k, const Dense *layer, Py_ssize_t rows, const float *x, Py_ssize_t ldx,
                          const Tiles *tiles, float *scratch, float *h) noexcept nogil:
    """As dense_forward; scratch has room for prepared_size numbers."""
    cdef Prepared prepared
    prepare(layer, rows, x, ldx, tiles, scratch, &prepared)
    reduced_panels(k, layer, rows, &prepared, 0, layer.reduced.n_panels, h)
