/* What Cython has no spelling for: the barrier, the clock, the size of the cache, the flush of denormals. */
#ifndef FASTNN_PLATFORM_H
#define FASTNN_PLATFORM_H

#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#ifdef _OPENMP
#include <omp.h>
#define FASTNN_OPENMP 1
#else
#define FASTNN_OPENMP 0
#endif

/* Binds to the enclosing parallel region; outside one it does nothing. */
static inline int fastnn_max_threads(void)
{
#ifdef _OPENMP
    return omp_get_max_threads();
#else
    return 1;
#endif
}

static inline int fastnn_team_size(void)
{
#ifdef _OPENMP
    return omp_get_num_threads();
#else
    return 1;
#endif
}

/* A barrier for steps of microseconds: the last to arrive releases the others by a store, without the system call of
   OpenMP's own. Who waits long gives up the processor: its partner may be waiting for it. */
typedef struct {
    int waiting;
    char apart[60]; /* the two fields on cache lines of their own */
    int round;
} fastnn_barrier;

enum { FASTNN_SPINS = 2000 }; /* some ten microseconds */

static inline void fastnn_pause(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static inline void fastnn_wait(fastnn_barrier *b, int team)
{
    int round = __atomic_load_n(&b->round, __ATOMIC_RELAXED);
    if (__atomic_add_fetch(&b->waiting, 1, __ATOMIC_ACQ_REL) == team) {
        __atomic_store_n(&b->waiting, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&b->round, round + 1, __ATOMIC_RELEASE);
        return;
    }
    for (int spins = 0; __atomic_load_n(&b->round, __ATOMIC_ACQUIRE) == round; spins++) {
        if (spins < FASTNN_SPINS)
            fastnn_pause();
        else
            sched_yield();
    }
}

/* A clock that all cores share, in units of its own. */
static inline uint64_t fastnn_ticks(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

/* Takes n numbers, which no other thread gets; returns the first. */
static inline ptrdiff_t fastnn_take(ptrdiff_t *next, ptrdiff_t n) { return __atomic_fetch_add(next, n, __ATOMIC_RELAXED); }

/* Whether this thread is the one that takes bit i of a set of what is free. */
static inline int fastnn_claim(uint64_t *free, int i)
{
    uint64_t bit = (uint64_t)1 << i;
    if (!(__atomic_load_n(free, __ATOMIC_RELAXED) & bit)) return 0;
    return (__atomic_fetch_and(free, ~bit, __ATOMIC_ACQ_REL) & bit) != 0;
}

/* Tells who waits for zero that one of so many things is done. */
static inline void fastnn_count_down(int *left) { __atomic_sub_fetch(left, 1, __ATOMIC_ACQ_REL); }

/* Bytes of a core's second-level cache, or what is usual where the system does not tell. */
static inline ptrdiff_t fastnn_level2_bytes(void)
{
    long found = 0;
#ifdef _SC_LEVEL2_CACHE_SIZE
    found = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    return found >= 1 << 16 ? found : 1 << 20;
}

/* Denormals are flushed to zero between begin and end: Adam's moments of dead units decay into them, and each one costs
   a hundred ordinary operations. The state is the calling thread's own and is put back as it was found. */
#if defined(__x86_64__)
#include <xmmintrin.h>
static inline uint64_t fastnn_flush_denormals(void)
{
    unsigned found = _mm_getcsr();
    _mm_setcsr(found | 0x8040); /* flush to zero, denormals are zero */
    return found;
}
static inline void fastnn_restore_denormals(uint64_t found) { _mm_setcsr((unsigned)found); }
#elif defined(__aarch64__)
static inline uint64_t fastnn_flush_denormals(void)
{
    uint64_t found;
    __asm__ volatile("mrs %0, fpcr" : "=r"(found));
    __asm__ volatile("msr fpcr, %0" : : "r"(found | (UINT64_C(1) << 24)));
    return found;
}
static inline void fastnn_restore_denormals(uint64_t found) { __asm__ volatile("msr fpcr, %0" : : "r"(found)); }
#else
static inline uint64_t fastnn_flush_denormals(void) { return 0; }
static inline void fastnn_restore_denormals(uint64_t found) { (void)found; }
#endif

#endif
