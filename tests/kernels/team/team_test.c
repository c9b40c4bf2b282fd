/* The team of threads under ThreadSanitizer: several callers at once, jobs that follow closely and jobs after a rest.
   Every share of every job must be done exactly once before the call returns. Run by tests/sanitize.sh. */
#include <stdio.h>
#include <stdlib.h>

#include "../../../fastnn/_kernels/native/team.h"

enum { CALLERS = 4, SHARES = 37, JOBS = 3000 };

static int helped;   /* shares that others than the caller did */

typedef struct {
    ptrdiff_t next;
    int done[SHARES];
    uint64_t free;
    int left;
} job;

static void do_share(job *j, int i, int member)
{
    for (volatile int work = 0; work < 200; work++) continue;
    j->done[i]++;
    if (member) __atomic_add_fetch(&helped, 1, __ATOMIC_RELAXED);
}

static void by_number(void *p, int member)
{
    job *j = p;
    for (ptrdiff_t i = fastnn_take(&j->next, 1); i < SHARES; i = fastnn_take(&j->next, 1)) do_share(j, (int)i, member);
}

static void by_claim(void *p, int member)
{
    job *j = p;
    for (int k = 0; k < SHARES; k++) {
        int i = (k + 9 * member) % SHARES;
        if (!fastnn_claim(&j->free, i)) continue;
        do_share(j, i, member);
        fastnn_count_down(&j->left);
    }
    fastnn_spin(&j->left, 1, 0);
    for (int i = 0; i < SHARES; i++)   /* what others wrote is to be seen by all */
        if (j->done[i] != 1) abort();
}

static void *call(void *seed)
{
    unsigned state = (unsigned)(size_t)seed;
    for (int n = 0; n < JOBS; n++) {
        job j = {.free = ((uint64_t)1 << SHARES) - 1, .left = SHARES};
        fastnn_team_work(rand_r(&state) % 2 ? by_claim : by_number, &j, 1 + rand_r(&state) % 5, rand_r(&state) % 2);
        for (int i = 0; i < SHARES; i++)
            if (j.done[i] != 1) {
                fprintf(stderr, "share %d was done %d times\n", i, j.done[i]);
                abort();
            }
        if (rand_r(&state) % 100 == 0) {
            struct timespec rest = {0, rand_r(&state) % 1000000};
            nanosleep(&rest, NULL);
        }
    }
    return NULL;
}

int main(void)
{
    pthread_t callers[CALLERS];
    for (size_t i = 0; i < CALLERS; i++) pthread_create(&callers[i], NULL, call, (void *)(i + 1));
    for (int i = 0; i < CALLERS; i++) pthread_join(callers[i], NULL);
    printf("%d jobs of %d shares: each done once, %d by helpers\n", CALLERS * JOBS, SHARES, helped);
    return helped == 0;
}
