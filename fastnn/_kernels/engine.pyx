"""What network.py calls: an Engine holds the packed state and the workspace of one network and runs the epoch on it.

Arguments have been checked in Python; here they become pointers.
"""

import numpy as np

from cpython.mem cimport PyMem_Calloc, PyMem_Free

from fastnn._kernels.buffers cimport address
from fastnn._kernels.dense cimport Dense
from fastnn._kernels.epoch cimport Sweep, sweep_threads
from fastnn._kernels.packing cimport pack, pack_master, unpack
from fastnn._kernels.plan cimport Plan, row_stride
from fastnn._kernels.score cimport PROBABILITY, RAW, Input, Mode, Model, score_threads, scratch_size
from fastnn._kernels.sparse cimport SparseRows


def aligned_zeros(n, dtype):
    """1-D array of zeros that starts on a cache line, with a spare line behind it."""
    dtype = np.dtype(dtype)
    raw = np.zeros(n * dtype.itemsize + 128, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start:start + n * dtype.itemsize].view(dtype)


cdef class Engine:
    """Packed weights, moments and workspace of one network.

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
        Keep the gradient of a whole batch: needed when a batch has more than block_rows rows, or without a rule.
    """

    cdef readonly Plan plan
    cdef Sweep s
    cdef readonly int n_threads
    cdef readonly object packed, moments, gradient
    cdef object _keep, _dense_keep, _sparse_keep
    cdef str _format
    cdef object _dtype
    cdef int output
    cdef bint _spent

    def __cinit__(self, Plan plan, int loss, int output, Py_ssize_t block_rows, int n_threads, int rule=-1,
                  int n_moments=0, bint whole_gradient=True):
        cdef int n = plan.n_layers, i
        self.plan, self.n_threads, self.output = plan, n_threads, output
        self._dtype = np.float64 if plan.f64 else np.float32
        self._format = "d" if plan.f64 else "f"
        self.packed = aligned_zeros(plan.n_packed, self._dtype)
        self.moments = [aligned_zeros(plan.n_master, self._dtype) for _ in range(n_moments)]
        self.gradient = aligned_zeros(plan.n_master, self._dtype) if whole_gradient else None
        self.s.dense = <Dense *> PyMem_Calloc(n, sizeof(Dense))
        self.s.z = <void **> PyMem_Calloc(3 * n, sizeof(void *))
        if self.s.dense == NULL or self.s.z == NULL:
            raise MemoryError()
        self.s.h, self.s.d = self.s.z + n, self.s.z + 2 * n
        self.s.packed = address(self.packed, self._format, True)
        self.s.m = address(self.moments[0], self._format, True) if n_moments > 0 else NULL
        self.s.v = address(self.moments[1], self._format, True) if n_moments > 1 else NULL
        self.s.u = address(self.moments[2], self._format, True) if n_moments > 2 else NULL
        self.s.gradient = address(self.gradient, self._format, True)
        self.s.k, self.s.n_layers, self.s.layers = plan.k, n, plan.layers
        self.s.n_strips, self.s.strips = plan.n_strips, plan.strips
        self.s.loss, self.s.rule, self.s.block_rows = loss, rule, block_rows
        for i in range(n):
            self.s.dense[i] = plan.bind(i, self.s.packed)
        self._workspace(block_rows)

    def __dealloc__(self):
        PyMem_Free(self.s.dense)
        PyMem_Free(self.s.z)

    def _workspace(self, Py_ssize_t rows):
        cdef Dense *layer
        cdef int i
        cdef object keep = []

        def reserve(n, dtype=self._dtype):
            array = aligned_zeros(n, dtype)
            keep.append(array)
            return array

        self.s.ldx = row_stride(self.s.dense[0].n_in, self.plan.lanes, self.plan.f64)
        for i in range(self.s.n_layers):
            layer = &self.s.dense[i]
            self.s.h[i] = address(reserve(rows * layer.ld), self._format, True)
            self.s.d[i] = address(reserve(rows * layer.ld), self._format, True)
            self.s.z[i] = address(reserve(rows * layer.ld), self._format, True) if layer.needs_z else self.s.h[i]
        self.s.row_loss = <double *> address(reserve(rows, np.float64), "d", True)
        self.s.squares = <double *> address(reserve(self.plan.n_strips, np.float64), "d", True)
        self.s.scratch_size = (self.plan.strip_size + 31) // 16 * 16
        self.s.scratch = address(reserve(self.n_threads * self.s.scratch_size), self._format, True)
        self._keep = keep

    def load(self, params):
        """Packed weights from the parameter vector."""
        cdef const void *p = address(params, self._format, False)
        if self.plan.f64:
            pack(self.plan, <const double *> p, <double *> self.s.packed)
        else:
            pack(self.plan, <const float *> p, <float *> self.s.packed)

    def release(self):
        """Give back the weights and the moments, which the caller then holds alone; the engine is spent."""
        packed, moments = self.packed, self.moments
        self.packed, self.moments, self._spent = None, None, True
        return packed, moments

    def load_moment(self, int i, vector):
        cdef const void *p = address(vector, self._format, False)
        cdef void *to = address(self.moments[i], self._format, True)
        if self.plan.f64:
            pack_master(self.plan, <const double *> p, <double *> to)
        else:
            pack_master(self.plan, <const float *> p, <float *> to)

    def store(self, packed, vector):
        """A vector in the order of the parameters from one in packed order: weights, a moment or the gradient."""
        cdef const void *p = address(packed, self._format, False)
        cdef void *to = address(vector, self._format, True)
        if self.plan.f64:
            unpack(self.plan, <const double *> p, <double *> to)
        else:
            unpack(self.plan, <const float *> p, <float *> to)

    def _dense_input(self, X):
        """Rows of an ndarray; their workspace exists from the first call on."""
        cdef Py_ssize_t size = self.s.block_rows * self.s.ldx
        if self._dense_keep is None:
            self._dense_keep = aligned_zeros(size, self._dtype)
        self.s.x = address(self._dense_keep, self._format, True)
        self.s.data.csr = NULL
        self.s.data.x_other = X.dtype != self._dtype
        self.s.data.x = address(X, ("f" if self.plan.f64 else "d") if self.s.data.x_other else self._format, False)
        self.s.data.ldx = X.shape[1]

    def _sparse_input(self, SparseRows X, order, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t batch_size):
        """Rows of a CSR matrix; workspace for the entries of the largest block among the batches."""
        cdef Py_ssize_t first = begin * batch_size, n = min(end * batch_size, <Py_ssize_t> order.shape[0]) - first
        cdef Py_ssize_t pairs = X.most_pairs(<const Py_ssize_t *> address(order, "n", False) + first, n, batch_size,
                                             self.s.block_rows)
        cdef Py_ssize_t n_buckets = (self.s.dense[0].n_in + self.plan.lanes - 1) // self.plan.lanes
        if self._sparse_keep is None or self._sparse_keep[1].shape[0] < 2 * pairs:
            self._sparse_keep = (np.empty(self.n_threads * (n_buckets + 2), np.intp),
                                 aligned_zeros(2 * pairs, self._dtype))
        self.s.entries.n_buckets = n_buckets
        self.s.entries.begin = <Py_ssize_t *> address(self._sparse_keep[0], "n", True)
        self.s.entries.entries = address(self._sparse_keep[1], self._format, True)
        self.s.data.csr = &X.csr
        self.s.density = <double> pairs / (<double> min(batch_size, self.s.block_rows) * self.s.dense[0].n_in)

    def run(self, X, labels, y, weight, order, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t batch_size, coefficients,
            double alpha, double loss_scale, int n_threads, bint accumulate=False,
            double loss_sum=0):
        """Batches begin..end on n_threads threads, at most those of the engine. Returns loss_sum plus the sum over
        batches of batch loss times rows, added one by one: its bits do not depend on how calls share the batches."""
        if isinstance(X, SparseRows):
            self._sparse_input(X, order, begin, end, batch_size)
        else:
            self._dense_input(X)
        self.s.data.labels = <const Py_ssize_t *> address(labels, "n", False)
        self.s.data.y = address(y, self._format, False)
        self.s.data.ldy = 0 if y is None else y.shape[1]
        self.s.data.weight = address(weight, self._format, False)
        self.s.data.order, self.s.data.n_rows = <const Py_ssize_t *> address(order, "n", False), order.shape[0]
        self.s.coefficients = <const double *> address(coefficients, "d", False)
        self.s.begin, self.s.end, self.s.batch_size = begin, end, batch_size
        self.s.alpha, self.s.loss_scale, self.s.loss_sum = alpha, loss_scale, loss_sum
        self.s.accumulate = accumulate
        if self._spent:
            raise RuntimeError("this engine has given its memory back")
        if not 1 <= n_threads <= self.n_threads:
            raise ValueError(f"n_threads must be from 1 to {self.n_threads}, got {n_threads}")
        with nogil:
            if self.plan.f64:
                sweep_threads(&self.s, n_threads, <double> 0)
            else:
                sweep_threads(&self.s, n_threads, <float> 0)
        return self.s.loss_sum

    def forward(self, X, out, bint raw, int n_threads):
        """out (n, n_out) from X (n, n_in), an array of either dtype or SparseRows, with the weights as they are."""
        if self._spent:
            raise RuntimeError("this engine has given its memory back")
        cdef Model model
        cdef Input x
        cdef void *to = address(out, self._format, True)
        cdef Py_ssize_t rows = X.shape[0]
        x.x, x.x_other, x.ldx, x.csr = NULL, False, X.shape[1], NULL
        if isinstance(X, SparseRows):
            (<SparseRows> X).most_pairs(NULL, rows, max(rows, 1), max(rows, 1))
            x.csr = &(<SparseRows> X).csr
        else:
            x.x_other = X.dtype != self._dtype
            x.x = address(X, ("f" if self.plan.f64 else "d") if x.x_other else self._format, False)
        cdef void *scratch
        cdef Mode mode = RAW if raw else PROBABILITY
        model.k, model.n_layers, model.dense = self.plan.k, self.plan.n_layers, self.s.dense
        model.output, model.binary = self.output, False
        if self.plan.f64:
            size = scratch_size(&model, x.csr != NULL, rows, <double> 0)
        else:
            size = scratch_size(&model, x.csr != NULL, rows, <float> 0)
        keep = aligned_zeros(n_threads * size, self._dtype)
        scratch = address(keep, self._format, True)
        with nogil:
            if self.plan.f64:
                score_threads(&model, mode, &x, rows, to, <double *> scratch, n_threads)
            else:
                score_threads(&model, mode, &x, rows, to, <float *> scratch, n_threads)
