"""Dense layers whose weights are held in fewer bits, for scoring: bfloat16, half of them, and int8, a quarter.

A row is prepared once a layer, rounded to bfloat16 or turned into codes with a scale of its own, so that its results do not
depend on other rows. Then it meets the panels: int8's sums are integers, the same in any order.
"""

from libc.stdint cimport int8_t, int32_t, uint32_t

from fastnn._kernels.families.reduced cimport fastnn_int8_columns, fastnn_reduced, fastnn_reduced_of
from fastnn._kernels.layers.tiles cimport next_tile, row_stride, round_up
from fastnn._kernels.native.formulas cimport FASTNN_relu
from fastnn._kernels.native.table cimport FLOAT32, activation_forward, isa_of

import numpy as np

from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.buffers import aligned_zeros

cdef class ReducedWeights:
    """One layer's weights as its products read them.

    Parameters
    ----------
    weight : ndarray (n_in, n_out)
        Of uint16, the upper halves of float32 numbers; or of int8, codes from -127 to 127.
    bias : ndarray (n_out,) of float32, or None
    scale : ndarray (n_out,) of float32, or None
        What a code of the column stands for.
    isa : str or None
    kernel : str or None
        The name of the int8 products; None is the best that this machine has.
    """

    def __cinit__(self, weight, bias=None, scale=None, str isa=None, str kernel=None):
        cdef Reduced *q = &self.layer
        q.k = fastnn_reduced_of(isa_of(isa))
        q.int8 = NULL
        q.n_in, q.n_out = weight.shape
        q.n_panels = (q.n_out + 2 * q.k.lanes - 1) // (2 * q.k.lanes)
        if weight.dtype == np.int8:
            self._choose(kernel)
            panels = self._int8_panels(weight)
            self.scale = self._columns(scale, np.float32)
            q.scale = <const float *> address(self.scale, "f", False)
            self.sums = self._columns(weight.sum(axis=0, dtype=np.int32), np.int32)
            if q.int8.unit == 4:
                q.sums = <const int32_t *> address(self.sums, "i", False)
        elif weight.dtype == np.uint16:
            panels = self._bf16_panels(weight)
        else:
            raise TypeError(f"reduced weights are uint16 or int8, got {weight.dtype}")
        self.bias = self._columns(np.zeros(q.n_out) if bias is None else bias, np.float32)
        q.bias = <const float *> address(self.bias, "f", False)
        self.panels = aligned_zeros(panels.nbytes, np.uint8)
        self.panels[:] = panels.reshape(-1).view(np.uint8)
        q.panels, q.stride = <const char *> address(self.panels, "B", False), panels.nbytes // q.n_panels
        self.n_bytes = panels.nbytes

    def _choose(self, str kernel):
        cdef int i = 0
        while self.layer.k.int8[i] != NULL:
            name = (<bytes> self.layer.k.int8[i].name).decode()
            if self.layer.k.int8[i].supported() and kernel in (None, name):
                self.layer.int8 = self.layer.k.int8[i]
                return
            i += 1
        raise ValueError(f"this machine has no int8 products called {kernel!r}")

    def _columns(self, values, dtype):
        """A number for each column, padded to whole panels."""
        padded = aligned_zeros(self.layer.n_panels * 2 * self.layer.k.lanes, dtype)
        padded[:self.layer.n_out] = values
        return padded

    def _padded(self, weight, Py_ssize_t unit):
        """(panels, steps, lanes, unit, 2): the last axis is the vector of the panel."""
        cdef Py_ssize_t lanes = self.layer.k.lanes
        self.layer.words = (self.layer.n_in + unit - 1) // unit
        padded = np.zeros((self.layer.words * unit, self.layer.n_panels * 2 * lanes), weight.dtype)
        padded[:self.layer.n_in, :self.layer.n_out] = weight
        return padded.reshape(self.layer.words, unit, self.layer.n_panels, 2, lanes).transpose(2, 0, 4, 1, 3)

    def _bf16_panels(self, weight):
        padded = self._padded(weight, 1).astype(np.uint32)
        return np.ascontiguousarray(padded[..., 1] << 16 | padded[..., 0])

    def _int8_panels(self, codes):
        padded = self._padded(codes, self.layer.int8.unit).view(np.uint8)
        if self.layer.int8.unit == 2:
            return np.ascontiguousarray(padded[..., 1].astype(np.uint16) << 8 | padded[..., 0])
        return np.ascontiguousarray(padded.transpose(0, 1, 4, 2, 3))

    def __reduce__(self):
        raise TypeError("reduced weights are rebuilt from what they were made of, not pickled")


