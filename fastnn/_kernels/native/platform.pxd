"""What platform.h asks of the machine and of OpenMP, declared."""

from libc.stdint cimport uint64_t

cdef extern from "platform.h" nogil:
    bint FASTNN_OPENMP
    int fastnn_max_threads() noexcept
    int fastnn_team_size() noexcept
    ctypedef struct fastnn_barrier:
        pass
    void fastnn_wait(fastnn_barrier *b, int team) noexcept
    unsigned long long fastnn_ticks() noexcept
    Py_ssize_t fastnn_level2_bytes() noexcept
    Py_ssize_t fastnn_take(Py_ssize_t *next, Py_ssize_t n) noexcept
    bint fastnn_claim(uint64_t *free, int i) noexcept
    void fastnn_count_down(int *left) noexcept
    unsigned long long fastnn_flush_denormals() noexcept
    void fastnn_restore_denormals(unsigned long long found) noexcept
