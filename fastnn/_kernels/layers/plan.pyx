"""Where everything lies: the layout of a network's weights, in the user's order and in the kernels'.

The user's order, the parameter vector, is coefs then intercepts, row-major. The packed order is what the kernels stream:
panels as wide as a register tile. The first `n_master` elements of a packed vector are the weights themselves (the
optimizer's moments have the same layout); behind them lie transposed copies for the backward pass.
Padding is zero and stays zero: its gradient is zero.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free

from fastnn._kernels.families.reduced cimport fastnn_reduced_of
from fastnn._kernels.layers.binding cimport bound
from fastnn._kernels.layers.cuts cimport gain_strips, layer_strips, rows_of_strips
from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.encoded cimport Encoded, table_size
from fastnn._kernels.layers.halves cimport all_words
from fastnn._kernels.layers.kinds cimport traits_of
from fastnn._kernels.layers.shapes cimport check_tie, shape_shared
from fastnn._kernels.layers.stage cimport Stage
from fastnn._kernels.layers.windows cimport Windowed
from fastnn._kernels.layers.tiles cimport round_up, row_stride
from fastnn._kernels.native.dtypes cimport dtype_of
from fastnn._kernels.native.formulas cimport FASTNN_relu
from fastnn._kernels.native.table cimport activation_needs_z, isa_of, kernels_of, lanes_as, tiles_called
from fastnn._kernels.layers.kinds import TRAITS, number_of
from fastnn._kernels.layers.specs import learning, matrix_shape, sources
from fastnn._kernels.native.table import isa as chosen_isa

cdef enum:
    ALIGN = 16      # elements: 64 bytes of float32, so that every block starts on a cache line


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
    rounded : bool
        Whether dense layers are to multiply numbers of bfloat16 in training; for float32.
    tiles : str or None
        By the products of tiles of that name, but for narrow layers; for vectors of eight numbers or more.
    """

    def __cinit__(self, Py_ssize_t n_in, stages, dtype, str isa=None, bint input_gradient=False, bint rounded=False,
                  str tiles=None):
        self.k, self.rounding = kernels_of(isa), fastnn_reduced_of(isa_of(isa)) if rounded else NULL
        self.tiles = tiles_called(tiles) if tiles is not None else NULL
        self.isa, self.dtype, self.n_in = isa or chosen_isa(), dtype_of(dtype), n_in
        self.lanes = lanes_as(self.k, self.dtype.number)
        self.n_stages, self.n_layers = len(stages), sum(TRAITS[spec.kind].matrix for spec in stages)
        self.stages = <Stage *> PyMem_Calloc(self.n_stages, sizeof(Stage))
        self.layers = <Layer *> PyMem_Calloc(self.n_layers, sizeof(Layer))
        if self.layers == NULL or self.stages == NULL:
            raise MemoryError()
        self._take_encodings(stages)
        self.windows = {t: Windowed(spec.window, spec.n_units) for t, spec in enumerate(stages) if spec.window}
        self._shapes(stages)
        self._gradient_flow(stages, input_gradient)
        self._parameter_offsets()
        self._packed_offsets(input_gradient)
        self._cut_strips()

    def __dealloc__(self):
        PyMem_Free(self.stages)
        PyMem_Free(self.layers)
        PyMem_Free(self.strips)

    def _take_encodings(self, specs):
        """Of the stages that encode; only a matrix can take what is never written down."""
        self.encoded = {t: Encoded(spec.columns, self.dtype.numpy) for t, spec in enumerate(specs)
                        if TRAITS[spec.kind].encodes}
        for spec in specs:
            if self.encoded.keys() & set(sources(spec)) and not TRAITS[spec.kind].matrix:
                raise ValueError(f"encoded columns are for a dense stage behind them, not for one of kind {spec.kind!r}")

    def _shapes(self, specs):
        cdef Stage *stage
        cdef Layer *layer
        cdef Dense *d
        cdef Py_ssize_t width
        cdef int l = 0
        self.chain = self.n_layers == self.n_stages
        for t, spec in enumerate(specs):
            stage = &self.stages[t]
            stage.kind = number_of(spec.kind)
            stage.traits = traits_of(stage.kind)
            stage.source, stage.other, stage.n, width = spec.source, spec.other, spec.n, spec.n
            stage.activation, stage.value, stage.momentum = spec.activation, spec.value, spec.momentum
            stage.places, stage.lengths, stage.units, stage.width = spec.places, -1, spec.n_units, spec.width
            stage.window = &(<Windowed> self.windows[t]).window if t in self.windows else NULL
            if t in self.encoded:
                stage.encoding = &(<Encoded> self.encoded[t]).encoding
                width = 2 * stage.encoding.n        # a code is as wide as two numbers
            stage.ld = row_stride(width, self.lanes, self.dtype.itemsize)
            stage.once = not stage.traits.shares and stage.window == NULL
            self.chain = self.chain and stage.source == t - 1 and stage.once
            self.wants_rows |= -1 in sources(spec) and not stage.traits.reads_sparse
            if not stage.traits.matrix:
                continue
            stage.layer, layer = l, &self.layers[l]
            layer.stage, layer.bias, layer.tied = t, spec.bias, -1
            d = &layer.dense
            d.n_in = spec.n_inputs(self.stages[stage.source].n if stage.source >= 0 else self.n_in)
            d.n_out, d.ld, d.activation = stage.units, stage.ld, stage.activation
            d.needs_z = activation_needs_z(d.activation)
            d.encoding = self.stages[stage.source].encoding if stage.source >= 0 else NULL
            layer.columns = layer.block = d.n_out
            if stage.traits.shares:
                shape_shared(stage, layer, spec, matrix_shape(spec, d.n_in), self.n_in, self.lanes, self.dtype.itemsize)
            layer.padded = round_up(layer.block, self.lanes)
            d.narrow = 2 * d.n_out <= self.lanes and d.encoding == NULL and stage.once
            layer.tiled = self.tiles != NULL and stage.once and d.encoding == NULL and not d.narrow
            layer.strip_rows = rows_of_strips(d.n_in, self.lanes)
            self.row_work += <double> d.n_in * layer.columns * stage.places
            if spec.tied >= 0:
                self._tie(l, self.stages[spec.tied].layer)
            l += 1

    def _tie(self, int number, int other):
        """Let a layer have the matrix of another one, transposed."""
        taken = other in [self.layers[i].tied for i in range(number)] or self.layers[other].tied >= 0
        check_tie(&self.layers[number].dense, &self.layers[other].dense, taken)
        self.layers[number].tied, self.n_tied = other, self.n_tied + 1

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
                shared = stage.traits.shares or before.traits.shares
                shared |= self.layers[stage.layer].tiled
                before.gates = before.traits.matrix and before.activation == FASTNN_relu and not shared

    def _parameter_offsets(self):
        cdef Layer *layer
        cdef Py_ssize_t at = 0
        for i in range(self.n_layers):
            layer = &self.layers[i]
            layer.coef = at if layer.tied < 0 else self.layers[layer.tied].coef
            at += layer.dense.n_in * layer.columns if layer.tied < 0 else 0
        for i in range(self.n_layers):
            self.layers[i].intercept = at
            at += self.layers[i].columns if self.layers[i].bias else 0
        for t in self._scaled():
            self.stages[t].scale = at
            at += self.stages[t].units * (2 - self.stages[t].traits.unshifted)
        self.n_params = at

    def _scaled(self):
        return [t for t in range(self.n_stages) if self.stages[t].traits.scales]

    def shapes(self):
        """Shapes of the blocks of the parameter vector: of coefs, of intercepts, of each gain and its shift."""
        coefs = [(self.layers[i].dense.n_in, self.layers[i].columns) for i in range(self.n_layers)]
        intercepts = [(self.layers[i].columns if self.layers[i].bias else 0,) for i in range(self.n_layers)]
        return coefs, intercepts, [(self.stages[t].units * there,) for t in self._scaled()
                                   for there in (1, not self.stages[t].traits.unshifted)]

    def ties(self):
        """Of each layer, the one whose matrix it has, transposed, or -1."""
        return [self.layers[i].tied for i in range(self.n_layers)]

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
            layer.size = at - layer.w
        for t in self._scaled():
            stage, width = &self.stages[t], round_up(self.stages[t].units, ALIGN)
            stage.gain, stage.shift = at, at + width
            at += width * (2 - stage.traits.unshifted)
        self.n_master = at
        for i in range(self.n_layers):
            layer = &self.layers[i]
            layer.table = layer.rounded = -1
            if self.rounding != NULL and self.stages[layer.stage].once and layer.dense.encoding == NULL:
                layer.rounded = at
                at += all_words(layer.dense.n_in, layer.dense.n_out) if layer.tiled else layer.size
            if layer.dense.encoding != NULL:
                layer.wt, layer.table = -1, at
                at = round_up(at + table_size(layer.dense.encoding, round_up(layer.dense.n_out, self.lanes)), ALIGN)
            elif not layer.dense.narrow:
                layer.wt = -1
                t = self.stages[layer.stage].source
                recurs = self.stages[layer.stage].traits.recurs
                if recurs or (self.stages[t].wanted if t >= 0 else input_gradient):
                    layer.wt, width = at, layer.dense.n_out * round_up(layer.dense.n_in, self.lanes)
                    at += all_words(layer.dense.n_out, layer.dense.n_in) if layer.tiled else round_up(width, ALIGN)
        self.statistics = at
        for t in range(self.n_stages):
            if self.stages[t].traits.running:
                stage, width = &self.stages[t], round_up(self.stages[t].units, ALIGN)
                stage.mean, stage.variance = at, at + width
                at += 2 * width
        self.n_packed = at

    def _cut_strips(self):
        pieces = []
        for i in range(self.n_layers):
            encoded = self.encoded.get(self.stages[self.layers[i].stage].source)
            pieces += layer_strips(i, &self.layers[i], self.lanes, encoded)
        for t in self._scaled():
            pieces += gain_strips(t, &self.stages[t], self.lanes)
        self.n_strips = len(pieces)
        self.strips = <Strip *> PyMem_Calloc(self.n_strips, sizeof(Strip))
        if self.strips == NULL:
            raise MemoryError()
        for i, piece in enumerate(pieces):
            self.strips[i] = piece
            self.strips[i].row_cost *= self.stages[self.strips[i].stage].places
            self.strip_size = max(self.strip_size, self.strips[i].size + self.strips[i].bias_width)

    cdef Dense bind(self, int i, const void *packed, bint rounded=False):
        """The layer's shapes with pointers into a packed vector, see `bound`."""
        return bound(&self.layers[i], self.lanes, self.dtype.itemsize, <const char *> packed, rounded, self.tiles)
