/* Threads for work that is over in tens of microseconds, which OpenMP's cannot serve: they have to meet at the end, and one
   that was asleep may lie on the caller's own processor behind another that spins there, for milliseconds.
   Here the caller never waits for a thread that has not begun. Who calls while the team is taken works alone. */
#ifndef FASTNN_TEAM_H
#define FASTNN_TEAM_H

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "platform.h"

enum { FASTNN_HELPERS = 255, FASTNN_AWAKE = 200000 }; /* most helpers; nanoseconds they stay awake for the next job */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    int taken;   /* a caller has the team */
    int helpers; /* threads that exist */
    int asleep;  /* of them */
    int wanted;  /* that may still begin the job */
    int begun;
    int running;
    void (*work)(void *job, int member);
    void *job;
    int processor; /* of the caller */
    int64_t ended; /* when the last job did */
} fastnn_pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .processor = -1};

static int64_t fastnn_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Waits, on the processor, until *value is zero, or until it is not; a deadline of 0 is none. */
static void fastnn_spin(const int *value, int zero, int64_t deadline)
{
    for (int spins = 0; (__atomic_load_n(value, __ATOMIC_ACQUIRE) == 0) != zero; spins++) {
        if (spins < FASTNN_SPINS / 4) {
            fastnn_pause();
            continue;
        }
        if (deadline && fastnn_now() > deadline) return;
        sched_yield(); /* whom we wait for may be waiting for this processor */
    }
}

/* A thread is often woken on the processor of its waker, above all in virtual machines, and then stays there. */
static int fastnn_here(void)
{
#ifdef __linux__
    return sched_getcpu();
#else
    return -1;
#endif
}

/* Allows the calling thread what the process may use: without one processor, or that one alone, or (-1) all. */
static void fastnn_confine(int without, int only)
{
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(getpid(), sizeof set, &set) != 0) return;
    if (without >= 0 && without < CPU_SETSIZE) CPU_CLR(without, &set);
    if (only >= 0 && only < CPU_SETSIZE && CPU_ISSET(only, &set)) {
        CPU_ZERO(&set);
        CPU_SET(only, &set);
    }
    if (CPU_COUNT(&set)) sched_setaffinity(0, sizeof set, &set);
#else
    (void)without, (void)only;
#endif
}

/* Moves the calling thread off the caller's processor. */
static void fastnn_leave_caller(void)
{
    int callers = __atomic_load_n(&fastnn_pool.processor, __ATOMIC_RELAXED);
    if (callers >= 0 && fastnn_here() == callers) {
        fastnn_confine(callers, -1);
        fastnn_confine(-1, -1);
    }
}

static void fastnn_sleep(void)
{
    fastnn_leave_caller();
    fastnn_confine(-1, fastnn_here()); /* to wake up here, where the caller is not */
    pthread_mutex_lock(&fastnn_pool.lock);
    fastnn_pool.asleep++;
    /* once: who comes too late for the job stays awake for the next, on another processor */
    if (fastnn_pool.wanted == 0) pthread_cond_wait(&fastnn_pool.wake, &fastnn_pool.lock);
    fastnn_pool.asleep--;
    pthread_mutex_unlock(&fastnn_pool.lock);
    fastnn_confine(-1, -1);
}

