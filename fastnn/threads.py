"""How many threads: the one place that decides."""

import math
import os
import time
from collections import deque
from functools import cache
from numbers import Integral

from fastnn._cpus import cpu_count
from fastnn._kernels.native import table
from fastnn._kernels.scoring import threads as scoring

#: ``n_threads_for(rows, n_params, chain, most)``: threads for scoring so many rows.
n_threads_for = scoring.n_threads_for

_forked = False


def _after_fork():
    global _forked
    _forked = True
    scoring.set_automatic_n_threads(effective_n_threads)


# The OpenMP runtime does not survive a fork: a child that opened a parallel region would hang.
os.register_at_fork(after_in_child=_after_fork)


def effective_n_threads(n_jobs: int | None = None) -> int:
    """Number of threads that a call with this `n_jobs` may use.

    Parameters
    ----------
    n_jobs : int or None
        None or -1: all that the process may use, which is the least of the CPU affinity, the
        container's quota and ``OMP_NUM_THREADS``; -2: one less, and so on.
        A positive number is taken as it is.

    Returns
    -------
    int
        At least 1; 1 in a build without OpenMP and in a forked child of a process that may have
        used threads.

    Raises
    ------
    ValueError
        For 0, or what is no int.
    """
    # Asking an abstract class takes as long as scoring a row, so an int itself is not asked about.
    if type(n_jobs) is not int and n_jobs is not None and not isinstance(n_jobs, Integral):
        raise ValueError(f"n_jobs must be an int or None, got {n_jobs!r}")
    if n_jobs == 0:
        raise ValueError("n_jobs == 0 has no meaning; use None for all, or a number of threads")
    if _forked or not table.openmp():
        return 1
    if n_jobs is not None and n_jobs > 0:
        return int(n_jobs)
    most = table.max_threads()
    if not os.environ.get("OMP_NUM_THREADS"):
        most = min(most, _cpu_count())
    return max(1, most + 1 + (-1 if n_jobs is None else n_jobs))


@cache
def _cpu_count():
    """CPUs that the process may use; asking the container takes longer than scoring a hundred
    rows."""
    return cpu_count()


scoring.set_automatic_n_threads(effective_n_threads)

#: A step that takes less than this on one thread is over before a team could meet at its barriers.
_SHORTEST_STEP = 5e-6

#: A step that must take this long on one thread makes several likely to win.
_LONG_STEP = 2e-4

#: What is to be done must take this long for a trial of several threads to pay.
_WORTH_TRYING = 10e-3

#: Seconds of a trial, and of one multiply-add, about.
_TRIAL = 1e-3
_MULTIPLY_ADD = 1e-11

#: Steps of a team's first meetings. Threads have to be made or woken for one; after it a team that
#: is still so many times slower than one thread is hopeless.
_PROBE = 4
_MEETINGS = 2
_HOPELESS = 5

#: Measurements of each number of threads. The least one counts: what other processes add is chance.
_SAMPLES = 3

#: Fewer threads that are this much slower than more of them need no second measurement.
_SLOWER = 1.4

#: After so many calls and seconds the numbers of threads are measured anew: other processes come
#: and go.
_TRUST = 50
_TRUST_SECONDS = 0.25

#: That several threads win serves the next fit of its kind for so many seconds: the fits of a
#: search or of cross-validation may be too short for a trial each. That a team no longer wins is
#: seen after three measurements; one thread would never show that a team would win.
_MEMORY_SECONDS = 1.0

#: Kind of training -> when a team won, and the seconds that each number of threads took.
_measured = {}
_MOST_KINDS = 100


