"""What network.py calls: an Engine holds the packed state and the workspace of one network and runs the epoch on it.
Arguments have been checked in Python; here they become pointers."""

import numpy as np

from libc.math cimport INFINITY

from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.training.copies cimport place_copies
from fastnn._kernels.training.epoch cimport sweep_as
from fastnn._kernels.training.operands cimport bind_first_layers
from fastnn._kernels.training.rows cimport batch_as, layer_rows_as, nonzero_share_as
from fastnn._kernels.scoring.model cimport PROBABILITY, RAW, Input, Mode, Model
from fastnn._kernels.scoring.places cimport Places
from fastnn._kernels.scoring.score cimport score_as
from fastnn._kernels.scoring.scratch cimport scratch_size_as
from fastnn._kernels.layers.sparse cimport SparseRows
from fastnn._kernels.layers.stage cimport Batch
from fastnn._kernels.training.skips cimport place_zeros
from fastnn._kernels.training.sums cimport grouped
from fastnn._kernels.training.tiled cimport place_taken
from fastnn._kernels.training.workspace cimport Workspace

from fastnn._kernels.native.buffers import aligned_zeros

cdef enum:
    LONG_STEP = 1 << 20     # multiply-adds of a batch's forward pass from which on every step is timed
    SELDOM = 8              # of shorter steps, where reading the clock would cost something, one in so many is timed

# Zeros of the input are left out of the products if at most this share of its pieces (ZERO_BLOCK columns of a row) holds a
# number that is not zero. Beyond that, looking for zeros costs more than it saves.
cdef double most_nonzero = 0.75


def set_most_nonzero(double share):
    """Set up to what share of the input zeros are left out: 0 never, 1 always; returns what it was.

    No result depends on it.
    """
    global most_nonzero
    before, most_nonzero = most_nonzero, share
    return before


