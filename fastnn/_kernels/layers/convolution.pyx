"""Convolution: a dense layer from each window of an image to the channels of a place, with the same weights at all places.

A batch of B rows is B x places virtual rows of that dense layer, and its weights are packed, cut into strips and updated as
any others. The virtual rows are not written down: tiles read them in the image (csrc/layers/places.inc). An image is a row
of the batch, (height, width, channels); padding is a stage of its own in front, so that all windows lie within the image.

With groups, the windows of each see its share of the channels, and its share of the outputs is theirs. A panel of outputs
may belong to several groups, or be padded: then tiles go through memory on the stack, from which what is wanted is picked.
Where each channel is a group with one output, vectors run along channels instead (depthwise.pxd).
"""

from libc.stdint cimport int32_t
from libc.string cimport memcpy, memset

from fastnn._kernels.layers.blanks cimport Blanks, Lines, find_blanks, look_at_lines, may_be_blank
from fastnn._kernels.layers.depthwise cimport (depthwise_backward, depthwise_forward, depthwise_gradient, is_depthwise)
from fastnn._kernels.layers.tiles cimport Cuts, cut_rows, next_tile, panel_width, take_tile
from fastnn._kernels.native.formulas cimport FASTNN_relu
from fastnn._kernels.native.places cimport places_gradient, places_product, places_scatter
from fastnn._kernels.native.table cimport (Kernels, activation_backward, activation_forward, floating, gemm_tile, lanes,
                                           outer_tile, tile_rows)

cdef enum:
    MOST_ROWS = 12          # of a tile of any ISA
    MOST_PANEL = 32         # columns of a panel


cdef struct Cut:            # the part of a panel that belongs to one group
    Py_ssize_t group
    Py_ssize_t low, high    # its columns, counted from the panel's first
    bint whole              # they are all of the panel


cdef inline Cut first_cut(const Dense *layer, const Window *w, Py_ssize_t column, Py_ssize_t width) noexcept nogil:
    cdef Cut cut
    cut.high = 0
    cut.group = column // (layer.n_out // w.groups) - 1
    return next_cut(layer, w, column, width, cut)


