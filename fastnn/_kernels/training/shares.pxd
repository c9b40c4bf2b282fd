cdef enum:
    LINE = 8                    # doubles to a cache line: what a thread writes for itself lies apart

cdef struct Pace:
    # How fast each thread of the team gets through its share of a phase, and what its share is therefore.
    double *bounds              # (2, most + 1) thread t has from bounds[t] to bounds[t + 1] of the whole
    double *cost                # (most, LINE) ticks that the whole would take thread t; 0: not known

cdef struct Shares:
    int most, team
    long long version           # the bounds in force are set version % 2; the other is free to be changed
    long long turn              # of measuring
    int stride                  # turns from one measurement to the next; 0: the shares stay as they are
    Pace rows, strips

cdef void start_shares(Shares *s, int team) noexcept nogil
cdef const double *bounds_of(const Shares *s, const Pace *pace) noexcept nogil
cdef bint measures(const Shares *s) noexcept nogil
cdef void note(Pace *pace, int thread, unsigned long long ticks, double share) noexcept nogil
cdef void next_turn(Shares *s) noexcept nogil


cdef inline Py_ssize_t cut(Py_ssize_t n, const double *bounds, int thread) noexcept nogil:
    """Where a thread's share of n things begins, and that of the one before ends. bounds: NULL for a single thread."""
    if bounds == NULL:
        return n if thread else 0
    return <Py_ssize_t> (<double> n * bounds[thread] + 0.5)