cdef class Engine(Workspace):
    """Training and scoring of one network; its parameters are those of Workspace."""

    cdef object _dense_keep, _sparse_keep, _zeros_keep, _operands, _held
    cdef Places _places

    def _dense_input(self, X):
        """Rows of an ndarray; their workspace exists from the first call on."""
        if self._dense_keep is None:
            self._dense_keep = place_copies(&self.s, True, self._rows, self._dtype, self._format)
            self.s.x = address(self._dense_keep[0], self._format, True)
            self._operands = place_taken(&self.s, self.plan, True, self._rows)
        self.s.data.csr, self.s.density, self.s.skips_zeros = NULL, 1, False
        bind_first_layers(&self.s, self.plan)
        self.s.data.x_other = X.dtype != self._dtype
        self.s.data.x = address(X, self._format_of(self.s.data.x_other), False)
        self.s.data.ldx = X.shape[1]

    cdef str _format_of(self, bint other_dtype):
        return self.plan.dtype.other().format if other_dtype else self._format

    def _sparse_input(self, SparseRows X, order, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t batch_size):
        """Rows of a CSR matrix; workspace for the entries of the largest block among the batches."""
        cdef Py_ssize_t first = begin * batch_size, n = min(end * batch_size, <Py_ssize_t> order.shape[0]) - first
        if self.plan.wants_rows:
            raise ValueError(
                "X is sparse, and a layer other than Dense takes the input: begin with a Dense layer, or pass "
                "X.toarray() if that fits in memory"
            )
        cdef Py_ssize_t pairs = X.most_pairs(<const Py_ssize_t *> address(order, "n", False) + first, n, batch_size,
                                             self.s.block_rows)
        cdef Py_ssize_t n_buckets = (self.s.dense[0].n_in + self.plan.lanes - 1) // self.plan.lanes
        if self._sparse_keep is None or self._sparse_keep[1].shape[0] < 2 * pairs:
            self._sparse_keep = (np.empty(self.n_threads * (n_buckets + 2), np.intp),
                                 aligned_zeros(2 * pairs, self._dtype))
        self.s.entries.n_buckets = n_buckets
        self.s.entries.begin = <Py_ssize_t *> address(self._sparse_keep[0], "n", True)
        self.s.entries.entries = address(self._sparse_keep[1], self._format, True)
        self.s.data.csr, self.s.skips_zeros = &X.csr, False
        bind_first_layers(&self.s, self.plan)
        self.s.density = <double> pairs / (<double> min(batch_size, self.s.block_rows) * self.s.dense[0].n_in)

    cdef _look_for_zeros(self):
        """Leave out the zeros of the input if, by a sample of the rows to come, there are enough; bits do not tell."""
        cdef double share = nonzero_share_as(&self.s, self.plan.dtype.number)
        if share > most_nonzero or most_nonzero == 0:
            return
        if self._zeros_keep is None:
            self._zeros_keep = place_zeros(&self.s, self.plan, self._rows, self.n_threads)
        self.s.skips_zeros, self.s.density = True, share

    def run(self, X, labels, y, weight, order, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t batch_size, coefficients,
            double loss_scale, int n_threads, long long step=0, double loss_sum=0, bint accumulate=False,
            double mean_weight=1, double whole_batch=0, double rows_before=INFINITY):
        """Batches begin..end on n_threads threads, at most those of the engine. Returns loss_sum plus the sum over
        batches of batch loss times rows, added one by one: its bits do not depend on how calls share the batches.

        coefficients: None where gradients are all that is wanted. step: the number of the step that batch `begin` is.
        accumulate: add to the gradient that is there. mean_weight: of a row. whole_batch: rows of mean weight that move
        the running statistics by their momentum, 0: batch_size. rows_before: of those statistics.
        """
        self.prepare(X, labels, y, weight, order, begin, end, batch_size, coefficients, loss_scale, step, loss_sum,
                     accumulate, mean_weight, whole_batch, rows_before)
        self.sweep(n_threads)
        return self.result()

    def prepare(self, X, labels, y, weight, order, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t batch_size, coefficients,
                double loss_scale, long long step=0, double loss_sum=0, bint accumulate=False, double mean_weight=1,
                double whole_batch=0, double rows_before=INFINITY):
        """`run` up to its arithmetic, which `sweep` or, for several engines, `run_together` does; `result` follows."""
        if self._spent:
            raise RuntimeError("this engine has given its memory back")
        if coefficients is None and self.s.rule >= 0:
            raise ValueError("an engine with an update rule needs its coefficients")
        self._held = X, labels, y, weight, order, coefficients  # alive as long as the pointers
        if isinstance(X, SparseRows):
            self._sparse_input(X, order, begin, end, batch_size)
        else:
            self._dense_input(X)
        self.s.data.labels = <const Py_ssize_t *> address(labels, "n", False)
        self._take_targets(y, y is X and isinstance(X, SparseRows))
        self.s.data.weight = address(weight, self._format, False)
        self.s.data.order, self.s.data.n_rows = <const Py_ssize_t *> address(order, "n", False), order.shape[0]
        self.s.coefficients = <const double *> address(coefficients, "d", False)
        self.s.begin, self.s.end, self.s.batch_size = begin, end, batch_size
        self.s.accumulate = accumulate
        self.s.mean_weight, self.s.rows_before = mean_weight, rows_before
        self.s.whole_batch = whole_batch if whole_batch else batch_size
        if self.s.data.csr == NULL:
            self._look_for_zeros()
        self._place_gradients(grouped(&self.s))
        self.s.loss_scale, self.s.step, self.s.loss_sum = loss_scale, step, loss_sum
        self.s.shares.stride = 1 if batch_size * self.plan.n_master > LONG_STEP else SELDOM
        if self._shares_held:
            self.s.shares.stride = 0
        self._ready = True

    def sweep(self, int n_threads):
        """The arithmetic of a `run` that is prepared."""
        if not self._ready:
            raise RuntimeError("nothing is prepared")
        if not 1 <= n_threads <= self.n_threads:
            raise ValueError(f"n_threads must be from 1 to {self.n_threads}, got {n_threads}")
        cdef int dtype = self.plan.dtype.number
        with nogil:
            sweep_as(&self.s, n_threads, dtype)

    def result(self):
        """What `run` returns, once; raises what a Python activation has raised."""
        self._held, self._ready = None, False
        self._raise_custom()
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
            x.x = address(X, self._format_of(x.x_other), False)
        cdef void *scratch
        cdef int dtype = self.plan.dtype.number
        cdef Mode mode = RAW if raw else PROBABILITY
        model.k, model.n_in = self.plan.k, self.plan.n_in
        model.n_layers, model.dense = self.plan.n_layers, self.s.plain
        model.n_stages, model.stages = 0 if self.plan.chain else self.plan.n_stages, self.plan.stages
        model.packed, model.custom, model.wants_rows = self.s.packed, self.s.custom, self.plan.wants_rows
        model.output, model.binary, model.activated = self.output, False, False
        if not self.plan.chain:
            self._places = self._places or Places(self.plan)
            self._places.lend(&model)
        size = scratch_size_as(&model, x.csr != NULL, rows, dtype)
        keep = aligned_zeros(n_threads * size, self._dtype)
        scratch = address(keep, self._format, True)
        with nogil:
            score_as(&model, mode, &x, rows, to, scratch, n_threads, False, dtype)
        self._raise_custom()

    def take_statistics(self, X, weight, order, double mean_weight):
        """Set the running statistics to those of one batch, the rows `order` of X, as they are in training.

        Returns what the batch weighs, in rows of mean weight, and the factor that its variances have for one degree of
        freedom less: zero if there are too few rows, and then nothing is set.
        """
        cdef Py_ssize_t rows = order.shape[0]
        cdef const Py_ssize_t *sample = <const Py_ssize_t *> address(order, "n", False)
        cdef Batch batch
        if isinstance(X, SparseRows):
            self._sparse_input(X, order, 0, 1, rows)
        else:
            self._dense_input(X)
        self.s.data.weight = address(weight, self._format, False)
        self.s.training = self.s.track = True
        self.s.mean_weight, self.s.whole_batch, self.s.rows_before = mean_weight, <double> rows, 0
        batch = batch_as(&self.s, sample, rows, self.plan.dtype.number)
        layer_rows_as(&self.s, sample, rows, -1, self.plan.dtype.number)
        self._raise_custom()
        return batch.rows, batch.unbiased

    def rows_through(self, X, outputs, Py_ssize_t unit=-1, gradient=None, slopes=()):
        """Inference of all rows of X, block by block on one thread, kept by stage.

        outputs: one array (n, width) per stage to fill, or None where it is not wanted. unit: an output of the last
        stage, whose gradient by the input goes to `gradient` (n, n_in), and by outputs, or pre-activations, to `slopes`.
        """
        cdef Py_ssize_t n = X.shape[0], start, rows
        cdef int t
        order = np.arange(n, dtype=np.intp)
        if isinstance(X, SparseRows):
            self._sparse_input(X, order, 0, 1, max(n, 1))
        else:
            self._dense_input(X)
        self.s.training = self.s.track = False
        self._place_gradients(False)
        for start in range(0, n, self.s.block_rows):
            rows = min(self.s.block_rows, n - start)
            layer_rows_as(&self.s, <const Py_ssize_t *> address(order, "n", False) + start, rows, unit,
                          self.plan.dtype.number)
            for t, out in enumerate(outputs):
                self._keep_rows(out, start, rows, self.s.buffers[t].h, self.plan.stages[t].ld)
            for t, out in enumerate(slopes):
                self._keep_rows(out, start, rows, self.s.buffers[t].d, self.plan.stages[t].ld)
            self._keep_rows(gradient, start, rows, self.s.dx, self.s.ldx)
        self._raise_custom()

    cdef _keep_rows(self, out, Py_ssize_t start, Py_ssize_t rows, void *at, Py_ssize_t ld):
        if out is not None:
            found = np.asarray(<char[:rows * ld * self.plan.dtype.itemsize]> at).view(self._dtype).reshape(rows, ld)
            out[start:start + rows] = found[:, :out.shape[1]]