cdef int take_reduced(Dense *layers, int n_layers, int dtype, tuple weights) except -1:
    """Let layers read reduced weights, which must outlive them, where these are not None; an empty tuple is none at all."""
    cdef ReducedWeights held
    cdef int l
    if weights and (len(weights) != n_layers or dtype != FLOAT32):
        raise ValueError("reduced weights are for each dense stage of a float32 network")
    for l in range(len(weights)):
        if weights[l] is not None:
            held = weights[l]
            if held.layer.n_in != layers[l].n_in or held.layer.n_out != layers[l].n_out or layers[l].encoding != NULL:
                raise ValueError("reduced weights do not fit their stage")
            layers[l].reduced = &held.layer
    return 0


cdef inline Py_ssize_t words_stride(const Reduced *q) noexcept nogil:
    return row_stride(q.words, q.k.lanes, 4)


cdef Py_ssize_t prepared_size(const Dense *layer, Py_ssize_t rows) noexcept nogil:
    """Numbers of four bytes that `prepare` needs room for."""
    cdef const Reduced *q = layer.reduced
    cdef Py_ssize_t tiles
    if q == NULL:
        return 0
    if q.int8 == NULL:
        return rows * words_stride(q)
    tiles = (rows + q.k.tile_rows - 1) // q.k.tile_rows
    return round_up(rows * words_stride(q) + 2 * rows + tiles * q.words + 2 * tiles + 2, 16)


cdef void prepare(const Dense *layer, Py_ssize_t rows, const float *x, Py_ssize_t ldx, const Tiles *tiles, float *scratch,
                  Prepared *out) noexcept nogil:
    """Rows x (rows, n_in) as the layer's products read them; tiles: where they are not zero, or NULL."""
    cdef const Reduced *q = layer.reduced
    cdef Py_ssize_t r
    cdef int32_t *words = <int32_t *> scratch
    cdef fastnn_int8_row *of_rows
    out.words, out.ld = words, words_stride(q)
    out.some, out.rows = NULL, NULL
    if q.int8 == NULL:
        for r in range(rows):
            q.k.round_bf16(q.n_in, x + r * ldx, scratch + r * out.ld)
        if tiles != NULL and tiles.columns != NULL:
            out.some, out.counts, out.ld_some = tiles.columns, tiles.counts, tiles.ld
        return
    of_rows = <fastnn_int8_row *> (words + rows * out.ld)
    out.rows = of_rows
    for r in range(rows):
        q.int8.codes(q.n_in, x + r * ldx, words + r * out.ld, of_rows + r)
    if tiles != NULL and tiles.columns != NULL:
        steps_of_columns(q, rows, tiles, <Py_ssize_t *> (of_rows + rows), out)