class ThreadChoice:
    """Chooses the number of threads of a training run by measuring it.

    Results do not depend on the number, so it may change from call to call. On an idle machine all
    threads win but for the smallest steps; where other work holds the processors, a team waits for
    its slowest member at every barrier, and one thread can be a hundred times faster.

    Parameters
    ----------
    most : int
        Threads allowed.
    work : float
        Multiply-adds of a step, about.
    kind : hashable, optional
        What is trained. A choice begins with the team that won for another of its kind just now.
    """

    def __init__(self, most, work, kind=None):
        powers = (1 << i for i in range(most.bit_length()))
        self._candidates = sorted({most, *(n for n in powers if n <= most)})
        self._guess = work * _MULTIPLY_ADD
        self._samples = {}
        self._meetings = {1: _MEETINGS}
        self._calls = 0
        self._spent = 0.0
        self._since = 0, 0.0
        self._trying = False
        size = round(4 * math.log2(max(work, 1)))  # folds of about the same number of rows share
        self._kind = None if kind is None else (most, size, kind)
        self._recall()

    def pick(self, steps):
        """The number of threads for the next of so many steps, and how many to take with it."""
        if len(self._candidates) == 1:
            return self._candidates[0], steps
        step = self._seconds(1, self._guess)
        untried = [n for n in self._candidates if not self._is_known(n)]
        if not untried:
            best = min(self._samples, key=self._seconds)
            self._remember(best)
            return best, steps
        ahead = max(self._spent, step * steps)  # as much as lies behind, if not more
        if self._calls and (step < _SHORTEST_STEP or ahead < _WORTH_TRYING):
            return 1, steps
        self._trying = True
        # the first call is no measurement: before much work it had better make the threads
        first = not self._calls and step > _LONG_STEP and ahead >= _WORTH_TRYING
        several = first or step > _TRIAL
        n_threads = untried[-1] if several else min(untried, key=self._n_samples)
        few = max(1, int(_TRIAL / step))
        if self._meetings.get(n_threads, 0) < _MEETINGS:
            few = min(few, _PROBE)
        return n_threads, min(steps, few)

    def took(self, n_threads, seconds, steps=1):
        """Report the seconds that a step took with so many threads, and the number of steps."""
        if len(self._candidates) == 1:
            return
        self._calls += 1
        self._spent += seconds * steps
        if self._calls == 1:
            return  # cold caches
        met = self._meetings[n_threads] = self._meetings.get(n_threads, 0) + 1
        hopeless = met == _MEETINGS and seconds >= _HOPELESS * self._seconds(1, seconds)
        if met <= _MEETINGS and n_threads > 1 and not hopeless:
            return
        calls, spent = self._since
        if self._calls - calls >= _TRUST and self._spent - spent >= _TRUST_SECONDS:
            self._samples, self._meetings = {}, {1: _MEETINGS, n_threads: _MEETINGS}
            self._since = self._calls, self._spent
        samples = self._samples.setdefault(n_threads, deque(maxlen=_SAMPLES))
        samples.extend([seconds] * (_SAMPLES if hopeless else 1))

    def _recall(self):
        when, seconds = _measured.get(self._kind, (-math.inf, {}))
        if time.monotonic() - when < _MEMORY_SECONDS:
            for n, least in seconds.items():
                self._samples[n] = deque([least] * _SAMPLES, maxlen=_SAMPLES)
                self._meetings[n] = _MEETINGS

    def _remember(self, best):
        """A team that has won a trial, for the next choice of this kind; not one that has lost."""
        if best == 1:
            _measured.pop(self._kind, None)
        elif self._trying and self._kind is not None:
            if len(_measured) >= _MOST_KINDS:
                _measured.clear()
            _measured[self._kind] = time.monotonic(), {n: self._seconds(n) for n in self._samples}
        self._trying = False

    def _seconds(self, n_threads, default=None):
        samples = self._samples.get(n_threads)
        return min(samples) if samples else default

    def _n_samples(self, n_threads):
        return len(self._samples.get(n_threads, ()))

    def _is_known(self, n_threads):
        samples = self._samples.get(n_threads, ())
        if not samples or len(samples) == _SAMPLES:
            return bool(samples)
        more = [self._seconds(n) for n in self._samples if n > n_threads]
        return bool(more) and min(samples) > _SLOWER * min(more)


class FixedThreads:
    """In the place of a `ThreadChoice`, for tests and benchmarks: always all threads allowed.

    Parameters
    ----------
    most : int
    work, kind : optional
        Do not matter.
    """

    def __init__(self, most, work=None, kind=None):
        self._most = most

    def pick(self, steps):
        """All threads, for all steps."""
        return self._most, steps

    def took(self, n_threads, seconds, steps=1):
        """Learn nothing from it, but insist on the number picked."""
        if n_threads != self._most:
            raise ValueError(f"n_threads must be {self._most}, as picked, got {n_threads}")
