"""Weights of dense layers in fewer bits, for scoring: bfloat16, half of them, and int8, a quarter; or float32 as slices,
integers of three bytes. And which products this machine has for them.
"""

from libc.stdint cimport int32_t

from fastnn._kernels.families.reduced cimport fastnn_reduced, fastnn_reduced_of
from fastnn._kernels.native.header_tiles cimport FASTNN_TILE_LINES
from fastnn._kernels.native.table cimport FLOAT32, isa_of

import numpy as np

from fastnn._kernels.layers.panels import panels_of, sliced, words_of
from fastnn._kernels.native import table
from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.buffers import aligned_zeros

cdef enum:
    FEW_WEIGHTS = 1024      # a layer of fewer is not worth laying tiles out


cdef const fastnn_products *const *kinds_of(str kind, str isa) except NULL:
    cdef const fastnn_reduced *k = fastnn_reduced_of(isa_of(isa))
    return k.bf16 if kind == "bfloat16" else k.int8 if kind == "int8" else k.slices


cdef str missing(const fastnn_products *by, str kind):
    cdef const char *found
    if (<bytes> by.name).decode() == "AMX":
        return table.no_amx("bfloat16" if kind == "bfloat16" else "int8")
    found = by.missing()
    return None if found == NULL else (<bytes> found).decode()


def products(str kind, str isa=None):
    """Products of "bfloat16", "int8" or "slices", best first: their names and why this machine has not got them, or None.

    The best is the first that is not missing; an emulated one is for those who ask for it by name.
    """
    cdef const fastnn_products *const *by = kinds_of(kind, isa)
    found = {}
    while by[0] != NULL:
        found[(<bytes> by[0].name).decode()] = missing(by[0], kind)
        by += 1
    return found


def best_products(str kind, str isa=None):
    """The name of the products that are used, None if there are none."""
    for name, reason in products(kind, isa).items():
        if reason is None and "emulated" not in name:
            return name
    return None


cdef class ReducedWeights:
    """One layer's weights as its products read them.

    Parameters
    ----------
    weight : ndarray (n_in, n_out)
        Of uint16, the upper halves of float32 numbers; of int8, codes from -127 to 127; or of float32, for slices, which not
        every matrix can be cut into (ValueError).
    bias : ndarray (n_out,) of float32, or None
    scale : ndarray (n_out,) of float32, or None
        What a code of the column stands for.
    isa : str or None
    kernel : str or None
        The name of the products; None is the best that this machine has.
    """

    def __cinit__(self, weight, bias=None, scale=None, str isa=None, str kernel=None):
        cdef Reduced *q = &self.layer
        kind = {"int8": "int8", "uint16": "bfloat16", "float32": "slices"}.get(weight.dtype.name)
        if kind is None:
            raise TypeError(f"reduced weights are uint16, int8 or float32, got {weight.dtype}")
        cdef const fastnn_reduced *k = fastnn_reduced_of(isa_of(isa))
        q.lanes, q.tile_rows = k.lanes, k.tile_rows
        q.n_in, q.n_out = weight.shape
        q.n_panels = (q.n_out + 2 * q.lanes - 1) // (2 * q.lanes)
        q.by = self._choose(kind, isa, kernel)
        q.words = words_of(q.n_in, q.by.unit, FASTNN_TILE_LINES if q.by.tiles != NULL else 1)
        q.slices = kind == "slices"
        if q.slices:
            panels, scale = self._slices(weight)
        else:
            panels = panels_of(weight, q.lanes, q.by.unit, q.words)
        if kind == "int8" and q.by.unit == 4:
            self.sums = self._columns(weight.sum(axis=0, dtype=np.int32), np.int32)
            q.columns.sums = <const int32_t *> address(self.sums, "i", False)
        if kind != "bfloat16":
            self.scale = self._columns(scale, np.float32)
            q.columns.scale = <const float *> address(self.scale, "f", False)
        self.bias = self._columns(np.zeros(q.n_out) if bias is None else bias, np.float32)
        q.columns.bias = <const float *> address(self.bias, "f", False)
        self.panels = aligned_zeros(panels.nbytes, np.uint8)
        self.panels[:] = panels.reshape(-1)
        q.panels, q.stride = <const char *> address(self.panels, "B", False), panels.nbytes // q.n_panels
        self.n_bytes = panels.nbytes

    cdef const fastnn_products *_choose(self, str kind, str isa, str kernel) except NULL:
        cdef const fastnn_products *const *by = kinds_of(kind, isa)
        while by[0] != NULL:
            name = (<bytes> by[0].name).decode()
            few = by[0].tiles != NULL and self.layer.n_in * self.layer.n_out < FEW_WEIGHTS
            if kernel == name if kernel is not None else not few and missing(by[0], kind) is None:
                if missing(by[0], kind) is None:
                    self.kernel = name
                    return by[0]
            by += 1
        raise ValueError(f"this machine has no products of {kind} called {kernel!r}")

    def _slices(self, weight):
        cdef Reduced *q = &self.layer
        found = sliced(weight)
        if found is None:
            raise ValueError("these weights cannot be cut into slices")
        digits, scale, factor, q.inputs.peak, q.inputs.count, q.columns.finest = found
        self.factor = aligned_zeros(q.n_in, np.float32)
        self.factor[:] = factor
        q.inputs.factor = <const float *> address(self.factor, "f", False)
        return np.concatenate([panels_of(d, q.lanes, 4, q.words) for d in reversed(digits)], axis=1), scale

    def _columns(self, values, dtype):
        """A number for each column, padded to whole panels."""
        padded = aligned_zeros(self.layer.n_panels * 2 * self.layer.lanes, dtype)
        padded[:self.layer.n_out] = values
        return padded

    @property
    def slices(self):
        """Whether some rows go by the layer's own weights."""
        return self.layer.slices

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
            if (held.layer.n_in != layers[l].n_in or held.layer.n_out != layers[l].n_out or layers[l].encoding != NULL
                    or held.layer.slices and layers[l].narrow):
                raise ValueError("reduced weights do not fit their stage")
            layers[l].reduced = &held.layer
    return 0
