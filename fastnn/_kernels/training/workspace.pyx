"""A network's packed state: weights, moments, gradient, and memory for what a block of rows computes."""

import numpy as np

from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.math cimport INFINITY, log

from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.packing cimport pack_as, pack_master_as, unpack_as
from fastnn._kernels.layers.plan cimport Plan
from fastnn._kernels.layers.renewed cimport renew_as
from fastnn._kernels.training.shares cimport LINE, bounds_of, start_shares
from fastnn._kernels.layers.shapes cimport shared_numbers
from fastnn._kernels.layers.shared cimport place_shared_as
from fastnn._kernels.layers.stage cimport Buffers, Stage
from fastnn._kernels.layers.tiles cimport row_stride
from fastnn._kernels.training.chunks cimport chunk_of, numbers_of_row
from fastnn._kernels.training.copies cimport place_copies
from fastnn._kernels.training.myelin cimport Myelin
from fastnn._kernels.training.operands cimport bind_layers
from fastnn._kernels.training.steps cimport place_steps
from fastnn._kernels.training.sums cimport SCRATCH_STRIPS
from fastnn._kernels.training.sweep cimport Copies
from fastnn._kernels.training.ties cimport sum_ties_as
from fastnn._kernels.training.tiled cimport place_taken
from fastnn._kernels.native.table cimport finite_as

from fastnn._kernels.native.buffers import Arena, aligned_zeros
from fastnn._kernels.training.groups import GROUP_BLOCK

