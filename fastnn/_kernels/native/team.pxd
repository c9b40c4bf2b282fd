cdef void team_work(void (*work)(void *, int) noexcept nogil, void *job, int n, bint brief) noexcept nogil
cdef void wait_for_zero(const int *value) noexcept nogil
