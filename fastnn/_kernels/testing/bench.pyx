"""Matrix products repeated in C as training does them, and the machine's own limits.

For tests and benchmarks: nothing in the library imports this module.
"""

from time import perf_counter

import numpy as np

from cython.parallel cimport parallel, prange, threadid

from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.layers.dense cimport Dense, dense_backward, dense_forward, dense_gradient, narrow_gradient
from fastnn._kernels.layers.packing cimport pack_as, unpack_as
from fastnn._kernels.layers.plan cimport Plan, Strip
from fastnn._kernels.layers.tiles cimport row_stride
from fastnn._kernels.native.dtypes cimport FLOAT64
from fastnn._kernels.native.platform cimport fastnn_barrier, fastnn_team_size, fastnn_wait
from fastnn._kernels.native.table cimport Kernels, floating, kernels_of

from fastnn._kernels.layers.specs import chain
from fastnn._kernels.native.buffers import aligned_zeros

OPERATIONS = ("forward", "dX", "dW")

cdef enum Operation:
    FORWARD, INPUT_GRADIENT, WEIGHT_GRADIENT

cdef struct Task:
    Kernels k
    Operation operation
    Dense layer
    const Strip *strips
    int n_strips
    Py_ssize_t rows, ldx, repeat
    void *x             # (rows, ldx) inputs, or their gradient
    void *y             # (rows, layer.ld) outputs, or their gradient
    void *gradient      # of the weights, packed
    fastnn_barrier barrier


cdef class Product:
    """``A @ B`` as one of the three products of a dense layer, with the weights packed.

    Parameters
    ----------
    operation : {"forward", "dX", "dW"}
        ``forward`` is X (M, K) W (K, N), ``dX`` D (M, N) W^T (N, K), ``dW`` X^T (K, M) D (M, N).
    A, B : ndarray of float32 or float64
        The two factors, of one dtype.
    n_threads : int, default=1
    isa : str or None
    """

    cdef Plan plan
    cdef Task task
    cdef readonly int n_threads
    cdef object x, y, packed, gradient

    def __cinit__(self, operation, A, B, int n_threads=1, str isa=None):
        if A.dtype != B.dtype or A.dtype not in (np.float32, np.float64):
            raise TypeError(f"A and B must be both float32 or both float64: {A.dtype}, {B.dtype}")
        if A.ndim != 2 or B.ndim != 2 or A.shape[1] != B.shape[0]:
            raise ValueError(f"A and B cannot be multiplied: {A.shape}, {B.shape}")
        self.n_threads, self.task.operation = n_threads, OPERATIONS.index(operation)
        if self.task.operation == FORWARD:
            self._layout(A, B, None, A.shape[0], isa)
        elif self.task.operation == INPUT_GRADIENT:
            self._layout(None, B.T, A, A.shape[0], isa)
        else:
            self._layout(A.T, np.zeros((A.shape[0], B.shape[1]), A.dtype), B, A.shape[1], isa)

    def _layout(self, X, W, D, Py_ssize_t rows, isa):
        cdef Task *task = &self.task
        dtype, (n_in, n_out) = W.dtype, W.shape
        self.plan = Plan(n_in, chain([n_out], [0]), dtype, isa, True)
        code = self.plan.dtype.format
        self.packed = aligned_zeros(self.plan.n_packed, dtype)
        self.gradient = aligned_zeros(self.plan.n_master, dtype)
        params = np.zeros(self.plan.n_params, dtype)
        params[:n_in * n_out] = W.ravel()
        cdef void *p = address(params, code, False)
        cdef void *packed = address(self.packed, code, True)
        pack_as(self.plan, p, packed)
        task.k, task.layer, task.rows = self.plan.k, self.plan.bind(0, packed), rows
        task.strips, task.n_strips = self.plan.strips, self.plan.n_strips
        task.ldx = row_stride(n_in, self.plan.lanes, self.plan.dtype.itemsize)
        self.x = aligned_zeros(rows * task.ldx, dtype).reshape(rows, task.ldx)
        self.y = aligned_zeros(rows * task.layer.ld, dtype).reshape(rows, task.layer.ld)
        if X is not None:
            self.x[:, :n_in] = X
        if D is not None:
            self.y[:, :n_out] = D
        task.x, task.y = address(self.x, code, True), address(self.y, code, True)
        task.gradient = address(self.gradient, code, True)

    def run(self, Py_ssize_t repeat=1):
        """Multiply `repeat` times, in one parallel region. Returns the seconds that one took."""
        self.task.repeat = repeat
        start = perf_counter()
        cdef int number = self.plan.dtype.number
        with nogil:
            if number == FLOAT64:
                multiply_threads(&self.task, self.n_threads, <double> 0)
            else:
                multiply_threads(&self.task, self.n_threads, <float> 0)
        return (perf_counter() - start) / repeat

    def result(self):
        """What the last run computed, as an array of the shape of ``A @ B``."""
        cdef Py_ssize_t n_in = self.task.layer.n_in, n_out = self.task.layer.n_out
        if self.task.operation == FORWARD:
            return self.y[:, :n_out].copy()
        if self.task.operation == INPUT_GRADIENT:
            return self.x[:, :n_in].copy()
        grad = np.empty(self.plan.n_params, self.y.dtype)
        cdef void *to = address(grad, self.plan.dtype.format, True)
        unpack_as(self.plan, self.task.gradient, to)
        return grad[:n_in * n_out].reshape(n_in, n_out)


