"""A convolution with fewer multiplications, where weights stay as they are: Winograd's minimal filtering along lines.

Of a line of an image, tiles of t neighbouring cells become t sums of theirs (minimal.py); the convolution is then a product
for each of these, of kernels one cell wide, and sums of its results are m neighbouring outputs. So kernels of 5 x 5 take
t / m r = 8 / 20 of the multiplications, those of 3 x 3 half. The products run as all others, tiles of windows in
csrc/layers/places.inc. Lines alone, and not squares, keep the products' sums long, and lose less to rounding.

A last tile that would reach beyond the line begins earlier, and computes some outputs once more. An image is taken in bands
of lines, whose numbers stay in the cache.
"""

from libc.stdint cimport int32_t
from libc.string cimport memset

from fastnn._kernels.layers.plan cimport Plan
from fastnn._kernels.layers.tiles cimport Cuts, cut_rows, panel_width, round_up, take_tile
from fastnn._kernels.layers.windows cimport Windowed
from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.formulas cimport FASTNN_relu
from fastnn._kernels.native.places cimport places_mix, places_product
from fastnn._kernels.native.table cimport activation_forward, lanes as vector_lanes, tile_rows

import numpy as np

from fastnn._kernels.layers.minimal import filtering, outputs_at_once, transformed
from fastnn._kernels.native.buffers import aligned_zeros

cdef enum:
    MOST_ROWS = 12          # of a tile of any ISA
    MOST_PANEL = 32         # columns of a panel
    ENOUGH = 48             # rows of a product


