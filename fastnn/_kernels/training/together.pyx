"""The passes of several engines over their batches side by side: each whole on one thread, without the interpreter.

Nothing is shared but the data, and no thread waits for another before the end. The threads are the team of scoring, whose
caller takes passes too and does not wait for a thread that has not begun: where other work holds the processors, it does
them all. The bits of a pass do not depend on threads, so each engine's are those of its pass alone.
"""

from cpython.mem cimport PyMem_Calloc, PyMem_Free

from fastnn._kernels.training.epoch cimport sweep_as
from fastnn._kernels.native.platform cimport fastnn_take
from fastnn._kernels.native.team cimport team_work
from fastnn._kernels.training.sweep cimport Sweep
from fastnn._kernels.training.workspace cimport Workspace


cdef struct Member:
    Sweep *s
    int dtype


cdef struct Passes:     # and which of them no thread has taken yet
    Member *members
    Py_ssize_t n, next


def run_together(list engines, int n_threads):
    """Sweep over what each engine has prepared; their `result` follows. n_threads: at least 1."""
    cdef Passes passes
    cdef Workspace engine
    cdef Py_ssize_t i
    if n_threads < 1 or len(set(map(id, engines))) < len(engines):
        raise ValueError("needs a thread, and every engine once")
    for engine in engines:
        if not engine._ready:
            raise RuntimeError("nothing is prepared")
    passes.n, passes.next = len(engines), 0
    passes.members = <Member *> PyMem_Calloc(max(passes.n, 1), sizeof(Member))
    if passes.members == NULL:
        raise MemoryError()
    for i, engine in enumerate(engines):
        passes.members[i].s, passes.members[i].dtype = &engine.s, engine.plan.dtype.number
    with nogil:
        team_work(&take_passes, &passes, n_threads, False)
    PyMem_Free(passes.members)


cdef void take_passes(void *job, int thread) noexcept nogil:
    """Passes that no thread has taken yet, as long as there are any."""
    cdef Passes *passes = <Passes *> job
    cdef Member *member
    cdef Py_ssize_t i = fastnn_take(&passes.next, 1)
    while i < passes.n:
        member = &passes.members[i]
        sweep_as(member.s, 1, member.dtype)
        i = fastnn_take(&passes.next, 1)
