from fastnn._kernels.scoring.model cimport BLOCK, Input, Model
from fastnn._kernels.scoring.score cimport shares_columns

cdef enum:
    THREAD_WORK = 1 << 20       # multiply-adds a thread, some ten microseconds: below, one thread is faster
    # The same where threads share out the columns of the layers (columns.pyx). There the time goes into reading the weights,
    # so the work is counted in weights: each once, and a sixteenth more for each row.
    COLUMN_WORK = 1 << 16

cdef int automatic_n_threads() except -1


cdef inline int threads_for(const Model *model, const Input *x, Py_ssize_t rows, double work, double weights,
                            int most) except -1:
    return threads_worth(rows, work, weights, rows <= BLOCK and shares_columns(model, x), most)


cdef inline int threads_worth(Py_ssize_t rows, double work, double weights, bint by_columns, int most) except -1:
    """Threads for so many rows, at most `most`, 0 for as many as the machine has; `work` is the number of multiply-adds,
    about, `weights` that of parameters."""
    cdef double worth = work / THREAD_WORK
    if by_columns:
        worth = weights * (16 + rows) / (16 * COLUMN_WORK)
    elif rows < worth:
        worth = rows
    if worth < 2:
        return 1
    return <int> min(<double> (most if most else automatic_n_threads()), worth, 1024.0)
