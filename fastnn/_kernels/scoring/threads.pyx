"""How many threads score: the one rule, `threads_for`, is in the .pxd, where it costs no call."""

from fastnn._kernels.native.platform cimport fastnn_max_threads

THREAD_MULTIPLY_ADDS = THREAD_WORK

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