cdef void steps_of_columns(const Reduced *q, Py_ssize_t rows, const Tiles *tiles, Py_ssize_t *counts,
                           Prepared *out) noexcept nogil:
    """From columns that are not zero to steps that are not; none of a tile whose codes of zero are not zero."""
    cdef Py_ssize_t n_tiles = (rows + q.k.tile_rows - 1) // q.k.tile_rows, tile = 0, first = 0, n, i
    cdef int32_t *to = <int32_t *> (counts + n_tiles)
    cdef const int32_t *columns
    cdef int32_t unit = q.int8.unit, offset
    cdef int mr
    out.some, out.counts, out.ld_some = to, counts, q.words
    while first < rows:
        mr, offset, n = next_tile(rows - first, q.k.tile_rows), 0, 0
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
    cdef const Reduced *q = layer.reduced
    cdef bint rectify = layer.activation == FASTNN_relu
    cdef Py_ssize_t width = 2 * q.k.lanes, p = first, row, tile, n
    cdef int panels, mr
    end = min(end, q.n_panels)
    if rows == 1:
        while p < end:
            panels = <int> min(4, end - p)
            rows_panel(q, 1, panels, x, 0, 0, p, rectify, h, layer.ld)
            p += panels
        if layer.activation and not rectify and first < end:
            n = min(end * width, q.n_out) - first * width
            activation_forward(k, layer.activation, 1, n, <const float *> h + first * width, h + first * width, layer.ld)
        return
    for p in range(first, end):
        row = tile = 0
        n = min(width, q.n_out - p * width)
        while row < rows:
            mr = next_tile(rows - row, q.k.tile_rows)
            rows_panel(q, mr, 1, x, row, tile, p, rectify, h + row * layer.ld, layer.ld)
            if layer.activation and not rectify:
                activation_forward(k, layer.activation, mr, n, <const float *> h + row * layer.ld + p * width,
                                   h + row * layer.ld + p * width, layer.ld)
            row += mr
            tile += 1


cdef inline void rows_panel(const Reduced *q, int mr, int panels, const Prepared *x, Py_ssize_t row, Py_ssize_t tile,
                            Py_ssize_t p, bint rectify, float *h, Py_ssize_t ld) noexcept nogil:
    """One tile of rows through one panel, or one row through several from panel p on."""
    cdef Py_ssize_t column = p * 2 * q.k.lanes, steps = q.words, n = q.n_out - column
    cdef const int32_t *words = x.words + row * x.ld
    cdef const int32_t *some = NULL
    cdef const char *w = q.panels + p * q.stride
    cdef fastnn_int8_columns columns
    if x.some != NULL and x.counts[tile] >= 0:
        some, steps = x.some + tile * x.ld_some, x.counts[tile]
    h += column
    if q.int8 == NULL:
        if mr == 1:
            q.k.bf16_row(panels, steps, some, <const float *> words, <const uint32_t *> w, q.stride // 4, q.bias + column, n,
                         rectify, h)
        else:
            q.k.bf16_tile(mr, steps, some, <const float *> words, x.ld, <const uint32_t *> w, q.bias + column, n, rectify,
                          h, ld)
        return
    columns.scale, columns.bias = q.scale + column, q.bias + column
    columns.sums = q.sums + column if q.sums != NULL else NULL
    if mr == 1:
        q.int8.row(panels, steps, some, words, x.rows + row, <const int8_t *> w, q.stride, &columns, n, rectify, h)
    else:
        q.int8.tile(mr, steps, some, words, x.ld, x.rows + row, <const int8_t *> w, &columns, n, rectify, h, ld)


cdef void reduced_forward(Kernels k, const Dense *layer, Py_ssize_t rows, const float *x, Py_ssize_t ldx,
                          const Tiles *tiles, float *scratch, float *h) noexcept nogil:
    """As dense_forward; scratch has room for prepared_size numbers."""
    cdef Prepared prepared
    prepare(layer, rows, x, ldx, tiles, scratch, &prepared)
    reduced_panels(k, layer, rows, &prepared, 0, layer.reduced.n_panels, h)


def int8_kernels(str isa=None):
    """Names of the int8 products that this machine has, best first."""
    cdef const fastnn_reduced *k = fastnn_reduced_of(isa_of(isa))
    cdef int i = 0
    names = []
    while k.int8[i] != NULL:
        if k.int8[i].supported():
            names.append((<bytes> k.int8[i].name).decode())
        i += 1
    return names
