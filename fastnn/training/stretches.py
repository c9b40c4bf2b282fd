"""Stretches of training: what leaves Python, for one network alone or for several side by side.

A training is a generator of stretches: it prepares one, yields it, and goes on when somebody has
trained it and sends the seconds that it took. What it returns is its outcome. The bits of a stretch
depend neither on threads nor on its neighbours, so that a network trained among others is the
network trained alone.
"""

import time
from collections import deque
from typing import Any, NamedTuple

import numpy as np

from fastnn._kernels.training.together import Crew, run_together

__all__ = ["Stretch", "run_alone", "run_side_by_side"]

#: Rounds of each way of sharing threads that are measured, and after how many it is done anew.
_SAMPLES = 4
_TRUST = 100


class Stretch(NamedTuple):
    """Batches begin..end-1 of an epoch; all but the first as ``Trainer.train`` takes them."""

    trainer: Any
    data: tuple
    order: np.ndarray
    begin: int
    end: int
    learning_rate: float | np.ndarray
    rows_before: float

    def train(self):
        """Train it on as many threads as turn out to be best; return the seconds."""
        started = time.perf_counter()
        self.trainer.train(*self[1:])
        return time.perf_counter() - started

    def prepare(self):
        """All but the arithmetic: the engine that is ready for it. `trained` follows it."""
        return self.trainer.prepare(*self[1:])

    def trained(self):
        """Take what the engine has found."""
        self.trainer.trained(self.end - self.begin)


def run_alone(training):
    """Train all stretches of a generator, one after the other; return what it returns."""
    seconds = None
    while True:
        try:
            stretch = training.send(seconds)
        except StopIteration as end:
            return end.value
        seconds = stretch.train()


def run_side_by_side(trainings, n_threads, spare=()):
    """Train several generators of stretches, each to its end, whole on one thread at a time.

    Stretches stand in a line. Threads take them from its front while the caller's does what comes
    between them in Python: always for the oldest, so that the order of all that is fixed. Where
    fewer are left than there are threads, all threads share one after the other if that turns out
    to be quicker.

    Parameters
    ----------
    trainings : iterable of generator
    n_threads : int
    spare : tuple of exception classes
        Raised by one of them, they end that one alone.

    Returns
    -------
    list
        Of each, what it returned or the exception that ended it.

    Raises
    ------
    BaseException
        Any other that one of them raises, or Ctrl-C; the rest are closed.
    """
    trainings = dict(enumerate(trainings))
    outcomes, line = [None] * len(trainings), deque()
    crew, sharing = Crew(n_threads, len(trainings)), _Sharing(n_threads)

    def go_on(number, seconds):
        try:
            stretch = trainings[number].send(seconds)
        except StopIteration as end:
            outcomes[number] = end.value
        except spare as error:
            outcomes[number] = error.with_traceback(None)  # which would keep its memory
        else:
            at_work = len(trainings) > n_threads
            if at_work:
                crew.put(stretch.prepare())
            line.append((number, stretch, at_work))
            return
        del trainings[number]  # and with it the memory that it held

    try:
        for number in list(trainings):
            go_on(number, None)
        while line and line[0][-1]:
            seconds = crew.seconds()
            if seconds is not None:
                number, stretch, _ = line.popleft()
                stretch.trained()
                go_on(number, seconds)
        crew.close()
        while line:  # no more than there are threads
            numbers, stretches, _ = zip(*line, strict=True)
            line.clear()
            for number, seconds in zip(numbers, sharing.train(stretches), strict=True):
                go_on(number, seconds)
    finally:
        crew.close()
        for training in trainings.values():
            training.close()
    return outcomes


class _Sharing:
    """How threads share stretches of different networks: a network each or, where there are fewer
    networks than threads and that is quicker, all one network after the other."""

    def __init__(self, n_threads):
        self._n_threads = n_threads
        self._among = None

    def train(self, stretches):
        """Train them; return about the seconds that a thread, or the team, had of each."""
        n = len(stretches)
        if n == 1:
            return [stretches[0].train()]
        if n == self._n_threads:
            return self._side_by_side(stretches)
        if self._among != n:
            self._among, self._measured, self._rounds = n, {True: [], False: []}, 0
        by_turns = self._pick()
        started = time.perf_counter()
        seconds = (
            [stretch.train() for stretch in stretches]
            if by_turns
            else self._side_by_side(stretches)
        )
        steps = sum(stretch.end - stretch.begin for stretch in stretches)
        self._measured[by_turns].append((time.perf_counter() - started) / steps)
        return seconds

    def _pick(self):
        self._rounds += 1
        if self._rounds % _TRUST == 0:
            self._measured = {True: [], False: []}
        untried = [way for way, found in self._measured.items() if len(found) < _SAMPLES]
        if untried:
            return untried[-1]
        return min(self._measured[True]) < min(self._measured[False])

    def _side_by_side(self, stretches):
        started = time.perf_counter()
        run_together([stretch.prepare() for stretch in stretches], len(stretches))
        for stretch in stretches:
            stretch.trained()
        return [time.perf_counter() - started] * len(stretches)
