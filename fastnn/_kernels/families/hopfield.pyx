"""Hopfield nets: units asked one after the other, each state on its own.

A unit that changes changes the fields of the others by one row of the weights, which is kept up to date here: a sweep costs
as many rows as units flip, not as there are units. States are shared out among threads; a state's bits are its own.
"""

from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.dtypes cimport FLOAT64, Dtype, dtype_of
from fastnn._kernels.native.platform cimport fastnn_take
from fastnn._kernels.native.table cimport floating
from fastnn._kernels.native.team cimport team_work


cdef struct Job:
    const void *weights         # (n, n), symmetric, or at least row i is what unit i does to the others
    const Py_ssize_t *order     # (n_sweeps, n)
    void *states                # (rows, n) of -1 and 1
    void *fields                # (rows, n)
    Py_ssize_t *flips           # (rows,)
    Py_ssize_t rows, n, n_sweeps, next
    int dtype


def sweep(weights, order, states, fields, flips, int n_threads=1):
    """Ask all units of each state, in each of the orders or until one sweep has changed none: a unit takes the sign of its
    field, and stays where that is 0.

    weights : (n, n), states and fields : (rows, n), of one dtype, float32 or float64; order : (n_sweeps, n) and flips :
    (rows,) of intp. fields are states . weights, and both are changed in place; flips takes the changes in the last sweep.
    """
    cdef Job job
    cdef Dtype dtype = dtype_of(states.dtype)
    job.rows, job.n = states.shape
    job.n_sweeps = order.shape[0]
    if weights.shape != (job.n, job.n) or fields.shape != states.shape or flips.shape != (job.rows,):
        raise ValueError("weights, states, fields and flips do not fit together")
    if order.shape[1] != job.n or order.size and not 0 <= order.min() <= order.max() < job.n:
        raise ValueError("order has numbers of no unit")
    job.weights, job.order = address(weights, dtype.format, False), <const Py_ssize_t *> address(order, "n", False)
    job.states, job.fields = address(states, dtype.format, True), address(fields, dtype.format, True)
    job.flips, job.next, job.dtype = <Py_ssize_t *> address(flips, "n", True), 0, dtype.number
    with nogil:
        team_work(member, &job, n_threads, False)


cdef void member(void *given, int number) noexcept nogil:
    cdef Job *job = <Job *> given
    cdef Py_ssize_t row = fastnn_take(&job.next, 1)
    while row < job.rows:
        if job.dtype == FLOAT64:
            job.flips[row] = settle(job, row, <double> 0)
        else:
            job.flips[row] = settle(job, row, <float> 0)
        row = fastnn_take(&job.next, 1)


cdef Py_ssize_t settle(const Job *job, Py_ssize_t row, floating tag) noexcept nogil:
    """The sweeps of one state; returns how many units have changed in the last one."""
    cdef floating *state = <floating *> job.states + row * job.n
    cdef floating *field = <floating *> job.fields + row * job.n
    cdef const Py_ssize_t *order = job.order
    cdef Py_ssize_t flips = 0, at, unit, _
    for _ in range(job.n_sweeps):
        flips = 0
        for at in range(job.n):
            unit = order[at]
            if field[unit] * state[unit] < 0:
                flips += 1
                state[unit] = -state[unit]
                add(job.n, 2 * state[unit], <const floating *> job.weights + unit * job.n, field)
        if flips == 0:
            break
        order += job.n
    return flips


cdef void add(Py_ssize_t n, floating a, const floating *x, floating *y) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        y[i] += a * x[i]