cdef class Workspace:
    """What `Engine` runs on.

    Parameters
    ----------
    plan : Plan
    loss : int
        Number of the loss in the C table.
    output : int
        Number of the output activation, -1 for softmax.
    block_rows : int
        Most rows that go through the layers at a time in training.
    n_threads : int
    rule : int
        Number of the update rule, -1 for gradients only.
    n_moments : int
    whole_gradient : bool
        Keep the gradient of a whole batch: needed when a batch has more than block_rows rows, without a rule, to bound
        its norm, and for tied matrices.
    custom : list of CustomPair
        The activations that are Python functions; `activation` of a stage is the number in this list.
    input_gradient : bool
        Keep the gradient by the input as well.
    n_groups : int
        Groups of rows that a batch is cut into, see `groups.number_of_groups`.
    """

    def __cinit__(self, Plan plan, int loss, int output, Py_ssize_t block_rows, int n_threads, int rule=-1,
                  int n_moments=0, bint whole_gradient=True, custom=(), bint input_gradient=False, int n_groups=1):
        cdef int n = plan.n_layers, i
        self.plan, self.n_threads, self.output = plan, n_threads, output
        self._dtype, self._format = plan.dtype.numpy, plan.dtype.format
        self.packed = aligned_zeros(plan.n_packed, self._dtype)
        self.moments = [aligned_zeros(plan.n_master, self._dtype) for _ in range(n_moments)]
        self.gradient = aligned_zeros(plan.n_master, self._dtype) if whole_gradient else None
        self.s.dense = <Dense *> PyMem_Calloc(2 * n, sizeof(Dense))
        self.s.buffers = <Buffers *> PyMem_Calloc(plan.n_stages, sizeof(Buffers))
        self.s.custom = <void **> PyMem_Calloc(max(len(custom), 1), sizeof(void *))
        self.s.copies = <Copies *> PyMem_Calloc(n, sizeof(Copies))
        if self.s.dense == NULL or self.s.buffers == NULL or self.s.custom == NULL or self.s.copies == NULL:
            raise MemoryError()
        self._custom = list(custom)
        for i, pair in enumerate(self._custom):
            self.s.custom[i] = <void *> pair
        self.s.packed = address(self.packed, self._format, True)
        self.s.m = address(self.moments[0], self._format, True) if n_moments > 0 else NULL
        self.s.v = address(self.moments[1], self._format, True) if n_moments > 1 else NULL
        self.s.u = address(self.moments[2], self._format, True) if n_moments > 2 else NULL
        self.s.gradient = address(self.gradient, self._format, True)
        self.s.k, self.s.n_stages, self.s.stages, self.s.n_groups = plan.k, plan.n_stages, plan.stages, n_groups
        self.s.n_dense, self.s.layers, self.s.n_in = n, plan.layers, plan.n_in
        self.s.n_strips, self.s.strips, self.s.n_master = plan.n_strips, plan.strips, plan.n_master
        self.s.loss, self.s.rule, self.s.block_rows, self.s.tied = loss, rule, block_rows, plan.n_tied > 0
        bind_layers(&self.s, plan)
        self.configure()
        self._rows = block_rows if n_groups == 1 else max(block_rows, n_threads * GROUP_BLOCK)
        self._workspace(self._rows, input_gradient)

    def __dealloc__(self):
        PyMem_Free(self.s.dense)
        PyMem_Free(self.s.buffers)
        PyMem_Free(self.s.custom)
        PyMem_Free(self.s.copies)

    def configure(self, *, double l2=0, double l1=0, double clip_value=INFINITY, double clip_norm=INFINITY,
                  double max_norm=INFINITY, average=None, double average_decay=0, unsigned long long seed=0,
                  double epsilon=0, bint training=True, bint track=False, Myelin plasticity=None, free=None):
        """What a run does beside the plain step: see Sweep. average, free: vectors in packed order, of n_master elements.
        epsilon: how far from 0 and 1 a reported log loss takes a probability to be."""
        self._myelin, self.s.plasticity = plasticity, NULL if plasticity is None else &plasticity.p
        self.s.l2, self.s.l1, self.s.clip_value, self.s.clip_norm = l2, l1, clip_value, clip_norm
        self.s.max_norm, self.s.seed, self.s.training, self.s.track = max_norm, seed, training, track
        self.s.loss_low, self.s.loss_high = epsilon, -log(epsilon) if epsilon else INFINITY
        self._average, self._free, self.s.average_decay = average, free, average_decay
        self.s.average, self.s.free = address(average, self._format, True), address(free, self._format, False)

    def _workspace(self, Py_ssize_t rows, bint input_gradient):
        cdef const Stage *stage
        cdef Buffers *at
        cdef int t
        cdef object keep = [], arena = Arena(rows * numbers_of_row(&self.s) * self.plan.dtype.itemsize)

        def reserve(n, dtype=self._dtype):
            keep.append(arena.zeros(n, dtype))
            return keep[len(keep) - 1]

        self.s.ldx = row_stride(self.plan.n_in, self.plan.lanes, self.plan.dtype.itemsize)
        for t in range(self.s.n_stages):
            stage, at = &self.plan.stages[t], &self.s.buffers[t]
            size = rows * stage.ld
            at.h = at.z = address(reserve(size), self._format, True)
            at.d = at.apart = address(reserve(size), self._format, True)
            if stage.traits.keeps or stage.traits.matrix and self.s.dense[stage.layer].needs_z:
                at.z = address(reserve(size), self._format, True)
            size = shared_numbers(stage, stage.places)
            if size:
                place_shared_as(stage, at, address(reserve(rows * size), self._format, True), rows, stage.places,
                                self.plan.dtype.number)
            size = max(rows * stage.traits.row_values, stage.ld * stage.traits.column_values)
            if size:
                at.spread = address(reserve(size), self._format, True)
        for t in range(self.s.n_stages):    # who changes a gradient in place does so in the memory of its source
            stage = &self.plan.stages[self.s.n_stages - 1 - t]
            if stage.in_place:
                at = &self.s.buffers[stage.source]
                at.d = at.apart = self.s.buffers[self.s.n_stages - 1 - t].d
        keep += place_taken(&self.s, self.plan, False, rows), place_copies(&self.s, False, rows, self._dtype, self._format)
        self.s.dx = address(reserve(rows * self.s.ldx), self._format, True) if input_gradient else NULL
        self.s.row_loss = <double *> address(reserve(rows, np.float64), "d", True)
        self.s.group_loss = <double *> address(reserve(self.s.n_groups, np.float64), "d", True)
        if self.s.n_groups > 1:
            self.s.group_gradients = address(reserve(self.s.n_groups * self.s.n_master), self._format, True)
        self.s.penalty = <double *> address(reserve(self.plan.n_strips, np.float64), "d", True)
        self.s.norms = <double *> address(reserve(self.plan.n_strips, np.float64), "d", True)
        self.s.waits_in_rows = any(self.plan.stages[t].traits.over_batch for t in range(self.s.n_stages))
        self.s.shares.most, self.s.shares.team, self.s.chunk_rows = self.n_threads, 0, chunk_of(&self.s)
        self.s.shares.rows.bounds = <double *> address(reserve(2 * (self.n_threads + 1), np.float64), "d", True)
        self.s.shares.rows.cost = <double *> address(reserve(self.n_threads * LINE, np.float64), "d", True)
        self.s.shares.strips.bounds = <double *> address(reserve(2 * (self.n_threads + 1), np.float64), "d", True)
        self.s.shares.strips.cost = <double *> address(reserve(self.n_threads * LINE, np.float64), "d", True)
        self.s.scratch_size = (self.plan.strip_size + 31) // 16 * 16
        self.s.scratch = address(reserve(self.n_threads * SCRATCH_STRIPS * self.s.scratch_size), self._format, True)
        self._keep = keep

    cdef void _place_gradients(self, bint over_outputs) noexcept:
        """Let the gradients by the outputs of gates lie over these, or apart from them."""
        cdef Buffers *at
        cdef int t
        for t in range(self.s.n_stages):
            at = &self.s.buffers[t]
            at.d = at.h if over_outputs and self.plan.stages[t].gates else at.apart

    def share_out(self, shares):
        """Begin with these shares of rows and strips, one a thread, instead of equal ones; they add up to 1."""
        cdef int t
        self.s.shares.team = 0
        start_shares(&self.s.shares, len(shares))
        for t, bound in enumerate(np.cumsum(shares[:len(shares) - 1])):
            self.s.shares.rows.bounds[t + 1] = self.s.shares.strips.bounds[t + 1] = bound

    def hold_shares(self, bint held=True):
        """Keep the shares as they are from the next run on, or let them follow the speed of the cores again."""
        self._shares_held = held

    def shares(self):
        """Of the rows and of the strips, what each thread of the last team has."""
        cdef int team = self.s.shares.team
        cdef double *rows = <double *> bounds_of(&self.s.shares, &self.s.shares.rows)
        cdef double *strips = <double *> bounds_of(&self.s.shares, &self.s.shares.strips)
        return np.diff(np.asarray(<double[:team + 1]> rows)), np.diff(np.asarray(<double[:team + 1]> strips))

    def statistics(self):
        """Views of the packed weights: the mean and variance of each stage with running ones, in order."""
        cdef const Stage *stage
        cdef int t
        found = []
        for t in range(self.s.n_stages):
            stage = &self.plan.stages[t]
            if stage.traits.running:
                found.append((self.packed[stage.mean:stage.mean + stage.units],
                              self.packed[stage.variance:stage.variance + stage.units]))
        return found

    def all_finite(self):
        """Whether every weight is a finite number."""
        return finite_as(self.plan.k, self.s.packed, self.plan.n_master, self.plan.dtype.number)

    def load(self, params):
        """Packed weights from the parameter vector."""
        pack_as(self.plan, address(params, self._format, False), self.s.packed)

    def put(self, packed):
        """Take a packed vector, or the beginning of one, and renew what products read beside the weights."""
        self.packed[:len(packed)] = packed
        renew_as(self.plan, self.s.packed)

    def set_loss(self, parameter, Py_ssize_t steps):
        """The loss's parameter of each output, (n_out,), or None; of how many steps a row has losses, 0: it has one."""
        self._parameter = parameter, place_steps(&self.s, steps, self.n_threads, self._dtype, self._format)
        self.s.data.parameter = address(parameter, self._format, False)

    def release(self):
        """Let go of the weights; the engine is spent, but for its moments."""
        self.packed, self._spent = None, True

    def pack(self, vector, packed):
        pack_master_as(self.plan, address(vector, self._format, False), address(packed, self._format, True))

    def store(self, packed, vector):
        """A vector in the order of the parameters from one in packed order: weights, a moment or the gradient."""
        cdef const void *p = address(packed, self._format, False)
        cdef void *to = address(vector, self._format, True)
        unpack_as(self.plan, p, to)

    def _take_targets(self, y, bint own):
        """Targets: an array or, of their own rows, the sparse rows, of which a block at a time is made dense."""
        if own and self._targets_keep is None:
            self._targets_keep = (aligned_zeros(self._rows * self.s.ldx, self._dtype),
                                  np.empty(self._rows, self._dtype), np.arange(self._rows, dtype=np.intp))
        rows, weight, order = self._targets_keep if own else (None, None, None)
        self.s.targets.y, self.s.targets.ld = address(rows, self._format, True), self.s.ldx
        self.s.targets.weight = address(weight, self._format, True)
        self.s.targets.order = <const Py_ssize_t *> address(order, "n", False)
        self.s.data.y = NULL if own else address(y, self._format, False)
        self.s.data.ldy = 0 if y is None or own else y.shape[1]

    def store_gradient(self, vector):
        """The gradient in the order of the parameters, of a tied matrix of both uses: once after the runs that make it."""
        sum_ties_as(&self.s, self.plan.dtype.number)
        self.store(self.gradient, vector)

    def _raise_custom(self):
        """Raise what a Python activation has raised."""
        for pair in self._custom:
            if pair.error is not None:
                error, pair.error = pair.error, None
                raise error
