"""What Python calls: a RestrictedMachine holds weights and chains of a restricted Boltzmann machine in training.

Arguments have been checked in Python; here they become pointers.
"""

import numpy as np

from libc.stdint cimport uint64_t
from libc.string cimport memset

from fastnn._kernels.families.rbm_phases cimport GROUP, MARKS, STRIP, Machine, train_as
from fastnn._kernels.families.shuffle cimport fastnn_shuffle_of
from fastnn._kernels.families.twister cimport give_back, words_from
from fastnn._kernels.layers.sparse cimport SparseRows
from fastnn._kernels.layers.tiles cimport round_up, row_stride
from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.dtypes cimport Dtype, dtype_of
from fastnn._kernels.native.table cimport isa_of, kernels_of, lanes_as

from fastnn._kernels.native.buffers import aligned_zeros

cdef enum:
    APART = 16              # LINE of rbm_phases.pyx


def in_panels(weights, Py_ssize_t panel):
    """(n_hidden, n_visible) -> (n_panels, n_visible, panel), zero beyond the units that there are."""
    n_hidden, n_visible = weights.shape
    panels = np.zeros((round_up(n_hidden, panel) // panel, n_visible, panel), weights.dtype)
    for p in range(len(panels)):
        some = weights[p * panel:(p + 1) * panel]
        panels[p, :, :len(some)] = some.T
    return panels


cdef class RestrictedMachine:
    """Weights (n_hidden, n_visible) and biases in training, of one dtype.

    Parameters
    ----------
    weights, hidden, visible : ndarray of shape (n_hidden, n_visible), (n_hidden,) and (n_visible,)
        Copied; `pull` writes the present ones back.
    chains : ndarray of shape (n_chains, n_hidden)
        States of the hidden units that the chains go on from; without ``persistent`` only their memory counts.
    most_rows : int
        Rows of a batch.
    n_threads : int
        Most that `run` may be given.
    speeds : tuple of ndarray or None
        What momentum has made of the steps for weights, hidden and visible: needed for momentum and decay.
    activity : ndarray of shape (n_hidden,) or None
        Running means of the hidden units, for those that shall be sparse.
    learning_rate, momentum, decay, target, cost : float
    gibbs : int
    persistent, gaussian : bool
    seed, sampled : int
        Of hashed numbers: which they are, and how many times units have been sampled before.
    isa : str or None
    """

    cdef Machine m
    cdef Dtype dtype
    cdef int n_threads
    cdef dict held

    def __cinit__(self, weights, hidden, visible, chains, Py_ssize_t most_rows, int n_threads, *, double learning_rate,
                  int gibbs=1, bint persistent=True, bint gaussian=False, double momentum=0, double decay=0, speeds=None,
                  activity=None, double target=0, double cost=0, uint64_t seed=0, long long sampled=0, str isa=None):
        cdef Py_ssize_t lanes
        self.dtype, self.n_threads, self.held = dtype_of(weights.dtype), n_threads, {}
        memset(&self.m, 0, sizeof(self.m))
        self.m.k, self.m.isa = kernels_of(isa), isa_of(isa)
        self.m.twister = fastnn_shuffle_of(isa_of(isa))
        self.m.n_hidden, self.m.n_visible = weights.shape
        lanes = lanes_as(self.m.k, self.dtype.number)
        self.m.panel = 2 * lanes
        self.m.n_panels = round_up(self.m.n_hidden, self.m.panel) // self.m.panel
        self.m.n_strips = round_up(self.m.n_visible, STRIP) // STRIP
        self.m.most_rows, self.m.n_chains = most_rows, chains.shape[0] if persistent else most_rows
        self.m.ldv = row_stride(self.m.n_visible, lanes, self.dtype.itemsize)
        self.m.ldh = row_stride(self.m.n_panels * self.m.panel, lanes, self.dtype.itemsize)
        self.m.persistent, self.m.gaussian, self.m.gibbs = persistent, gaussian, gibbs
        self.m.learning_rate, self.m.momentum, self.m.decay = learning_rate, momentum, decay
        self.m.target, self.m.cost, self.m.seed, self.m.sampled = target, cost, seed, sampled
        self._place(weights, hidden, visible, chains)
        if speeds is not None:
            self.m.speed = self._keep("speed", self._panels(speeds[0]))
            self.m.speed_hidden = self._keep("speed_hidden", self._padded(speeds[1]))
            self.m.speed_visible = self._keep("speed_visible", speeds[2])
        if activity is not None:
            self.m.activity = self._keep("activity", self._padded(activity))

    cdef _place(self, weights, hidden, visible, chains):
        cdef Py_ssize_t rows = self.m.most_rows + self.m.n_chains
        self.m.w = self._keep("w", self._panels(weights))
        self.m.bias_hidden = self._keep("bias_hidden", self._padded(hidden))
        self.m.bias_visible = self._keep("bias_visible", visible)
        self.m.rows = self._keep("rows", np.zeros(rows * self.m.ldv, self.dtype.numpy))
        states = np.zeros((self.m.n_chains, self.m.ldh), self.dtype.numpy)
        if self.m.persistent:
            states[:, :self.m.n_hidden] = chains
        self.m.chains = self._keep("chains", states)
        self._mark(rows)
        # As many panels at a time as the kernels take, if all threads find some.
        shares = round_up(self.m.n_panels, GROUP * self.n_threads) // GROUP
        self.m.group = (self.m.n_panels + shares - 1) // shares
        self.m.scratch_size = self.m.group * (rows + STRIP) * self.m.panel
        self.m.scratch = self._keep("scratch", np.zeros(self.n_threads * self.m.scratch_size, self.dtype.numpy))
        self.held["taken"] = np.zeros(2 * self.n_threads * APART, np.intp)
        self.m.taken = <Py_ssize_t *> address(self.held["taken"], "n", True)

    cdef _mark(self, Py_ssize_t rows):
        """Memory for bits of visible units."""
        self.m.n_words = round_up(rows, MARKS) // MARKS
        self.held["marks"] = np.zeros(rows * self.m.n_strips + self.m.n_words * self.m.n_visible, np.uint64)
        self.m.of_rows = <uint64_t *> address(self.held["marks"], self.held["marks"].dtype.char, True)
        self.m.of_units = self.m.of_rows + rows * self.m.n_strips

    cdef void *_keep(self, str name, array) except NULL:
        """A copy of an array, on cache lines of its own, which lives as long as this object."""
        copy = aligned_zeros(array.size + STRIP, self.dtype.numpy)
        copy[:array.size] = array.ravel()
        self.held[name] = copy
        return address(copy, self.dtype.format, True)

    def _panels(self, weights):
        return in_panels(weights, self.m.panel)

    def _padded(self, values):
        return np.pad(values, (0, self.m.n_panels * self.m.panel - self.m.n_hidden))

    def _units(self, str name):
        """The inverse of `in_panels`, in Fortran order."""
        shape = self.m.n_panels, self.m.n_visible, self.m.panel
        panels = self.held[name][:shape[0] * shape[1] * shape[2]].reshape(shape)
        units = np.empty((self.m.n_visible, self.m.n_hidden), self.dtype.numpy)
        for p in range(self.m.n_panels):
            some = units[:, p * self.m.panel:(p + 1) * self.m.panel]
            some[...] = panels[p, :, :some.shape[1]]
        return units.T

    def _vectors(self, *names):
        return tuple(self.held[name][:n].copy() for name, n in zip(names, (self.m.n_hidden, self.m.n_visible)))

    @property
    def weights(self):
        """Weights (n_hidden, n_visible) in Fortran order, biases of hidden and of visible units."""
        return self._units("w"), *self._vectors("bias_hidden", "bias_visible")

    @property
    def speeds(self):
        """Those of momentum, laid out as `weights`, or None."""
        return None if self.m.speed == NULL else (self._units("speed"), *self._vectors("speed_hidden", "speed_visible"))

    @property
    def activity(self):
        """Running means of the hidden units (n_hidden,), or None."""
        return None if self.m.activity == NULL else self._vectors("activity")[0]

    @property
    def chains(self):
        """States of the hidden units of the chains (n_chains, n_hidden)."""
        states = self.held["chains"][:self.m.n_chains * self.m.ldh].reshape(self.m.n_chains, self.m.ldh)
        return states[:, :self.m.n_hidden].copy()

    @property
    def sampled(self):
        """How many times units have been sampled."""
        return self.m.sampled

    def run(self, X, Py_ssize_t begin, Py_ssize_t end, int n_threads, bit_generator=None):
        """Batches begin..end of the rows of X, in order: one step of learning for each.

        X is a C-contiguous array of this dtype or SparseRows. bit_generator: NumPy's, from which numbers are drawn as
        scikit-learn does; None: they are hashes.
        """
        cdef int dtype = self.dtype.number
        if not 1 <= n_threads <= self.n_threads:
            raise ValueError(f"n_threads must be from 1 to {self.n_threads}, got {n_threads}")
        self._input(X)
        self.m.begin, self.m.end = begin, end
        if bit_generator is None:
            self.m.uniform_visible = self.m.uniform_hidden = NULL
            with nogil:
                train_as(&self.m, n_threads, dtype)
            return
        self.m.uniform_visible = self._uniforms("uniform_visible", self.m.n_visible)
        self.m.uniform_hidden = self._uniforms("uniform_hidden", self.m.n_hidden)
        self.m.words = words_from(bit_generator)
        with bit_generator.lock, nogil:
            train_as(&self.m, n_threads, dtype)
            give_back(&self.m.words)

    cdef _input(self, X):
        n_rows, n_features = X.shape
        if n_features != self.m.n_visible:
            raise ValueError(f"X must have {self.m.n_visible} features, got {n_features}")
        self.held["X"] = X      # alive as long as the pointers
        self.m.n_rows, self.m.ldx, self.m.x, self.m.csr = n_rows, n_features, NULL, NULL
        if isinstance(X, SparseRows):
            (<SparseRows> X).most_pairs(NULL, n_rows, max(n_rows, 1), max(n_rows, 1))
            self.m.csr = &(<SparseRows> X).csr
        else:
            self.m.x = address(X, self.dtype.format, False)

    cdef double *_uniforms(self, str name, Py_ssize_t n) except NULL:
        if name not in self.held:
            self.held[name] = np.empty(self.m.n_chains * n)
        return <double *> address(self.held[name], "d", True)
