"""Where everything lies: the layout of a network's weights, in the user's order and in the kernels'.

The user's order, the parameter vector, is coefs then intercepts, row-major. The packed order is what the kernels stream:
panels as wide as a register tile. The first `n_master` elements of a packed vector are the weights themselves (the
optimizer's moments have the same layout); behind them lie transposed copies for the backward pass.
Padding is zero and stays zero: its gradient is zero.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free

from fastnn._kernels.dense cimport Dense, tail_width
from fastnn._kernels.table cimport activation_needs_z, kernels_of
from fastnn._kernels.table import isa as chosen_isa

cdef enum:
    ALIGN = 16      # elements: 64 bytes of float32, so that every block starts on a cache line
    STRIP = 40      # inputs in a strip, about: its gradient and weights stay in the first-level cache


cdef Py_ssize_t round_up(Py_ssize_t n, Py_ssize_t unit) noexcept nogil:
    return (n + unit - 1) // unit * unit


cdef class Plan:
    """Layout of a stack of dense layers.

    Parameters
    ----------
    sizes : list of int
        Number of inputs, then of outputs of every layer.
    activations : list of int
        Number of each layer's activation in the C table.
    f64 : bool
    isa : str or None
        None: the one in use.
    input_gradient : bool
        Whether the first layer needs transposed weights too.
    """

    def __cinit__(self, sizes, activations, bint f64, str isa=None, bint input_gradient=False):
        self.k = kernels_of(isa)
        self.isa = isa or chosen_isa()
        self.f64 = f64
        self.lanes = self.k.f64.lanes if f64 else self.k.f32.lanes
        self.n_layers = len(activations)
        self.layers = <Layer *> PyMem_Calloc(self.n_layers, sizeof(Layer))
        if self.layers == NULL:
            raise MemoryError()
        self._shapes(sizes, activations)
        self._offsets(input_gradient)
        self._cut_strips()

    def __dealloc__(self):
        PyMem_Free(self.layers)
        PyMem_Free(self.strips)

    def _shapes(self, sizes, activations):
        cdef Dense *d
        cdef Py_ssize_t blocks
        for i in range(self.n_layers):
            d = &self.layers[i].dense
            d.n_in, d.n_out, d.activation = sizes[i], sizes[i + 1], activations[i]
            d.needs_z = activation_needs_z(d.activation)
            d.narrow = 2 * d.n_out <= self.lanes
            d.ld = row_stride(d.n_out, self.lanes, self.f64)
            blocks = max(1, (d.n_in + STRIP // 2) // STRIP)
            self.layers[i].strip_rows = round_up((d.n_in + blocks - 1) // blocks, self.lanes)

    def _offsets(self, bint input_gradient):
        cdef Layer *layer
        cdef Py_ssize_t at = 0
        for i in range(self.n_layers):
            self.layers[i].coef = at
            at += self.layers[i].dense.n_in * self.layers[i].dense.n_out
        for i in range(self.n_layers):
            self.layers[i].intercept = at
            at += self.layers[i].dense.n_out
        self.n_params = at

        at = 0
        for i in range(self.n_layers):
            layer = &self.layers[i]
            layer.w = at
            if layer.dense.narrow:
                layer.wt = at
                at += layer.dense.n_out * round_up(layer.dense.n_in, self.lanes) + self.lanes
            else:
                at += (layer.dense.n_in + 1) * round_up(layer.dense.n_out, self.lanes)
            at = round_up(at, ALIGN)
        self.n_master = at
        for i in range(self.n_layers):
            layer = &self.layers[i]
            if not layer.dense.narrow:
                layer.wt = -1
                if i > 0 or input_gradient:
                    layer.wt = at
                    at = round_up(at + layer.dense.n_out * round_up(layer.dense.n_in, self.lanes), ALIGN)
        self.n_packed = at

    def _cut_strips(self):
        pieces = []
        for i in range(self.n_layers):
            pieces += self._narrow_strips(i) if self.layers[i].dense.narrow else self._wide_strips(i)
        self.n_strips = len(pieces)
        self.strips = <Strip *> PyMem_Calloc(self.n_strips, sizeof(Strip))
        if self.strips == NULL:
            raise MemoryError()
        for i, piece in enumerate(pieces):
            self.strips[i] = piece
            self.strip_size = max(self.strip_size, self.strips[i].size + self.strips[i].bias_width)

    def _wide_strips(self, int i):
        cdef Layer *layer = &self.layers[i]
        cdef Strip s
        pieces = []
        for column in range(0, layer.dense.n_out, 2 * self.lanes):
            s.layer, s.column = i, column
            s.width = min(2 * self.lanes, round_up(layer.dense.n_out - column, self.lanes))
            base = layer.w + (layer.dense.n_in + 1) * column
            for first in range(0, layer.dense.n_in, layer.strip_rows):
                s.first = first
                s.count = min(layer.strip_rows, layer.dense.n_in - first)
                s.offset = base + first * s.width
                s.size = s.count * s.width
                s.bias = base + layer.dense.n_in * s.width
                s.bias_width = s.width if first + s.count == layer.dense.n_in else 0
                s.cost = <double> (s.size + s.bias_width)
                pieces.append(s)
        return pieces

    def _narrow_strips(self, int i):
        cdef Layer *layer = &self.layers[i]
        cdef Strip s
        cdef Py_ssize_t n_out = layer.dense.n_out, step = round_up(4 * STRIP, 2 * self.lanes)
        pieces = []
        for first in range(0, layer.dense.n_in, step):
            s.layer, s.first, s.column, s.width = i, first, 0, 0
            s.count = min(step, layer.dense.n_in - first)
            s.offset = layer.w + first * n_out
            s.size = n_out * round_up(s.count, self.lanes)
            s.bias = layer.w + n_out * round_up(layer.dense.n_in, self.lanes)
            s.bias_width = self.lanes if first + s.count == layer.dense.n_in else 0
            s.cost = <double> (s.size + s.bias_width)
            pieces.append(s)
        return pieces

    cdef Dense bind(self, int i, const void *packed):
        """The layer's shapes with pointers into a packed vector."""
        cdef Layer *layer = &self.layers[i]
        cdef Dense d = layer.dense
        cdef Py_ssize_t unit = sizeof(double) if self.f64 else sizeof(float), panel = 2 * self.lanes, n_full
        cdef const char *w = <const char *> packed + layer.w * unit
        if layer.wt >= 0:
            d.transposed = <const char *> packed + layer.wt * unit
        if d.narrow:
            d.bias = w + d.n_out * round_up(d.n_in, self.lanes) * unit
            return d
        n_full = d.n_out // panel
        d.panels = w
        d.ldb = panel
        d.panel_stride = d.bias_stride = (d.n_in + 1) * panel
        d.bias = w + d.n_in * panel * unit
        d.tail = w + n_full * d.panel_stride * unit
        d.tail_bias = <const char *> d.tail + d.n_in * tail_width(d.n_out, self.lanes) * unit
        return d


cdef Py_ssize_t row_stride(Py_ssize_t n, Py_ssize_t lanes, bint f64) noexcept nogil:
    """Whole cache lines, and never a multiple of 4 KiB: rows that far apart would compete for the same cache sets."""
    cdef Py_ssize_t line = 8 if f64 else 16, ld = round_up(n, max(line, lanes))
    return ld + line if ld % (64 * line) == 0 else ld
