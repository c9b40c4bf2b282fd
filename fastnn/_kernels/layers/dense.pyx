"""A dense layer over a range of rows: forward, backward, gradient of the weights. Sequential: threads are not its matter.

Weights are panels of `panel` columns (two vectors), the last one narrowed to what it holds. The loops, outermost first:
groups of rows, of which a wide layer has several, panels of columns, tiles of rows, and inside the C micro-kernel the sum
over k.
"""

from fastnn._kernels.native.formulas cimport FASTNN_relu
from fastnn._kernels.native.sizes cimport rows_at_a_time
from fastnn._kernels.native.table cimport (Kernels, activation_forward, few_forward, floating, gemm_tile, gemv,
                                           has_few_forward, lanes, narrow_backward, narrow_forward, outer_tile,
                                           tile_rows, transpose)
from fastnn._kernels.layers.tiles cimport next_tile, panel_width, tail_width
from fastnn._kernels.layers.zeros cimport Row, gemm_tile_some, gemv_some, look_at_row


cdef enum:
    MOST_LANES = 16         # of a vector of any ISA
    MOST_FEW = 8            # columns: half of them


cdef Py_ssize_t full_panels(Kernels k, const Dense *layer, floating tag) noexcept nogil:
    """Number of the panels that are of full width."""
    return 0 if layer.narrow else layer.n_out // (2 * lanes(k, tag))


cdef void dense_forward(Kernels k, const Dense *layer, Py_ssize_t rows, const floating *x, Py_ssize_t ldx,
                        const Tiles *some, floating *z, floating *h) noexcept nogil:
    """z = x . W + b and h = f(z), the activation tile by tile, while z is in the cache.

    x : (rows, n_in); z, h : (rows, n_out) with stride layer.ld, padding included. h may be z. some: the columns of x
    that are not zero, or NULL: then those of a single row are looked for, as ReLU leaves zeros.
    """
    cdef Row row
    if rows == 1 and some == NULL:
        some = look_at_row(k, layer.n_in, layer.n_out, x, &row)
    dense_panels(k, layer, rows, x, ldx, 0, full_panels(k, layer, <floating> 0) + 1, some, z, h)


