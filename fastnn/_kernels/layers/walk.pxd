"""A row's steps in the memory of a stage with shared weights: where each lies, and which rows have it."""

from libc.string cimport memset

from fastnn._kernels.layers.stage cimport Buffers, Pass, Stage
from fastnn._kernels.native.table cimport floating

cdef struct Run:            # rows of a block that are neighbours and all have a step
    Py_ssize_t begin, end


cdef inline Py_ssize_t use(const Stage *stage, const Buffers *buffers, Py_ssize_t rows, Py_ssize_t step) noexcept nogil:
    """The number of the first row's use at a step, among `uses` and `gates`."""
    return step * rows if buffers.kept == stage.places else 0


cdef inline Py_ssize_t before(const Stage *stage, const Buffers *buffers, Py_ssize_t rows,
                              Py_ssize_t step) noexcept nogil:
    """The same among `states`, of the state before a step,"""
    return (step + stage.reverse) * rows if buffers.kept == stage.places else 0


cdef inline Py_ssize_t after(const Stage *stage, const Buffers *buffers, Py_ssize_t rows, Py_ssize_t step) noexcept nogil:
    """and of the state after it."""
    return (step + 1 - stage.reverse) * rows if buffers.kept == stage.places else 0


cdef inline Py_ssize_t step_number(const Stage *stage, Py_ssize_t i) noexcept nogil:
    """The i-th step in the order in which they are taken."""
    return stage.places - 1 - i if stage.reverse else i


cdef inline Py_ssize_t length_of(const Stage *stage, const Buffers *buffers, Py_ssize_t r, floating tag) noexcept nogil:
    """How many steps row r of the block has."""
    if stage.lengths < 0:
        return stage.places
    return <Py_ssize_t> (<const floating *> buffers.spread)[r]


cdef inline void note_lengths(const Pass *p, const Stage *stage, const Buffers *buffers, floating tag) noexcept nogil:
    """Write down how many steps each of the thread's rows has, whatever its last column holds."""
    cdef const floating *x = <const floating *> p.x
    cdef floating *lengths = <floating *> buffers.spread
    cdef floating n
    cdef Py_ssize_t r
    if stage.lengths < 0:
        return
    for r in range(p.r0, p.r1):
        n = x[r * p.ldx + stage.lengths]
        lengths[r] = 0 if not n > 0 else min(n, <floating> stage.places)


cdef inline Run next_run(const Stage *stage, const Buffers *buffers, Py_ssize_t from_row, Py_ssize_t end, Py_ssize_t step,
                         floating tag) noexcept nogil:
    """The next of the rows from_row..end that have a step; none are left where it begins at the end."""
    cdef Run run
    run.begin, run.end = from_row, end
    if stage.lengths < 0:
        return run
    while run.begin < end and length_of(stage, buffers, run.begin, tag) <= step:
        run.begin += 1
    run.end = run.begin
    while run.end < end and length_of(stage, buffers, run.end, tag) > step:
        run.end += 1
    return run


cdef inline void look_up(const Stage *stage, Py_ssize_t rows, const floating *x, Py_ssize_t ldx,
                         floating *a) noexcept nogil:
    """Of the categories x the indicators; those of another number are all zero."""
    cdef Py_ssize_t r
    for r in range(rows):
        memset(a + r * stage.lda, 0, stage.levels * sizeof(floating))
        if 0 <= x[r * ldx] < <floating> stage.levels:
            a[r * stage.lda + <Py_ssize_t> x[r * ldx]] = 1
