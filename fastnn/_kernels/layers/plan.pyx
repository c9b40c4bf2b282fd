"""Where everything lies: the layout of a network's weights, in the user's order and in the kernels'.

The user's order, the parameter vector, is coefs then intercepts, row-major. The packed order is what the kernels stream:
panels as wide as a register tile. The first `n_master` elements of a packed vector are the weights themselves (the
optimizer's moments have the same layout); behind them lie transposed copies for the backward pass.
Padding is zero and stays zero: its gradient is zero.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free

from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.kinds cimport traits_of
from fastnn._kernels.layers.stage cimport Stage
from fastnn._kernels.layers.tiles cimport panel_width, round_up, row_stride, tail_width
from fastnn._kernels.native.dtypes cimport dtype_of
from fastnn._kernels.native.formulas cimport FASTNN_relu
from fastnn._kernels.native.table cimport activation_needs_z, kernels_of, lanes_as
from fastnn._kernels.layers.kinds import TRAITS, number_of
from fastnn._kernels.layers.specs import learning, sources
from fastnn._kernels.native.table import isa as chosen_isa

cdef enum:
    ALIGN = 16      # elements: 64 bytes of float32, so that every block starts on a cache line
    STRIP = 40      # inputs in a strip, about: its gradient and weights stay in the first-level cache
    GAIN_STRIP = 64     # gains in a strip


cdef class Plan:
    """Layout of a network.

    Parameters
    ----------
    n_in : int
    stages : list of StageSpec
        In the order of the forward pass; the last one is dense.
    dtype : dtype
        float32 or float64.
    isa : str or None
        None: the one in use.
    input_gradient : bool
        Whether stages that take the input need transposed weights too.
    """

    def __cinit__(self, Py_ssize_t n_in, stages, dtype, str isa=None, bint input_gradient=False):
        self.k = kernels_of(isa)
        self.isa, self.dtype, self.n_in = isa or chosen_isa(), dtype_of(dtype), n_in
        self.lanes = lanes_as(self.k, self.dtype.number)
        self.n_stages, self.n_layers = len(stages), sum(TRAITS[spec.kind].matrix for spec in stages)
        self.stages = <Stage *> PyMem_Calloc(self.n_stages, sizeof(Stage))
        self.layers = <Layer *> PyMem_Calloc(self.n_layers, sizeof(Layer))
        if self.layers == NULL or self.stages == NULL:
            raise MemoryError()
        self._shapes(stages)
        self._gradient_flow(stages, input_gradient)
        self._parameter_offsets()
        self._packed_offsets(input_gradient)
        self._cut_strips()

    def __dealloc__(self):
        PyMem_Free(self.stages)
        PyMem_Free(self.layers)
        PyMem_Free(self.strips)

    def _shapes(self, specs):
        cdef Stage *stage
        cdef Layer *layer
        cdef Dense *d
        cdef Py_ssize_t blocks
        cdef int l = 0
        self.chain = self.n_layers == self.n_stages
        for t, spec in enumerate(specs):
            stage = &self.stages[t]
            stage.kind = number_of(spec.kind)
            stage.traits = traits_of(stage.kind)
            stage.source, stage.other, stage.n = spec.source, spec.other, spec.n
            stage.activation, stage.value, stage.momentum = spec.activation, spec.value, spec.momentum
            stage.ld = row_stride(stage.n, self.lanes, self.dtype.itemsize)
            self.chain = self.chain and stage.source == t - 1
            self.wants_rows |= -1 in sources(spec) and not stage.traits.reads_sparse
            if not stage.traits.matrix:
                continue
            stage.layer, layer = l, &self.layers[l]
            layer.stage, layer.bias = t, spec.bias
            d = &layer.dense
            d.n_in = self.stages[stage.source].n if stage.source >= 0 else self.n_in
            d.n_out, d.ld, d.activation = stage.n, stage.ld, stage.activation
            d.needs_z = activation_needs_z(d.activation)
            d.narrow = 2 * d.n_out <= self.lanes
            blocks = max(1, (d.n_in + STRIP // 2) // STRIP)
            layer.strip_rows = round_up((d.n_in + blocks - 1) // blocks, self.lanes)
            l += 1

    def _gradient_flow(self, specs, bint input_gradient):
        """Who writes a stage's gradient first, in the backward order, and who adds to it."""
        cdef Stage *stage
        cdef Stage *before
        consumers = [source for spec in specs for source in sources(spec)]
        written, wanted = set(), learning(specs, input_gradient)
        for t in reversed(range(self.n_stages)):
            stage = &self.stages[t]
            stage.wanted, stage.add_source = t in wanted, stage.source in written
            written.add(stage.source)
            if stage.traits.n_sources == 2:
                stage.add_other = stage.other in written
                written.add(stage.other)
            alone = stage.source >= 0 and consumers.count(stage.source) == 1
            stage.in_place = alone and stage.traits.in_place
            if alone and stage.traits.matrix:
                before = &self.stages[stage.source]
                before.gates = before.traits.matrix and before.activation == FASTNN_relu

    def _parameter_offsets(self):
        cdef Layer *layer
        cdef Py_ssize_t at = 0
        for i in range(self.n_layers):
            layer = &self.layers[i]
            layer.coef = at
            at += layer.dense.n_in * layer.dense.n_out
        for i in range(self.n_layers):
            self.layers[i].intercept = at
            at += self.layers[i].dense.n_out if self.layers[i].bias else 0
        for t in self._scaled():
            self.stages[t].scale = at
            at += 2 * self.stages[t].n
        self.n_params = at

    def _scaled(self):
        return [t for t in range(self.n_stages) if self.stages[t].traits.scales]

    def shapes(self):
        """Shapes of the blocks of the parameter vector: of coefs, of intercepts, of each norm's gain and shift."""
        coefs = [(self.layers[i].dense.n_in, self.layers[i].dense.n_out) for i in range(self.n_layers)]
        intercepts = [(self.layers[i].dense.n_out if self.layers[i].bias else 0,) for i in range(self.n_layers)]
        return coefs, intercepts, [(self.stages[t].n,) for t in self._scaled() for _ in range(2)]

    def _packed_offsets(self, bint input_gradient):
        cdef Layer *layer
        cdef Stage *stage
        cdef Py_ssize_t at = 0, width
        for i in range(self.n_layers):
            layer = &self.layers[i]
            layer.w = at
            if layer.dense.narrow:
                layer.wt = at
                at += layer.dense.n_out * round_up(layer.dense.n_in, self.lanes) + self.lanes
            else:
                at += (layer.dense.n_in + 1) * round_up(layer.dense.n_out, self.lanes)
            at = round_up(at, ALIGN)
        for t in self._scaled():
            stage, width = &self.stages[t], round_up(self.stages[t].n, ALIGN)
            stage.gain, stage.shift = at, at + width
            at += 2 * width
        self.n_master = at
        for i in range(self.n_layers):
            layer = &self.layers[i]
            if not layer.dense.narrow:
                layer.wt = -1
                t = self.stages[layer.stage].source
                if self.stages[t].wanted if t >= 0 else input_gradient:
                    layer.wt = at
                    at = round_up(at + layer.dense.n_out * round_up(layer.dense.n_in, self.lanes), ALIGN)
        self.statistics = at
        for t in range(self.n_stages):
            if self.stages[t].traits.running:
                stage, width = &self.stages[t], round_up(self.stages[t].n, ALIGN)
                stage.mean, stage.variance = at, at + width
                at += 2 * width
        self.n_packed = at

    def _cut_strips(self):
        pieces = []
        for i in range(self.n_layers):
            pieces += self._narrow_strips(i) if self.layers[i].dense.narrow else self._wide_strips(i)
        pieces += [piece for t in self._scaled() for piece in self._gain_strips(t)]
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
            s.stage, s.layer, s.column = layer.stage, i, column
            s.width = panel_width(layer.dense.n_out - column, self.lanes)
            base = layer.w + (layer.dense.n_in + 1) * column
            for first in range(0, layer.dense.n_in, layer.strip_rows):
                s.first = first
                s.count = min(layer.strip_rows, layer.dense.n_in - first)
                s.offset = base + first * s.width
                s.size = s.count * s.width
                s.bias = base + layer.dense.n_in * s.width
                s.bias_width = s.width if layer.bias and first + s.count == layer.dense.n_in else 0
                s.cost = <double> (s.size + s.bias_width)
                pieces.append(s)
        return pieces

    def _narrow_strips(self, int i):
        cdef Layer *layer = &self.layers[i]
        cdef Strip s
        cdef Py_ssize_t n_out = layer.dense.n_out, step = round_up(4 * STRIP, 2 * self.lanes)
        pieces = []
        for first in range(0, layer.dense.n_in, step):
            s.stage, s.layer, s.first, s.column, s.width = layer.stage, i, first, 0, 0
            s.count = min(step, layer.dense.n_in - first)
            s.offset = layer.w + first * n_out
            s.size = n_out * round_up(s.count, self.lanes)
            s.bias = layer.w + n_out * round_up(layer.dense.n_in, self.lanes)
            s.bias_width = self.lanes if layer.bias and first + s.count == layer.dense.n_in else 0
            s.cost = <double> (s.size + s.bias_width)
            pieces.append(s)
        return pieces

    def _gain_strips(self, int t):
        cdef Stage *stage = &self.stages[t]
        cdef Strip s
        pieces = []
        for column in range(0, stage.n, GAIN_STRIP):
            s.stage, s.layer, s.first, s.count, s.column = t, -1, 0, 0, column
            s.width = s.size = s.bias_width = min(GAIN_STRIP, round_up(stage.n - column, self.lanes))
            s.offset, s.bias = stage.gain + column, stage.shift + column
            s.cost = 2.0 * s.size
            pieces.append(s)
        return pieces

    cdef Dense bind(self, int i, const void *packed):
        """The layer's shapes with pointers into a packed vector."""
        cdef Layer *layer = &self.layers[i]
        cdef Dense d = layer.dense
        cdef Py_ssize_t unit = self.dtype.itemsize, panel = 2 * self.lanes, n_full
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
