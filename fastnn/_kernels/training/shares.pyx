"""How much of the work each thread takes: equal shares at first, then as its core turns out to be quick.

Cores differ: processors have fast and frugal ones, and on a shared machine a neighbour's work slows down some. Threads that
meet at a barrier all wait for the slowest, so each notes how long its share of a phase takes it, without the waiting, and
now and then the shares are cut anew in proportion to the speeds. No bit of a result depends on who computes it.
"""

import numpy as np

from libc.math cimport fabs

cdef enum:
    MEASUREMENTS = 8            # between one look at the speeds and the next
    WEIGHT = 4                  # a measurement moves the estimate by a fourth of what it is off
    LEAST = 4                   # nobody's share is below a fourth of an equal one: it would not be measured any more

cdef double WORTH = 0.01        # of an equal share: a smaller change is left alone
cdef double FADE = 0.98         # a thread that had nothing to do counts as quicker and quicker, until it gets something


cdef void start_shares(Shares *s, int team) noexcept nogil:
    """Equal shares for a team of another size than before."""
    cdef int t
    if s.team == team:
        return
    s.team, s.version, s.turn = team, 0, 0
    for t in range(team + 1):
        s.rows.bounds[t] = s.strips.bounds[t] = <double> t / team
    for t in range(team):
        s.rows.cost[t * LINE] = s.strips.cost[t * LINE] = 0


cdef const double *bounds_of(const Shares *s, const Pace *pace) noexcept nogil:
    return pace.bounds + s.version % 2 * (s.most + 1)


cdef bint measures(const Shares *s) noexcept nogil:
    """Whether the threads should take the time of this turn."""
    return s.stride > 0 and s.turn % s.stride == 0


cdef void note(Pace *pace, int thread, unsigned long long ticks, double share) noexcept nogil:
    """A thread has been busy for so long with a share of a phase. A turn in which it was kept from running counts little."""
    cdef double *cost = pace.cost + thread * LINE
    cdef double now
    if share <= 0:
        cost[0] *= FADE
        return
    now = <double> ticks / share
    cost[0] = now if cost[0] == 0 else cost[0] + (min(now, 2 * cost[0]) - cost[0]) / WEIGHT


cdef void next_turn(Shares *s) noexcept nogil:
    """One thread calls this while none of the others reads what it changes or notes anything."""
    cdef const double *rows = bounds_of(s, &s.rows)
    cdef const double *strips = bounds_of(s, &s.strips)
    cdef Py_ssize_t free = (s.version + 1) % 2 * (s.most + 1)
    cdef bint moved
    if s.stride > 0 and s.turn % (s.stride * MEASUREMENTS) == s.stride * MEASUREMENTS - 1:
        moved = propose(s.rows.cost, s.team, rows, s.rows.bounds + free)
        moved |= propose(s.strips.cost, s.team, strips, s.strips.bounds + free)
        s.version += moved
    s.turn += 1


cdef bint propose(const double *cost, int team, const double *before, double *bounds) noexcept nogil:
    """Bounds of shares in proportion to the speeds; whether they are worth a change."""
    cdef double total = 0, least, kept = 0
    cdef bint known = True, moved = False
    cdef int t
    for t in range(team):
        known &= cost[t * LINE] > 0
        total += 1 / cost[t * LINE] if known else 0
    least = total / (LEAST * team)
    for t in range(team):
        kept += max(1 / cost[t * LINE], least) if known else 1
    bounds[0] = before[0]
    for t in range(team):
        bounds[t + 1] = bounds[t] + max(1 / cost[t * LINE], least) / kept if known else before[t + 1]
        moved |= fabs(bounds[t + 1] - before[t + 1]) * team > WORTH
    bounds[team] = 1            # whatever rounding has left
    return moved


def new_bounds(before, cost):
    """`propose` for threads of which the whole would take these costs: (worth a change, bounds)."""
    cdef int team = len(cost)
    cdef double[::1] old = np.array(before, np.float64), new = np.empty(team + 1)
    cdef double[:, ::1] lines = np.repeat(np.array(cost, np.float64)[:, None], LINE, axis=1)
    return propose(&lines[0, 0], team, &old[0], &new[0]), np.asarray(new)
