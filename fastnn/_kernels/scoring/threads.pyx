"""How many threads score: the one rule, `threads_for`, is in the .pxd, where it costs no call."""

from fastnn._kernels.native.platform cimport fastnn_max_threads
from fastnn._kernels.scoring.model cimport BLOCK

cdef object _automatic_n_threads = None
cdef int _most_threads = 0     # 0: not asked yet


def set_automatic_n_threads(function):
    """Set what decides, once, the number of threads for n_threads=0: fastnn.threads, which this layer must not import."""
    global _automatic_n_threads, _most_threads
    _automatic_n_threads, _most_threads = function, 0


cdef int automatic_n_threads() except -1:
    global _most_threads
    if _most_threads == 0:
        _most_threads = 1 if _automatic_n_threads is None else _automatic_n_threads()
    return min(_most_threads, fastnn_max_threads())     # which may change from call to call


def n_threads_for(Py_ssize_t rows, double weights, bint chain, int most):
    """The same for what Python has to share out: the rows of a network with so many parameters.

    chain: whether it is dense layers one after the other, whose columns few rows share out.
    """
    return threads_worth(rows, rows * weights, weights, chain and rows <= BLOCK, most)