cdef class Quick:
    """The `Winograd` of one stage, and what it points to.

    Parameters
    ----------
    window : WindowSpec
    m : int
        Outputs of a tile, of `outputs_at_once`.
    weight : ndarray of shape (window.n_inputs, n_out)
    bias : ndarray of shape (n_out,) or (0,)
    dtype : Dtype
    lanes : int
    """

    def __cinit__(self, window, int m, weight, bias, dtype, Py_ssize_t lanes):
        cdef Winograd *d = &self.described
        cdef Py_ssize_t channels = window.shape[2], n_out = weight.shape[1]
        matrices = filtering(m, window.kernel[1])
        d.taps, d.cells = len(matrices.to), m
        height, width = window.out
        d.tiles = -(-width // m)
        bands = -(-height // max(4, -(-ENOUGH // d.tiles)))
        d.band = -(-height // bands)
        seen = (window.kernel[0] - 1) * window.dilation[0] + 1
        d.deep = (d.band - 1) * window.strides[0] + seen
        d.size = round_up(d.taps * d.tiles * (d.deep * channels + d.band * round_up(n_out, lanes)), 16)
        first = np.minimum(np.arange(d.tiles) * m, width - m)
        start = np.add.outer(np.arange(d.band) * window.strides[0] * d.tiles, np.arange(d.tiles)) * channels
        lines = np.arange(window.kernel[0]) * window.dilation[0] * d.tiles * channels
        whole = [first, start, np.add.outer(lines, np.arange(channels))]
        padded = np.zeros(n_out)
        padded[:len(bias)] = bias
        weights = _panels(transformed(weight, window, m), lanes)
        numbers = [matrices.to.T, matrices.out.T, weights, padded, np.zeros(MOST_PANEL)]
        self._arrays = [np.ravel(a).astype(np.int32) for a in whole]
        for a in numbers:
            aligned = aligned_zeros(a.size, dtype.numpy)
            aligned[:] = np.ravel(a)
            self._arrays.append(aligned)
        d.first = <const int32_t *> address(self._arrays[0], "i", False)
        d.start = <const int32_t *> address(self._arrays[1], "i", False)
        d.at = <const int32_t *> address(self._arrays[2], "i", False)
        d.to = address(self._arrays[3], dtype.format, False)
        d.out = address(self._arrays[4], dtype.format, False)
        d.weights = address(self._arrays[5], dtype.format, False)
        d.bias = address(self._arrays[6], dtype.format, False)
        d.zeros = address(self._arrays[7], dtype.format, False)


def _panels(weights, lanes):
    """(t, n_in, n_out) as (t, .), each a dense layer's panels one after the other."""
    t, n_in, n_out = weights.shape
    found, column = [], 0
    while column < n_out:
        width = panel_width(n_out - column, lanes)
        panel = np.zeros((t, n_in, width))
        here = weights[:, :, column:column + width]
        panel[:, :, :here.shape[2]] = here
        found.append(panel.reshape(t, -1))
        column += width
    return np.concatenate(found, axis=1)


cdef list hasten(Plan plan, specs, arrays):
    """Let a plan's convolutions have fewer multiplications where that pays; returns what must outlive it.

    arrays : coefs, then intercepts, of the stages with a matrix
    """
    cdef Quick quick
    found = []
    for layer in range(plan.n_layers):
        t = plan.layers[layer].stage
        window, weight = specs[t].window, arrays[layer]
        m = outputs_at_once(window, weight.shape[1]) if window else 0
        if m:
            quick = Quick(window, m, weight, arrays[plan.n_layers + layer], plan.dtype, plan.lanes)
            (<Windowed> plan.windows[t]).window.winograd = &quick.described
            found.append(quick)
    return found


cdef void winograd_forward(Kernels k, const Dense *layer, const Window *w, Py_ssize_t rows, const floating *x,
                           Py_ssize_t ldx, floating *h, floating *scratch) noexcept nogil:
    """h = f(windows . W + b), as convolution_forward; scratch holds w.winograd.size elements."""
    cdef const Winograd *d = w.winograd
    cdef Py_ssize_t n = w.places * layer.n_out, line, _r
    cdef floating *products = scratch + d.taps * d.deep * d.tiles * w.channels
    for _r in range(rows):
        line = 0
        while line < w.out_height:
            band_forward(k, layer, w, min(d.band, w.out_height - line),
                         x + line * w.stride_down * w.width * w.channels, scratch, products,
                         h + line * w.out_width * layer.n_out)
            line += d.band
        memset(h + n, 0, (layer.ld - n) * sizeof(floating))
        if layer.activation and layer.activation != FASTNN_relu:
            activation_forward(k, layer.activation, 1, n, <const floating *> h, h, layer.ld)
        x += ldx
        h += layer.ld


cdef inline void band_forward(Kernels k, const Dense *layer, const Window *w, Py_ssize_t lines, const floating *x,
                              floating *sums, floating *products, floating *h) noexcept nogil:
    """So many lines of places, of which the first sees x."""
    cdef const Winograd *d = w.winograd
    cdef Py_ssize_t depth = layer.n_in // w.kernel_width, wide = round_up(layer.n_out, vector_lanes(k, <floating> 0))
    cdef Py_ssize_t seen = d.deep - (d.band - lines) * w.stride_down, i, j, t
    cdef Py_ssize_t apart = d.deep * d.tiles * w.channels, behind = d.band * d.tiles * wide
    for i in range(seen):
        for j in range(d.tiles):
            places_mix(k, d.taps, d.taps, <const floating *> d.to, w.channels,
                       x + (i * w.width + d.first[j]) * w.channels, w.channels, <const floating *> NULL, False,
                       sums + (i * d.tiles + j) * w.channels, apart)
    for t in range(d.taps):
        tap_product(k, d, lines * d.tiles, depth, layer.n_out, sums + t * apart,
                    <const floating *> d.weights + t * depth * wide, products + t * behind, wide)
    for i in range(lines):
        for j in range(d.tiles):
            places_mix(k, d.cells, d.taps, <const floating *> d.out, layer.n_out, products + (i * d.tiles + j) * wide,
                       behind, <const floating *> d.bias, layer.activation == FASTNN_relu,
                       h + (i * w.out_width + d.first[j]) * layer.n_out, layer.n_out)


cdef inline void tap_product(Kernels k, const Winograd *d, Py_ssize_t rows, Py_ssize_t depth, Py_ssize_t n_out,
                             const floating *sums, const floating *b, floating *to, Py_ssize_t wide) noexcept nogil:
    """One of the t products: of all tiles of the band, to (rows, wide)."""
    cdef Py_ssize_t lanes = vector_lanes(k, <floating> 0), column = 0, width, q
    cdef const floating *window[MOST_ROWS]
    cdef int most = tile_rows(k, <floating> 0), mr, i
    cdef Cuts cuts
    while column < n_out:
        width, q = panel_width(n_out - column, lanes), 0
        cuts = cut_rows(rows, most)
        while q < rows:
            mr = take_tile(&cuts)
            for i in range(mr):
                window[i] = sums + d.start[q + i]
            places_product(k, mr, <int> (width // lanes), 0, depth, window, d.at, b, <const floating *> d.zeros, False,
                           to + q * wide + column, wide)
            q += mr
        b += depth * width
        column += width
