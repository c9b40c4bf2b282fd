"""Sparse input: the first layer over CSR rows, forward and gradient. Other layers never see it.

Forward walks the pairs of a row and adds up rows of the weights. The gradient needs the pairs by feature: every thread
brings those of its rows into that order by a counting sort, and a strip of the weights then takes its features' pairs
from all threads in turn, which is the order of the rows whatever the number of threads.
"""

import numpy as np

from libc.string cimport memset

from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.tiles cimport tail_width
from fastnn._kernels.native.header cimport fastnn_csr
from fastnn._kernels.native.sparse cimport (sparse_gemv, sparse_narrow, sparse_outer, sparse_outer_narrow,
                                            sparse_sort)
from fastnn._kernels.native.table cimport Kernels, activation_forward, floating, lanes

cdef enum:
    TILE = 8            # rows between one activation and the next: z is still in the cache


cdef class SparseRows:
    """A CSR matrix as the kernels read it: in place, but for values of another dtype.

    Parameters
    ----------
    X : object with data, indices, indptr and shape
        Indices of int32 or int64, in any order within a row; repeated ones add up.
    dtype : dtype
        Of the network.

    Raises
    ------
    ValueError
        If the arrays do not make a CSR matrix. Indices are checked by `most_pairs`, for the rows that are used.
    """

    def __cinit__(self, X, dtype):
        n_rows = X.shape[0]
        wide = X.indices.dtype == np.int64
        if not wide and X.indices.dtype != np.int32:
            raise ValueError(f"the indices of a sparse X must be int32 or int64, got {X.indices.dtype}")
        with np.errstate(over="ignore"):    # as where dense rows are converted: too large becomes infinite
            data = np.require(X.data, dtype, ["C", "A"])
        indices = np.require(X.indices, None, ["C", "A"])
        indptr = np.require(X.indptr, np.intp, ["C", "A"])
        if data.ndim != 1 or indices.shape != data.shape or indptr.shape != (n_rows + 1,):
            raise ValueError(
                f"X is not a CSR matrix of {n_rows} rows: data {data.shape}, indices {indices.shape}, "
                f"indptr {indptr.shape}"
            )
        self.shape, self.n_values, self._keep = (n_rows, X.shape[1]), len(data), (data, indices, indptr)
        self.csr.data = address(data, data.dtype.char, False)
        self.csr.indices = address(indices, "n" if wide else "i", False)
        self.csr.wide, self.item_size = wide, data.itemsize
        self.csr.indptr = <const Py_ssize_t *> address(indptr, "n", False)

    cdef const void *values(self) noexcept:
        """Where the values of the rows begin."""
        return <const char *> self.csr.data + self.csr.indptr[0] * self.item_size

    cdef Py_ssize_t most_pairs(self, const Py_ssize_t *order, Py_ssize_t n, Py_ssize_t batch,
                               Py_ssize_t block) except -1:
        """The most pairs in any block of the n rows in `order` (NULL: the first n), cut into batches and those into
        blocks, after a check of everything about these rows that a kernel would follow blindly."""
        cdef Py_ssize_t most, features = self.shape[1]
        with nogil:
            most = checked_pairs(&self.csr, self.n_values, features, order, n, batch, block)
        if most < 0:
            raise ValueError(
                "X is not a valid CSR matrix: an index lies outside its columns, or indptr outside its data"
                f" (X has {features} columns and {self.n_values} stored values)"
            )
        return most


cdef Py_ssize_t checked_pairs(const fastnn_csr *x, Py_ssize_t n_values, Py_ssize_t features, const Py_ssize_t *order,
                              Py_ssize_t n, Py_ssize_t batch, Py_ssize_t block) noexcept nogil:
    cdef Py_ssize_t most = 0, pairs = 0, r, row, first, end, i
    cdef bint bad = False
    cdef const int *narrow_indices = <const int *> x.indices
    cdef const long long *wide_indices = <const long long *> x.indices
    for r in range(n):
        if r % batch % block == 0:
            pairs = 0
        row = order[r] if order != NULL else r
        first, end = x.indptr[row], x.indptr[row + 1]
        if first < 0 or end < first or end > n_values:
            return -1
        if x.wide:
            for i in range(first, end):
                bad |= <unsigned long long> wide_indices[i] >= <unsigned long long> features
        else:
            for i in range(first, end):
                bad |= <unsigned int> narrow_indices[i] >= <unsigned long long> features
        pairs += end - first
        most = max(most, pairs)
    return -1 if bad else most


