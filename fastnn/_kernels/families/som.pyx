"""Self-organizing maps: sums of the rows of each unit, distances to units, and training row by row.

What a unit gets is summed in the order of the rows by one thread, so that no bit depends on how many there are.
"""

from libc.math cimport pow, sqrt
from libc.stdint cimport int64_t

from fastnn._kernels.layers.sparse cimport SparseRows
from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.dtypes cimport FLOAT64, Dtype, dtype_of
from fastnn._kernels.native.header cimport fastnn_csr, fastnn_isa
from fastnn._kernels.native.platform cimport fastnn_take
from fastnn._kernels.native.table cimport floating, isa_of
from fastnn._kernels.native.team cimport team_work

import numpy as np

cdef enum:
    SHARE = 64          # rows whose distances a thread takes at a time
    BRIEF = 1 << 18     # numbers read, some hundred microseconds: fewer are not worth waking a thread for


cdef struct Sums:
    const void *x               # (rows, d), or NULL
    const fastnn_csr *csr
    Py_ssize_t rows, d
    const int64_t *unit         # (rows,)
    const double *weight        # (rows,) or NULL
    double *sums                # (units, d)
    Py_ssize_t next, parts      # units u with u % parts == p are part p
    int dtype


def add_rows(X, unit, weight, sums, int n_threads=1):
    """Add rows of X to the sums of their units: ``sums[unit[r]] += weight[r] * X[r]`` for each r in order.

    X : (n, d), float32 or float64 and C-contiguous, or CSR. unit : (n,) of int64. weight : (n,) of float64 or None.
    sums : (n_units, d) of float64.
    """
    cdef Sums job
    cdef SparseRows sparse
    cdef Dtype dtype = dtype_of(X.dtype)
    job.rows, job.d = X.shape
    if sums.shape[1] != job.d or unit.shape != (job.rows,) or not (weight is None or weight.shape == (job.rows,)):
        raise ValueError("X, unit, weight and sums do not fit together")
    if job.rows and not 0 <= unit.min() <= unit.max() < sums.shape[0]:
        raise ValueError("unit has numbers of no unit")
    job.unit, job.weight = <const int64_t *> address(unit, "n", False), <const double *> address(weight, "d", False)
    job.sums, job.dtype, job.csr, job.x = <double *> address(sums, "d", True), dtype.number, NULL, NULL
    if type(X) is np.ndarray:
        job.x = address(X, dtype.format, False)
    else:
        sparse = SparseRows(X, dtype.numpy)
        sparse.most_pairs(NULL, job.rows, max(job.rows, 1), max(job.rows, 1))   # which checks them
        job.csr = &sparse.csr
    job.next, job.parts = 0, n_threads
    if n_threads < 2 or job.rows * job.d < BRIEF:
        job.parts = 1
    with nogil:
        team_work(sums_member, &job, <int> job.parts, False)


cdef void sums_member(void *given, int member) noexcept nogil:
    cdef Sums *job = <Sums *> given
    cdef Py_ssize_t part = fastnn_take(&job.next, 1)
    while part < job.parts:
        if job.csr != NULL and job.dtype == FLOAT64:
            add_sparse(job, part, <double> 0)
        elif job.csr != NULL:
            add_sparse(job, part, <float> 0)
        elif job.dtype == FLOAT64:
            add_dense(job, part, <double> 0)
        else:
            add_dense(job, part, <float> 0)
        part = fastnn_take(&job.next, 1)


cdef void add_dense(const Sums *job, Py_ssize_t part, floating tag) noexcept nogil:
    cdef Py_ssize_t r, i, d = job.d
    cdef const floating *x = <const floating *> job.x
    cdef double *to
    cdef double weight
    for r in range(job.rows):
        if job.parts > 1 and job.unit[r] % job.parts != part:
            continue
        to = job.sums + job.unit[r] * d
        if job.weight == NULL:
            for i in range(d):
                to[i] += x[r * d + i]
        else:
            weight = job.weight[r]
            for i in range(d):
                to[i] += weight * x[r * d + i]


cdef void add_sparse(const Sums *job, Py_ssize_t part, floating tag) noexcept nogil:
    cdef Py_ssize_t r, i, column
    cdef const fastnn_csr *x = job.csr
    cdef double weight = 1
    cdef double *to
    for r in range(job.rows):
        if job.parts > 1 and job.unit[r] % job.parts != part:
            continue
        to = job.sums + job.unit[r] * job.d
        if job.weight != NULL:
            weight = job.weight[r]
        for i in range(x.indptr[r], x.indptr[r + 1]):
            column = (<const int64_t *> x.indices)[i] if x.wide else (<const int *> x.indices)[i]
            to[column] += weight * (<const floating *> x.data)[i]


