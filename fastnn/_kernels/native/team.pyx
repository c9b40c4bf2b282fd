"""The team of threads that scoring shares; see team.h. There is one in a process."""


cdef extern from "team.h" nogil:
    void fastnn_team_work(void (*work)(void *, int) noexcept nogil, void *job, int n, bint brief) noexcept
    bint fastnn_team_hold(void (*work)(void *, int) noexcept nogil, void *job) noexcept
    void fastnn_team_ask(int helpers) noexcept
    void fastnn_team_release() noexcept
    void fastnn_spin(const int *value, bint zero, long long deadline) noexcept
    long long fastnn_now() noexcept
    Py_ssize_t fastnn_take_below(Py_ssize_t *next, const Py_ssize_t *end) noexcept
    void fastnn_tell(Py_ssize_t *end, Py_ssize_t n) noexcept


cdef void team_work(void (*work)(void *, int) noexcept nogil, void *job, int n, bint brief) noexcept nogil:
    """work(job, 0) here and work(job, 1) ... on up to n - 1 other threads, as they come; brief: see team.h."""
    fastnn_team_work(work, job, n, brief)


cdef bint team_hold(void (*work)(void *, int) noexcept nogil, void *job) noexcept nogil:
    """Take the team, if it is free, for a job that helpers are to do while the caller does something else."""
    return fastnn_team_hold(work, job)


cdef void team_ask(int helpers) noexcept nogil:
    """By who holds the team: have so many helpers at work, without waiting for any."""
    fastnn_team_ask(helpers)


cdef void team_release() noexcept nogil:
    """By who holds the team: wait for those at work, and give it back."""
    fastnn_team_release()


cdef void wait_for_zero(const int *value) noexcept nogil:
    fastnn_spin(value, True, 0)


cdef long long nanoseconds() noexcept nogil:
    """By a clock that only ever goes on."""
    return fastnn_now()


cdef Py_ssize_t take_below(Py_ssize_t *next, const Py_ssize_t *end) noexcept nogil:
    """One number below the end that no other thread gets, or -1."""
    return fastnn_take_below(next, end)


cdef void tell(Py_ssize_t *end, Py_ssize_t n) noexcept nogil:
    """Set an end for `take_below`: who sees it sees what was written before."""
    fastnn_tell(end, n)