static void fastnn_join(void)
{
    pthread_mutex_lock(&fastnn_pool.lock);
    int member = fastnn_pool.wanted ? ++fastnn_pool.begun : 0;
    if (member) {
        __atomic_store_n(&fastnn_pool.wanted, fastnn_pool.wanted - 1, __ATOMIC_RELAXED);
        __atomic_add_fetch(&fastnn_pool.running, 1, __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(&fastnn_pool.lock);
    fastnn_leave_caller();
    if (member) {
        fastnn_pool.work(fastnn_pool.job, member);
        __atomic_sub_fetch(&fastnn_pool.running, 1, __ATOMIC_RELEASE);
    }
}

static void *fastnn_helper(void *unused)
{
    (void)unused;
    for (;;) {
        fastnn_leave_caller();
        fastnn_spin(&fastnn_pool.wanted, 0, fastnn_now() + FASTNN_AWAKE);
        if (__atomic_load_n(&fastnn_pool.wanted, __ATOMIC_RELAXED) == 0) fastnn_sleep();
        fastnn_join();
    }
    return NULL;
}

static void fastnn_forget_helpers(void) /* in the child of a fork they do not exist */
{
    pthread_mutex_init(&fastnn_pool.lock, NULL);
    pthread_cond_init(&fastnn_pool.wake, NULL);
    fastnn_pool.taken = fastnn_pool.helpers = fastnn_pool.asleep = fastnn_pool.wanted = fastnn_pool.running = 0;
}

static void fastnn_hire(int helpers) /* with the lock held */
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    if (helpers > FASTNN_HELPERS) helpers = FASTNN_HELPERS;
    if (fastnn_pool.helpers >= helpers) return;
    static int registered;
    if (!registered) registered = pthread_atfork(NULL, NULL, fastnn_forget_helpers) == 0;
    if (!registered) return;
    sigfillset(&all); /* signals are for the threads of the interpreter */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    while (fastnn_pool.helpers < helpers && pthread_create(&thread, &attributes, fastnn_helper, NULL) == 0)
        fastnn_pool.helpers++;
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Takes the team, if nobody has it: whether the caller may now ask helpers to do work(job, 1), work(job, 2) ... */
static inline int fastnn_team_hold(void (*work)(void *job, int member), void *job)
{
    if (__atomic_exchange_n(&fastnn_pool.taken, 1, __ATOMIC_ACQUIRE)) return 0;
    pthread_mutex_lock(&fastnn_pool.lock);
    fastnn_pool.work = work;
    fastnn_pool.job = job;
    fastnn_pool.begun = 0;
    pthread_mutex_unlock(&fastnn_pool.lock);
    return 1;
}

/* Asks for so many helpers at a time, those that are still at work among them; returns at once. Whoever holds the team may
   ask again when there is more to do. */
static inline void fastnn_team_ask(int helpers)
{
    __atomic_store_n(&fastnn_pool.processor, fastnn_here(), __ATOMIC_RELAXED);
    pthread_mutex_lock(&fastnn_pool.lock);
    fastnn_hire(helpers);
    int more = helpers - __atomic_load_n(&fastnn_pool.running, __ATOMIC_RELAXED);
    __atomic_store_n(&fastnn_pool.wanted, more > 0 ? more : 0, __ATOMIC_RELEASE);
    if (more > 0 && fastnn_pool.asleep) pthread_cond_broadcast(&fastnn_pool.wake);
    pthread_mutex_unlock(&fastnn_pool.lock);
}

/* Gives the team back when all helpers that have begun are done. */
static inline void fastnn_team_release(void)
{
    pthread_mutex_lock(&fastnn_pool.lock);
    __atomic_store_n(&fastnn_pool.wanted, 0, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&fastnn_pool.lock);
    fastnn_spin(&fastnn_pool.running, 1, 0);
    fastnn_pool.ended = fastnn_now();
    __atomic_store_n(&fastnn_pool.taken, 0, __ATOMIC_RELEASE);
}

/* work(job, 0) on this thread and work(job, 1), work(job, 2) ... on up to n - 1 others, as they come. Returns when all that
   have begun are done: the work must be such that those who do come do all of it. To wake a thread takes some twenty
   microseconds: for a brief job that is done only if another has just ended, so that the next may find it awake. */
static inline void fastnn_team_work(void (*work)(void *job, int member), void *job, int n, int brief)
{
    if (n <= 1 || !fastnn_team_hold(work, job)) {
        work(job, 0);
        return;
    }
    if (brief && fastnn_now() - fastnn_pool.ended > FASTNN_AWAKE) {
        work(job, 0);
        fastnn_pool.ended = fastnn_now();
        __atomic_store_n(&fastnn_pool.taken, 0, __ATOMIC_RELEASE);
        return;
    }
    fastnn_team_ask(n - 1);
    work(job, 0);
    fastnn_team_release();
}

/* Takes one number, if there is one below the end; returns it, or -1. What was written before the end was told is seen. */
static inline ptrdiff_t fastnn_take_below(ptrdiff_t *next, const ptrdiff_t *end)
{
    ptrdiff_t n = __atomic_load_n(next, __ATOMIC_RELAXED);
    while (n < __atomic_load_n(end, __ATOMIC_ACQUIRE))
        if (__atomic_compare_exchange_n(next, &n, n + 1, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) return n;
    return -1;
}

/* Tells others of a number, and with it of what was written before. */
static inline void fastnn_tell(ptrdiff_t *end, ptrdiff_t n) { __atomic_store_n(end, n, __ATOMIC_RELEASE); }

#endif
