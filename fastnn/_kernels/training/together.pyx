"""The passes of several engines over their batches side by side: each whole on one thread, without the interpreter.

Nothing is shared but the data. Passes stand in a line; helpers from the team of scoring take them from its front while the
caller, who puts them there, has the interpreter. When the caller needs a pass that is not done, it takes some as well: where
other work holds the processors, it does them all. The bits of a pass do not depend on threads, so each engine's are those of
its pass alone.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free

from fastnn._kernels.training.epoch cimport sweep_as
from fastnn._kernels.native.platform cimport fastnn_count_down
from fastnn._kernels.native.team cimport (nanoseconds, take_below, team_ask, team_hold, team_release, tell,
                                          wait_for_zero)
from fastnn._kernels.training.sweep cimport Sweep
from fastnn._kernels.training.workspace cimport Workspace


cdef struct Place:      # of a pass in the line
    Sweep *s
    int dtype
    int left            # 1 until it is done
    long long taken_for     # nanoseconds that it took


cdef struct Line:       # pass i has place i % n
    Place *places
    Py_ssize_t n, put, taken


cdef class Crew:
    """Threads that take passes from a line.

    Parameters
    ----------
    n_threads : int
        The caller's among them; at least 1.
    most : int
        Passes that are in the line, or done and not yet asked for, at a time.
    """

    cdef Line line
    cdef int helpers
    cdef bint held
    cdef Py_ssize_t asked_for
    cdef list engines

    def __cinit__(self, int n_threads, Py_ssize_t most):
        if n_threads < 1:
            raise ValueError("a crew needs a thread")
        self.line.n, self.helpers, self.engines = max(most, 1), n_threads - 1, [None] * max(most, 1)
        self.line.places = <Place *> PyMem_Calloc(self.line.n, sizeof(Place))
        if self.line.places == NULL:
            raise MemoryError()

    def put(self, Workspace engine):
        """Append the sweep over what an engine has prepared; returns the number of the pass."""
        cdef Py_ssize_t number = self.line.put
        cdef Place *place = &self.line.places[number % self.line.n]
        if not engine._ready or engine in self.engines:
            raise RuntimeError("nothing is prepared")
        if number - self.asked_for == self.line.n:
            raise RuntimeError("there is no place in the line")
        self.engines[number % self.line.n] = engine
        place.s, place.dtype, place.left = &engine.s, engine.plan.dtype.number, 1
        tell(&self.line.put, number + 1)
        self.call()
        return number

    cdef void call(self):
        """Helpers, if there is somebody and something to do."""
        if not self.helpers:
            return
        with nogil:
            self.held = self.held or team_hold(&take_passes, &self.line)
            if self.held and self.line.taken < self.line.put:
                team_ask(self.helpers)

    def seconds(self):
        """What the oldest pass that has not been asked for took, once it is done; the engine's `result` follows.

        None, at least once in a while, if it is not: then the caller has taken another one meanwhile.
        """
        cdef Place *place = &self.line.places[self.asked_for % self.line.n]
        if self.asked_for == self.line.put:
            raise RuntimeError("there is no pass to wait for")
        if self.helpers and place.left:
            self.call()
        with nogil:
            if place.left and not take_pass(&self.line):
                wait_for_zero(&place.left)
        if place.left:
            return None
        wait_for_zero(&place.left)      # and see what it has written
        self.engines[self.asked_for % self.line.n] = None
        self.asked_for += 1
        return place.taken_for * 1e-9

    def close(self):
        """Take no more passes and wait for those that have been taken."""
        while take_below(&self.line.taken, &self.line.put) >= 0:
            pass
        if self.held:
            with nogil:
                team_release()
            self.held = False

    def __dealloc__(self):
        if self.held:       # a helper may be at work on it, and wait for the interpreter
            with nogil:
                team_release()
        PyMem_Free(self.line.places)


def run_together(list engines, int n_threads):
    """Sweep over what each engine has prepared; their `result` follows. n_threads: at least 1."""
    crew = Crew(n_threads, len(engines))
    try:
        for engine in engines:
            crew.put(engine)
        for _ in engines:
            while crew.seconds() is None:
                pass
    finally:
        crew.close()


cdef void take_passes(void *line, int thread) noexcept nogil:
    """Passes that no thread has taken yet, as long as there are any."""
    while take_pass(<Line *> line):
        pass


cdef bint take_pass(Line *line) noexcept nogil:
    """The first that no thread has taken yet; whether there was one."""
    cdef Py_ssize_t number = take_below(&line.taken, &line.put)
    cdef Place *place
    cdef long long begun
    if number < 0:
        return False
    place, begun = &line.places[number % line.n], nanoseconds()
    sweep_as(place.s, 1, place.dtype)
    place.taken_for = nanoseconds() - begun
    fastnn_count_down(&place.left)
    return True