cdef void multiply_threads(Task *t, int n_threads, floating tag) noexcept nogil:
    if n_threads == 1:
        multiply(t, 0, 1, tag)
    else:
        with parallel(num_threads=n_threads):
            multiply(t, threadid(), fastnn_team_size(), tag)


cdef void multiply(Task *t, int thread, int team, floating tag) noexcept nogil:
    """This thread's share: rows of the outputs, or strips of the weights."""
    cdef Py_ssize_t r0 = t.rows * thread // team, rows = t.rows * (thread + 1) // team - r0
    cdef floating *x = <floating *> t.x + r0 * t.ldx
    cdef floating *y = <floating *> t.y + r0 * t.layer.ld
    cdef int i
    for _ in range(t.repeat):
        if t.operation == FORWARD:
            dense_forward(t.k, &t.layer, rows, <const floating *> x, t.ldx, NULL, y, y)
        elif t.operation == INPUT_GRADIENT:
            dense_backward(t.k, &t.layer, rows, <const floating *> y, <const floating *> NULL, x, t.ldx, False)
        else:
            for i in range(t.n_strips * thread // team, t.n_strips * (thread + 1) // team):
                strip_gradient(t, &t.strips[i], tag)
        if team > 1:
            fastnn_wait(&t.barrier, team)


cdef void strip_gradient(const Task *t, const Strip *strip, floating tag) noexcept nogil:
    cdef const floating *x = <const floating *> t.x + strip.first
    cdef const floating *d = <const floating *> t.y + strip.column
    cdef floating *g = <floating *> t.gradient + strip.offset
    if t.layer.narrow:
        narrow_gradient(t.k, &t.layer, strip.count, t.rows, d, x, t.ldx, g, False)
    else:
        dense_gradient(t.k, strip.count, strip.width, t.rows, x, t.ldx, d, t.layer.ld, g, False)


def fma_peak(dtype, int n_threads=1, str isa=None, double seconds=0.05):
    """GFLOP/s of independent FMAs in registers on n_threads at once, the best of several runs."""
    cdef Kernels k = kernels_of(isa)
    cdef bint f64 = np.dtype(dtype) == np.float64
    cdef Py_ssize_t rounds = 1000
    cdef double flops
    took, best, runs, end = 0.0, 0.0, 0, perf_counter() + seconds
    while took < seconds / 20:      # so long that starting the threads does not count
        rounds *= 2
        start = perf_counter()
        burn(k, f64, rounds, 1)
        took = perf_counter() - start
    while runs < 3 or perf_counter() < end:
        start = perf_counter()
        with nogil:
            flops = burn(k, f64, rounds, n_threads)
        best = max(best, 1e-9 * flops / (perf_counter() - start))
        runs += 1
    return best


cdef double burn(Kernels k, bint f64, Py_ssize_t rounds, int n_threads) noexcept nogil:
    cdef double flops = 0
    cdef int _
    for _ in prange(n_threads, num_threads=n_threads, schedule="static"):
        flops += k.f64.fma_burn(rounds) if f64 else k.f32.fma_burn(rounds)
    return flops


def stream_bandwidth(int n_threads=1, Py_ssize_t n_bytes=0):
    """GB/s of ``a = (b + c) / 2`` over float64, reads and writes counted, the best of several runs.

    n_bytes is what a, b and c take together; 0 stands for more than any cache holds.
    """
    cdef Py_ssize_t n = (n_bytes or 3 << 27) // 24, repeat
    cdef double[::1] a, b, c
    a, b, c = np.ones(n), np.ones(n), np.ones(n)
    repeat = max(1, (1 << 26) // (24 * n))
    best = 0.0
    for _ in range(5):
        start = perf_counter()
        with nogil:
            triad_threads(&a[0], &b[0], &c[0], n, repeat, n_threads)
        best = max(best, 24e-9 * n * repeat / (perf_counter() - start))
    return best


cdef void triad_threads(double *a, double *b, double *c, Py_ssize_t n, Py_ssize_t repeat,
                        int n_threads) noexcept nogil:
    cdef Py_ssize_t first, end
    cdef int i
    for i in prange(n_threads, num_threads=n_threads, schedule="static"):
        first, end = n * i // n_threads, n * (i + 1) // n_threads
        triad(a + first, b + first, c + first, end - first, repeat)


cdef void triad(double *a, double *b, double *c, Py_ssize_t n, Py_ssize_t repeat) noexcept nogil:
    cdef Py_ssize_t _, i
    for _ in range(repeat):
        for i in range(n):
            a[i] = 0.5 * (b[i] + c[i])
        a, b, c = b, c, a       # so that no repetition can be left out
