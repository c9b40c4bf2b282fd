"""The team of threads that scoring shares; see team.h. There is one in a process."""


cdef extern from "team.h" nogil:
    void fastnn_team_work(void (*work)(void *, int) noexcept nogil, void *job, int n, bint brief) noexcept
    void fastnn_spin(const int *value, bint zero, long long deadline) noexcept


cdef void team_work(void (*work)(void *, int) noexcept nogil, void *job, int n, bint brief) noexcept nogil:
    """work(job, 0) here and work(job, 1) ... on up to n - 1 other threads, as they come; brief: see team.h."""
    fastnn_team_work(work, job, n, brief)


cdef void wait_for_zero(const int *value) noexcept nogil:
    fastnn_spin(value, True, 0)