cdef void dense_panels(Kernels k, const Dense *layer, Py_ssize_t rows, const floating *x, Py_ssize_t ldx, Py_ssize_t first,
                       Py_ssize_t end, const Tiles *some, floating *z, floating *h) noexcept nogil:
    """dense_forward of panels first..end alone, full ones being followed by the narrower last one."""
    cdef Py_ssize_t panel = 2 * lanes(k, <floating> 0), n_full = full_panels(k, layer, <floating> 0), p
    cdef Py_ssize_t group, row = 0
    cdef const floating *b = <const floating *> layer.panels
    cdef const floating *bias = <const floating *> layer.bias
    if layer.narrow:
        narrow_forward(k, rows, <int> layer.n_out, layer.n_in, x, ldx, <const floating *> layer.transposed, bias, z,
                       layer.ld)
        if layer.activation:
            activation_forward(k, layer.activation, rows, layer.n_out, <const floating *> z, h, layer.ld)
        return
    if rows == 1:
        row_forward(k, layer, first, min(end, n_full), x, some, z, h)
    else:
        group = rows
        if some == NULL or some.columns == NULL:
            group = rows_at_a_time(rows, layer.n_in * sizeof(floating), tile_rows(k, <floating> 0))
        while row < rows:
            for p in range(first, min(end, n_full)):
                panel_forward(k, layer, min(group, rows - row), panel, x + row * ldx, ldx, some,
                              b + p * layer.panel_stride, layer.ldb, bias + p * layer.bias_stride, panel,
                              z + row * layer.ld + p * panel, h + row * layer.ld + p * panel)
            row += group
    if end > n_full and n_full * panel < layer.n_out:
        z += n_full * panel
        h += n_full * panel
        if (has_few_forward(k, rows, layer.n_out - n_full * panel, layer.n_in, <floating> 0)
                and (some == NULL or some.columns == NULL)):
            few_columns_forward(k, layer, rows, layer.n_out - n_full * panel, x, ldx, z, h)
            return
        p = tail_width(layer.n_out, panel // 2)
        panel_forward(k, layer, rows, p, x, ldx, some, <const floating *> layer.tail, p,
                      <const floating *> layer.tail_bias, layer.n_out - n_full * panel, z, h)


cdef void few_columns_forward(Kernels k, const Dense *layer, Py_ssize_t rows, Py_ssize_t n, const floating *x,
                              Py_ssize_t ldx, floating *z, floating *h) noexcept nogil:
    """panel_forward of the n columns behind the full panels; z and h begin with the first of them."""
    cdef bint rectify = layer.activation == FASTNN_relu and z == h
    few_forward(k, rows, <int> n, layer.n_in, x, ldx, <const floating *> layer.tail,
                tail_width(layer.n_out, lanes(k, <floating> 0)), <const floating *> layer.tail_bias, rectify, z, layer.ld)
    if layer.activation and not rectify:
        activation_forward(k, layer.activation, rows, n, <const floating *> z, h, layer.ld)


cdef void panel_forward(Kernels k, const Dense *layer, Py_ssize_t rows, Py_ssize_t width, const floating *x,
                        Py_ssize_t ldx, const Tiles *some, const floating *b, Py_ssize_t ldb, const floating *bias,
                        Py_ssize_t n, floating *z, floating *h) noexcept nogil:
    """One panel of `width` columns, of which n are real and the rest padding, for a group of rows: its weights are fetched
    from memory once and then stay in the cache."""
    cdef int most = tile_rows(k, <floating> 0), nv = <int> (width // lanes(k, <floating> 0)), mr
    cdef Py_ssize_t tile = 0
    # The kernel may apply ReLU itself only to a panel without padding. Columns of padding must end up zero, also where an
    # infinite input times a weight of zero gave NaN, and activation_forward sets them so.
    cdef bint rectify = layer.activation == FASTNN_relu and n == width and z == h
    while rows > 0:
        mr = next_tile(rows, most)
        if some != NULL and some.columns != NULL and some.counts[tile] >= 0:
            gemm_tile_some(k, mr, nv, some.counts[tile], some.columns + tile * some.ld, x, ldx, b, ldb, bias, 0,
                           rectify, z, layer.ld)
        else:
            gemm_tile(k, mr, nv, layer.n_in, x, ldx, b, ldb, bias, 0, rectify, <const floating *> NULL, z, layer.ld)
        if layer.activation and not rectify:    # 0 is the identity
            activation_forward(k, layer.activation, mr, n, <const floating *> z, h, layer.ld)
        tile += 1
        x += mr * ldx
        z += mr * layer.ld
        h += mr * layer.ld
        rows -= mr


cdef void row_forward(Kernels k, const Dense *layer, Py_ssize_t first, Py_ssize_t end, const floating *x,
                      const Tiles *some, floating *z, floating *h) noexcept nogil:
    """A single row through full panels, several at a time."""
    cdef Py_ssize_t panel = 2 * lanes(k, <floating> 0), p = first, np
    cdef const floating *b
    cdef const floating *bias
    while p < end:
        np = min(4, end - p)
        b = <const floating *> layer.panels + p * layer.panel_stride
        bias = <const floating *> layer.bias + p * layer.bias_stride
        if some != NULL and some.columns != NULL and some.counts[0] >= 0:
            gemv_some(k, <int> np, some.counts[0], some.columns, x, b, layer.ldb, layer.panel_stride, bias,
                      layer.bias_stride, z + p * panel)
        else:
            gemv(k, <int> np, layer.n_in, x, b, layer.ldb, layer.panel_stride, bias, layer.bias_stride, z + p * panel)
        p += np
    if end > first and layer.activation:
        activation_forward(k, layer.activation, 1, (end - first) * panel, <const floating *> z + first * panel,
                           h + first * panel, layer.ld)


cdef void dense_backward(Kernels k, const Dense *layer, Py_ssize_t rows, const floating *d, const floating *gate,
                         floating *dx, Py_ssize_t ldx, bint accumulate) noexcept nogil:
    """dx (+)= d . W^T, and 0 where the gate is not positive, unless it is NULL.

    d : (rows, n_out) with stride layer.ld; dx, gate : (rows, n_in) with stride ldx, padding included. dx may be gate.
    """
    cdef int most = tile_rows(k, <floating> 0)
    cdef Py_ssize_t group, row = 0
    if has_few_outputs(layer) and not accumulate:
        few_outputs_backward(k, layer, 0, layer.n_in, rows, d, gate if gate != NULL else dx, gate != NULL, dx, ldx,
                             <floating *> NULL, False)
        return
    group = rows_at_a_time(rows, layer.n_out * sizeof(floating), most)
    while row < rows:
        group_backward(k, layer, min(group, rows - row), most, d + row * layer.ld,
                       gate + row * ldx if gate != NULL else gate, dx + row * ldx, ldx, accumulate)
        row += group


cdef void group_backward(Kernels k, const Dense *layer, Py_ssize_t rows, int most, const floating *d, const floating *gate,
                         floating *dx, Py_ssize_t ldx, bint accumulate) noexcept nogil:
    """dense_backward of a group of rows, panel by panel of the inputs; most: rows of a tile."""
    cdef Py_ssize_t lane = lanes(k, <floating> 0), column = 0, width, row, mr
    cdef const floating *bt = <const floating *> layer.transposed
    cdef floating *to
    cdef int nv
    while column < layer.n_in:
        width = panel_width(layer.n_in - column, lane)
        nv = <int> (width // lane)
        row = 0
        while row < rows:
            mr = next_tile(rows - row, most)
            to = dx + row * ldx + column
            gemm_tile(k, <int> mr, nv, layer.n_out, d + row * layer.ld, layer.ld, bt, width,
                      <const floating *> to if accumulate else <const floating *> NULL, ldx, False,
                      gate + row * ldx + column if gate != NULL else <const floating *> NULL, to, ldx)
            row += mr
        bt += layer.n_out * width
        column += width


cdef void few_outputs_backward(Kernels k, const Dense *layer, Py_ssize_t first, Py_ssize_t count, Py_ssize_t rows,
                               const floating *d, const floating *x, bint gated, floating *dx, Py_ssize_t ldx, floating *g,
                               bint accumulate) noexcept nogil:
    """dense_backward and, unless g is NULL, dense_gradient in one pass over `count` inputs, from the panel at `first` on.

    x, dx : (rows, n_in); if gated, dx = 0 where x is not positive. dx may be x.
    """
    cdef Py_ssize_t lane = lanes(k, <floating> 0), width, i = 0
    cdef const floating *w = <const floating *> layer.transposed + first * layer.n_out
    while i < count:
        width = panel_width(count - i, lane)
        narrow_backward(k, rows, <int> layer.n_out, <int> (width // lane), d, layer.ld, w + i * layer.n_out,
                        x + first + i, gated, dx + first + i, ldx, g + i * layer.n_out if g != NULL else g, accumulate)
        i += width


cdef void narrow_gradient(Kernels k, const Dense *layer, Py_ssize_t count, Py_ssize_t rows, const floating *d,
                          const floating *x, Py_ssize_t ldx, floating *g, bint accumulate) noexcept nogil:
    """dense_gradient of a narrow layer by the weights of `count` inputs: its panels run along them, g is [n_out][width].

    d : (rows, n_out), x : (rows, count), padding included.
    """
    cdef Py_ssize_t lane = lanes(k, <floating> 0), width, i = 0
    while i < count:
        width = panel_width(count - i, lane)
        dense_gradient(k, layer.n_out, width, rows, d, layer.ld, x + i, ldx, g + i * layer.n_out, accumulate)
        i += width


cdef void dense_gradient(Kernels k, Py_ssize_t mr, Py_ssize_t nr, Py_ssize_t rows, const floating *a, Py_ssize_t lda,
                         const floating *b, Py_ssize_t ldb, floating *g, bint accumulate) noexcept nogil:
    """g (mr, nr) (+)= a^T . b, summed over the rows of the batch in a fixed order; nr is one or two vectors, g packed.

    a : (rows, mr), b : (rows, nr). With lda = 0 and a pointing to a one this is the sum over rows: the bias's gradient.
    """
    cdef int nv = <int> (nr // lanes(k, <floating> 0))
    cdef Py_ssize_t most = tile_rows(k, <floating> 0), tile
    while mr > 0:
        tile = next_tile(mr, most)
        outer_tile(k, <int> tile, nv, rows, a, lda, b, ldb, g if accumulate else <floating *> NULL, nr, g, nr)
        a += tile
        g += tile * nr
        mr -= tile


cdef void few_columns_gradient(Kernels k, Py_ssize_t mr, Py_ssize_t n, Py_ssize_t rows, const floating *a, Py_ssize_t lda,
                               const floating *b, Py_ssize_t ldb, floating *g, bint accumulate) noexcept nogil:
    """dense_gradient of one vector of columns of which only n are real, see are_few.

    Its vectors run along the inputs: b^T . a, which is turned afterwards. Every element is the same sum.
    """
    cdef Py_ssize_t lane = lanes(k, <floating> 0), width, i = 0, at, v
    cdef floating sums[2 * MOST_FEW * MOST_LANES]   # (n, width)
    while i < mr:
        width = panel_width(mr - i, lane)
        if accumulate:
            for v in range(width // lane):
                at = i + v * lane
                transpose(k, <int> min(lane, mr - at), <int> n, <const floating *> g + at * lane, lane, sums + v * lane,
                          width)
        outer_tile(k, <int> n, <int> (width // lane), rows, b, ldb, a + i, lda,
                   <const floating *> sums if accumulate else <const floating *> NULL, width, sums, width)
        for v in range(width // lane):
            at = i + v * lane
            transpose(k, <int> n, <int> min(lane, mr - at), <const floating *> sums + v * lane, width, g + at * lane, lane)
        i += width