cdef void sparse_forward(Kernels k, const Dense *layer, Py_ssize_t rows, const fastnn_csr *x,
                         const Py_ssize_t *sample, floating *z, floating *h) noexcept nogil:
    """z = x . W + b and h = f(z) for the rows sample[0..rows) of x, or the first if sample is NULL."""
    cdef Py_ssize_t panel = 2 * lanes(k, <floating> 0), n_full = layer.n_out // panel
    cdef Py_ssize_t tail = tail_width(layer.n_out, panel // 2), done = 0, n, r, p, count, row
    cdef const floating *b = <const floating *> layer.panels
    cdef const floating *bias = <const floating *> layer.bias
    while rows > 0:
        n = min(rows, TILE)
        for r in range(n):
            row = sample[done + r] if sample != NULL else done + r
            if layer.narrow:
                sparse_narrow(k, <int> layer.n_out, layer.n_in, x, row, <const floating *> layer.transposed, bias,
                              z + r * layer.ld)
                continue
            for p in range((n_full + 3) // 4):
                count = min(4, n_full - 4 * p)
                sparse_gemv(k, <int> count, 2, x, row, b + 4 * p * layer.panel_stride, layer.ldb, layer.panel_stride,
                            bias + 4 * p * layer.bias_stride, layer.bias_stride, z + r * layer.ld + 4 * p * panel)
            if tail:
                sparse_gemv(k, 1, 1 if 2 * tail == panel else 2, x, row, <const floating *> layer.tail, tail, 0,
                            <const floating *> layer.tail_bias, 0, z + r * layer.ld + n_full * panel)
        if layer.activation:
            activation_forward(k, layer.activation, n, layer.n_out, <const floating *> z, h, layer.ld)
        z += n * layer.ld
        h += n * layer.ld
        done += n
        rows -= n


cdef void fill_rows(const fastnn_csr *x, const Py_ssize_t *sample, Py_ssize_t rows, floating *to,
                    Py_ssize_t ld) noexcept nogil:
    """The rows of these numbers, or the first if sample is NULL, as dense, padded ones."""
    cdef Py_ssize_t r, i, column, row
    memset(to, 0, rows * ld * sizeof(floating))
    for r in range(rows):
        row = sample[r] if sample != NULL else r
        for i in range(x.indptr[row], x.indptr[row + 1]):
            column = (<const long long *> x.indices)[i] if x.wide else (<const int *> x.indices)[i]
            to[r * ld + column] += (<const floating *> x.data)[i]


cdef void sort_share(Kernels k, const fastnn_csr *x, const Py_ssize_t *sample, Py_ssize_t r0, Py_ssize_t r1,
                     const Entries *to, int thread, floating tag) noexcept nogil:
    """One thread's part of `to`: the pairs of rows sample[r0..r1) of a block that begins at sample[0]."""
    cdef Py_ssize_t base = 0, r
    for r in range(r0):
        base += x.indptr[sample[r] + 1] - x.indptr[sample[r]]
    sparse_sort(k, x, sample, r0, r1, to.n_buckets, base, to.begin + thread * (to.n_buckets + 2), to.entries, tag)


cdef void sparse_gradient(Kernels k, const Dense *layer, Py_ssize_t first, Py_ssize_t count, Py_ssize_t width,
                          const Entries *x, int team, const floating *d, floating *g) noexcept nogil:
    """g += x^T . d for features first..first + count, in packed order, as dense_gradient; d is the strip's columns."""
    cdef Py_ssize_t unit = lanes(k, <floating> 0), n = (count + unit - 1) // unit
    cdef const Py_ssize_t *begin = x.begin + first // unit
    cdef int _
    for _ in range(team):
        if layer.narrow:
            sparse_outer_narrow(k, <int> layer.n_out, n, begin, x.entries, d, layer.ld, g)
        else:
            sparse_outer(k, <int> (width // unit), n, begin, x.entries, d, layer.ld, g)
        begin += x.n_buckets + 2
