"""What Python holds of plasticity: the memory of what use has left, and which units stand at both ends of each layer."""

import numpy as np

from cpython.mem cimport PyMem_Calloc, PyMem_Free

from fastnn._kernels.layers.packing cimport pack_master_as, unpack_as
from fastnn._kernels.layers.plan cimport Plan
from fastnn._kernels.layers.tiles cimport round_up
from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.training.plastic cimport BY_ANCHOR, BY_GRADIENT, BY_INPUT
from fastnn._kernels.training.sweep cimport Side
from fastnn._kernels.training.usage cimport factors_as

from fastnn._kernels.native.buffers import aligned_zeros

KINDS = ("activity", "input", "gradient", "ewc")     # by their numbers, see plastic.pxd

cdef enum:
    SPARE = 64      # panels reach over the last unit


cdef class Myelin:
    """Plasticity of the weights of a network.

    Parameters
    ----------
    plan : Plan
    n_groups : int
        Of a batch's rows, as of the engine.
    kind : str
        One of KINDS.
    sides : list of (stage, units)
        Whose use is counted; stage -1 is the input.
    inputs, outputs : list of int
        Of each layer, the numbers of the sides that its weights join; -1: not counted.
    strength, decay, floor, loss : float
        Of thickness; of what use has left, from step to step; the least plasticity; what no use at all loses of a signal.
    """

    def __cinit__(self, Plan plan, int n_groups, str kind, sides, inputs, outputs, double strength, double decay,
                  double floor, double loss):
        cdef Py_ssize_t at = 0
        cdef int i
        self.plan, self.p.by = plan, KINDS.index(kind)
        self.p.strength, self.p.decay, self.p.least, self.p.loss = strength, decay, floor, loss
        self.p.n_sides = len(sides) if self.p.by <= BY_INPUT else 0
        self.p.sides = <Side *> PyMem_Calloc(max(len(sides), 1), sizeof(Side))
        if self.p.sides == NULL:
            raise MemoryError()
        for i in range(self.p.n_sides):
            self.p.sides[i].stage, self.p.sides[i].n = sides[i]
            self.p.sides[i].at = at
            at += round_up(self.p.sides[i].n, SPARE) + SPARE
        self.p.n_units = at
        dtype, format = plan.dtype.numpy, plan.dtype.format
        places = 2 * (plan.n_layers + plan.n_stages)
        doubles = [np.zeros(n) for n in (at, n_groups * at, 2 * plan.n_strips, places)]
        factors = [aligned_zeros(at, dtype) for _ in range(2)]
        ends = [np.array(which, np.int32) for which in (inputs, outputs if kind == "activity" else [-1] * len(inputs))]
        self.thickness = aligned_zeros(plan.n_master, dtype) if self.p.by >= BY_GRADIENT else None
        self.anchor = aligned_zeros(plan.n_master, dtype) if self.p.by == BY_ANCHOR else None
        self._keep = doubles, factors, ends
        self.p.use = <double *> address(doubles[0], "d", True)
        self.p.sums = <double *> address(doubles[1], "d", True)
        self.p.squares = <double *> address(doubles[2], "d", True)
        self.p.mean_square = <double *> address(doubles[3], "d", True)
        self.p.factor, self.p.past = address(factors[0], format, True), address(factors[1], format, True)
        self.p.inputs = <const int *> address(ends[0], "i", False)
        self.p.outputs = <const int *> address(ends[1], "i", False)
        self.p.thickness, self.p.anchor = address(self.thickness, format, True), address(self.anchor, format, True)

    def __dealloc__(self):
        PyMem_Free(self.p.sides)

    @property
    def steps(self):
        """The decaying number of steps."""
        return self.p.steps

    def use(self):
        """Of all sides, one after the other, the decaying sums of mean activity."""
        return np.concatenate([self._keep[0][0][self.p.sides[i].at:][:self.p.sides[i].n]
                               for i in range(self.p.n_sides)] or [np.empty(0)])

    def take(self, double steps, use):
        """Go on from what `steps` and `use` were."""
        cdef Py_ssize_t done = 0
        cdef int i
        for i in range(self.p.n_sides):
            self._keep[0][0][self.p.sides[i].at:][:self.p.sides[i].n] = use[done:done + self.p.sides[i].n]
            done += self.p.sides[i].n
        self.p.steps = steps
        factors_as(&self.p, self.plan.dtype.number)

    def vector(self, packed):
        """Thickness, importance or anchors in the order of the parameters."""
        vector = np.empty(self.plan.n_params, self.plan.dtype.numpy)
        unpack_as(self.plan, address(packed, self.plan.dtype.format, False),
                  address(vector, self.plan.dtype.format, True))
        return vector

    def take_vectors(self, thickness, anchor=None):
        """Go on from what `vector` has given."""
        pack_master_as(self.plan, address(thickness, self.plan.dtype.format, False), self.p.thickness)
        if anchor is not None:
            pack_master_as(self.plan, address(anchor, self.plan.dtype.format, False), self.p.anchor)