cdef struct Distances:
    const fastnn_isa *isa
    const void *x
    const void *c
    void *out
    Py_ssize_t rows, units, d, next
    bint missing
    int dtype


def squared_distances(X, codebook, bint missing=False, int n_threads=1, isa=None):
    """Squared distances of rows to units, (n, n_units). missing: whether to leave out where X is NaN.

    X : (n, d) and codebook : (n_units, d), of one dtype, float32 or float64, C-contiguous.
    """
    cdef Distances job
    cdef Dtype dtype = dtype_of(X.dtype)
    job.isa, job.missing, job.dtype, job.next = isa_of(isa), missing, dtype.number, 0
    job.rows, job.d = X.shape
    job.units = codebook.shape[0]
    if codebook.shape[1] != job.d:
        raise ValueError(f"rows of {job.d} and units of {codebook.shape[1]} elements have no distance")
    out = np.empty((job.rows, job.units), dtype.numpy)
    job.x, job.c = address(X, dtype.format, False), address(codebook, dtype.format, False)
    job.out = address(out, dtype.format, True)
    if job.rows * job.units * job.d < BRIEF:
        n_threads = 1
    with nogil:
        team_work(distances_member, &job, n_threads, False)
    return out


cdef void distances_member(void *given, int member) noexcept nogil:
    cdef Distances *job = <Distances *> given
    cdef Py_ssize_t first = fastnn_take(&job.next, SHARE)
    while first < job.rows:
        if job.dtype == FLOAT64:
            distances_of(job, first, <double> 0)
        else:
            distances_of(job, first, <float> 0)
        first = fastnn_take(&job.next, SHARE)


cdef void distances_of(const Distances *job, Py_ssize_t first, floating tag) noexcept nogil:
    row_distances(job.isa, min(<Py_ssize_t> SHARE, job.rows - first), job.units, job.d,
                  <const floating *> job.x + first * job.d, job.d, <const floating *> job.c, job.d, job.missing,
                  <floating *> job.out + first * job.units, job.units)


cdef struct Walk:
    const fastnn_isa *isa
    const void *x
    const double *weight
    void *c
    const double *strength
    void *scratch
    Py_ssize_t rows, units, d
    double rate
    bint missing, sphere


def train_rows(X, weight, codebook, strength, double rate, bint missing=False, bint sphere=False, isa=None):
    """Train row by row, in order: each unit u moves towards the row by the share ``rate * strength[winner, u]``.

    A row of weight w counts as w equal rows without others between them. sphere: units keep a length of one.
    X : (n, d); weight : (n,) of float64 or None; codebook : (n_units, d) of X's dtype, changed in place; strength :
    (n_units, n_units) of float64, how much a unit follows a winner.
    """
    cdef Walk job
    cdef Dtype dtype = dtype_of(X.dtype)
    job.rows, job.d = X.shape
    job.units = codebook.shape[0]
    if codebook.shape[1] != job.d or strength.shape != (job.units, job.units):
        raise ValueError("X, codebook and strength do not fit together")
    if weight is not None and weight.shape != (job.rows,):
        raise ValueError("X and weight do not fit together")
    scratch = np.empty(job.units, dtype.numpy)
    job.isa, job.rate, job.missing, job.sphere = isa_of(isa), rate, missing, sphere
    job.x, job.c = address(X, dtype.format, False), address(codebook, dtype.format, True)
    job.weight, job.strength = <const double *> address(weight, "d", False), <const double *> address(strength, "d", False)
    job.scratch = address(scratch, dtype.format, True)
    with nogil:
        if dtype.number == FLOAT64:
            walk(&job, <double> 0)
        else:
            walk(&job, <float> 0)


cdef void walk(const Walk *job, floating tag) noexcept nogil:
    cdef Py_ssize_t r, u, i, winner, d = job.d
    cdef const floating *x = <const floating *> job.x
    cdef floating *c = <floating *> job.c
    cdef floating *distances = <floating *> job.scratch
    cdef const double *strength
    cdef double share
    cdef floating norm
    for r in range(job.rows):
        row_distances(job.isa, 1, job.units, d, x, d, <const floating *> c, d, job.missing, distances, job.units)
        winner = 0
        for u in range(1, job.units):
            if distances[u] < distances[winner]:
                winner = u
        strength = job.strength + winner * job.units
        for u in range(job.units):
            share = job.rate * strength[u]
            if job.weight != NULL:
                share = 1 - pow(1 - share, job.weight[r])
            if share == 0:
                continue
            norm = move_unit(job.isa, d, x, job.missing, <floating> share, c + u * d)
            if job.sphere and norm > 0:
                norm = 1 / <floating> sqrt(norm)
                for i in range(d):
                    c[u * d + i] *= norm
        x += d