cdef inline Cut next_cut(const Dense *layer, const Window *w, Py_ssize_t column, Py_ssize_t width, Cut cut) noexcept nogil:
    """The part behind; it is empty at the panel's end."""
    cut.group += 1
    cut.low = cut.high
    cut.high = min(width, layer.n_out - column, (cut.group + 1) * (layer.n_out // w.groups) - column)
    cut.whole = cut.low == 0 and cut.high == width
    return cut


cdef inline Py_ssize_t channel_of(const Window *w, Py_ssize_t group) noexcept nogil:
    """The first channel that a group sees."""
    return group * (w.channels // w.groups)


cdef void convolution_forward(Kernels k, const Dense *layer, const Window *w, Py_ssize_t rows, const floating *x,
                              Py_ssize_t ldx, floating *z, floating *h) noexcept nogil:
    """z = windows . W + b and h = f(z); z, h : (rows, places * n_out) with stride layer.ld, padding included. h may be z."""
    cdef Py_ssize_t n = w.places * layer.n_out, _r
    cdef bint rectify = layer.activation == FASTNN_relu and z == h
    for _r in range(rows):
        if is_depthwise(w):
            depthwise_forward(k, layer, w, x, rectify, z)
        else:
            image_forward(k, layer, w, x, rectify, z)
        memset(z + n, 0, (layer.ld - n) * sizeof(floating))
        if layer.activation and not rectify:
            activation_forward(k, layer.activation, 1, n, <const floating *> z, h, layer.ld)
        x += ldx
        z += layer.ld
        h += layer.ld


cdef inline void image_forward(Kernels k, const Dense *layer, const Window *w, const floating *x, bint rectify,
                               floating *z) noexcept nogil:
    cdef Py_ssize_t column = 0, width
    cdef Blanks blanks
    cdef Cut cut
    blanks.any = False
    if may_be_blank(w):
        find_blanks(k, w, x, &blanks)
    while column < layer.n_out:
        width = panel_width(layer.n_out - column, lanes(k, <floating> 0))
        cut = first_cut(layer, w, column, width)
        while cut.low < cut.high:
            panel_forward(k, layer, w, &blanks, column, width, cut, x + channel_of(w, cut.group), rectify, z + column)
            cut = next_cut(layer, w, column, width, cut)
        column += width


cdef inline void panel_forward(Kernels k, const Dense *layer, const Window *w, const Blanks *blanks, Py_ssize_t column,
                               Py_ssize_t width, Cut cut, const floating *x, bint rectify, floating *z) noexcept nogil:
    """What a group's columns of a panel are at every place of one image."""
    cdef const floating *b = <const floating *> layer.panels + (layer.n_in + 1) * column
    cdef const floating *window[MOST_ROWS]
    cdef floating tile[MOST_ROWS * MOST_PANEL]
    cdef int most = tile_rows(k, <floating> 0), nv = <int> (width // lanes(k, <floating> 0)), mr, i
    cdef const floating *bias = b + layer.n_in * width
    cdef Py_ssize_t q = 0
    cdef Py_ssize_t of_line = layer.n_in // w.kernel_height, first, end
    cdef Cuts cuts = cut_rows(w.places, most)
    cdef Lines lines
    lines.line, lines.column, lines.first, lines.end = 0, 0, 0, w.kernel_height
    while q < w.places:
        mr = take_tile(&cuts)
        for i in range(mr):
            window[i] = x + w.start[q + i]
        if blanks.any:
            look_at_lines(blanks, w, mr, &lines)
        first, end = of_line * lines.first, of_line * lines.end
        if cut.whole:
            places_product(k, mr, nv, first, end, window, w.at, b, bias, rectify, z + q * layer.n_out, layer.n_out)
        else:
            places_product(k, mr, nv, first, end, window, w.at, b, bias, rectify, tile, width)
            for i in range(mr):
                memcpy(z + (q + i) * layer.n_out + cut.low, tile + i * width + cut.low,
                       (cut.high - cut.low) * sizeof(floating))
        q += mr


cdef void convolution_backward(Kernels k, const Dense *layer, const Window *w, Py_ssize_t rows, const floating *d,
                               const floating *gate, floating *dx, Py_ssize_t ldx, bint accumulate) noexcept nogil:
    """dx (+)= what the windows pass back, and 0 where the gate is not positive, unless it is NULL.

    d : (rows, places * n_out) with stride layer.ld; dx, gate : with stride ldx, padding included. An element of dx adds up
    what the places pass back to it in an order that the shapes alone decide.
    """
    cdef Py_ssize_t _r
    for _r in range(rows):
        if is_depthwise(w):
            depthwise_backward(k, layer, w, d, dx, ldx, accumulate)
        else:
            image_backward(k, layer, w, d, dx, ldx, accumulate)
        if gate != NULL:
            activation_backward(k, FASTNN_relu, 1, w.height * w.width * w.channels, gate, gate, dx, ldx)
            gate += ldx
        d += layer.ld
        dx += ldx


cdef inline void image_backward(Kernels k, const Dense *layer, const Window *w, const floating *d, floating *dx,
                                Py_ssize_t ldx, bint accumulate) noexcept nogil:
    cdef Py_ssize_t n_out = layer.n_out // w.groups, group, first, width
    cdef const floating *b
    if not accumulate:
        memset(dx, 0, ldx * sizeof(floating))
    for group in range(w.groups):
        b = <const floating *> layer.transposed
        first = 0
        while first < layer.n_in:
            width = panel_width(layer.n_in - first, lanes(k, <floating> 0))
            panel_backward(k, layer, w, first, width, n_out, d + group * n_out, b + group * n_out * width,
                           dx + channel_of(w, group))
            b += layer.n_out * width
            first += width


cdef inline void panel_backward(Kernels k, const Dense *layer, const Window *w, Py_ssize_t first, Py_ssize_t width,
                                Py_ssize_t n_out, const floating *d, const floating *b, floating *dx) noexcept nogil:
    """What all places of one image pass back to elements first..first + width of their windows, from n_out channels."""
    cdef int most = tile_rows(k, <floating> 0), nv = <int> (width // lanes(k, <floating> 0)), mr, i
    cdef Py_ssize_t n = min(width, layer.n_in - first), q = 0, j
    cdef const int32_t *at = w.at + first
    cdef bint together = n == width and at[n - 1] - at[0] == n - 1      # the elements are neighbours in the image
    cdef floating *to[MOST_ROWS]
    cdef floating tile[MOST_ROWS * MOST_PANEL]
    while q < w.places:
        mr = next_tile(w.places - q, most)
        for i in range(mr):
            to[i] = dx + w.start[q + i]
        if together:
            for i in range(mr):
                to[i] += at[0]
            places_scatter(k, mr, nv, n_out, d + q * layer.n_out, layer.n_out, b, to)
        else:
            gemm_tile(k, mr, nv, n_out, d + q * layer.n_out, layer.n_out, b, width, <const floating *> NULL, 0, False,
                      <const floating *> NULL, tile, width)
            for i in range(mr):
                for j in range(n):
                    to[i][at[j]] += tile[i * width + j]
        q += mr


cdef void convolution_gradient(Kernels k, const Dense *layer, const Window *w, Py_ssize_t first, Py_ssize_t count,
                               Py_ssize_t column, Py_ssize_t width, Py_ssize_t rows, const floating *x, Py_ssize_t ldx,
                               const floating *d, floating *g) noexcept nogil:
    """g (count, width) += the gradient by the weights of elements first..first + count of the windows in a panel.

    The sum of an image's places is added to that of the images before: fewer numbers of unlike size are added than one
    after the other, and the image stays in the cache for the tiles of the strip.
    """
    cdef Py_ssize_t _r
    for _r in range(rows):
        if is_depthwise(w):
            depthwise_gradient(k, layer, w, first, count, column, width, x, d, g)
        else:
            image_gradient(k, layer, w, first, count, column, width, x, d, g)
        x += ldx
        d += layer.ld


cdef inline void image_gradient(Kernels k, const Dense *layer, const Window *w, Py_ssize_t first, Py_ssize_t count,
                                Py_ssize_t column, Py_ssize_t width, const floating *x, const floating *d,
                                floating *g) noexcept nogil:
    cdef int most = tile_rows(k, <floating> 0), nv = <int> (width // lanes(k, <floating> 0)), mr
    cdef Py_ssize_t i = 0
    cdef Cut cut
    while i < count:
        mr = next_tile(count - i, most)
        cut = first_cut(layer, w, column, width)
        while cut.low < cut.high:
            tile_gradient(k, layer, w, mr, nv, cut, w.at + first + i, x + channel_of(w, cut.group), d + column,
                          g + i * width)
            cut = next_cut(layer, w, column, width, cut)
        i += mr


cdef inline void tile_gradient(Kernels k, const Dense *layer, const Window *w, int mr, int nv, Cut cut, const int32_t *at,
                               const floating *x, const floating *d, floating *g) noexcept nogil:
    """Of one image and group; columns of padding stay zero."""
    cdef floating tile[MOST_ROWS * MOST_PANEL]
    cdef Py_ssize_t width = nv * lanes(k, <floating> 0), i, j
    if cut.whole:
        places_gradient(k, mr, nv, w.places, w.start, x, at, d, layer.n_out, g)
        return
    memset(tile, 0, mr * width * sizeof(floating))
    places_gradient(k, mr, nv, w.places, w.start, x, at, d, layer.n_out, tile)
    for i in range(mr):
        for j in range(cut.low, cut.high):
            g[i * width + j] += tile[i * width + j]


cdef void convolution_bias_gradient(Kernels k, const Dense *layer, const Window *w, Py_ssize_t column, Py_ssize_t width,
                                    Py_ssize_t rows, const floating *d, floating *g) noexcept nogil:
    """g (width,) += the sum of d over all places of all rows."""
    cdef int nv = <int> (width // lanes(k, <floating> 0))
    cdef Py_ssize_t r, j
    cdef floating one = 1
    cdef floating sum[MOST_PANEL]
    for r in range(rows):
        outer_tile(k, 1, nv, w.places, <const floating *> &one, 0, d + r * layer.ld + column, layer.n_out,
                   <const floating *> NULL, 0, sum, width)
        for j in range(min(width, layer.n_out - column)):
            g[j] += sum[j]
