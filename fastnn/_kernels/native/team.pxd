cdef void team_work(void (*work)(void *, int) noexcept nogil, void *job, int n, bint brief) noexcept nogil
cdef bint team_hold(void (*work)(void *, int) noexcept nogil, void *job) noexcept nogil
cdef void team_ask(int helpers) noexcept nogil
cdef void team_release() noexcept nogil
cdef void wait_for_zero(const int *value) noexcept nogil
cdef long long nanoseconds() noexcept nogil
cdef Py_ssize_t take_below(Py_ssize_t *next, const Py_ssize_t *end) noexcept nogil
cdef void tell(Py_ssize_t *end, Py_ssize_t n) noexcept nogil
