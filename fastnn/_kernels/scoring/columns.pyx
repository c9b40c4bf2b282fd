"""A few rows through dense layers on several threads: each layer's columns are shared out.

So few rows wait for the weights to come from memory, and half the weights may fit a core's own cache where all do not:
a member of the team takes the same columns at every call, unless another is late. A layer begins when the one before
is whole; a share that nobody has begun is anybody's, so no one waits for a thread that has not come.
"""

from libc.stdint cimport uint64_t

from fastnn._kernels.layers.dense cimport Dense, dense_panels, full_panels
from fastnn._kernels.layers.reduced cimport Prepared, prepare, reduced_panels
from fastnn._kernels.native.platform cimport (fastnn_claim, fastnn_count_down, fastnn_flush_denormals,
                                              fastnn_restore_denormals)
from fastnn._kernels.scoring.model cimport MOST_LAYERS, Model
from fastnn._kernels.native.table cimport Kernels, floating
from fastnn._kernels.native.team cimport team_work, wait_for_zero

cdef enum:
    MOST_SHARES = 62        # of a layer, about: they are bits of a word
    SHARE = 2               # panels of a share: their loads keep a core busy

cdef struct Shares:         # of a layer
    uint64_t free               # a bit for each that no thread has taken
    int left                    # not done yet
    int n
    char apart[48]              # two layers' on cache lines of their own

cdef struct Job:
    const Model *model
    Py_ssize_t rows, lda
    const void *a           # (rows, lda) input
    const Tiles *some       # what is not zero in it, or NULL
    void *place[2]          # where layers put their outputs in turn
    void *prepared          # of each member, so many elements apart
    Py_ssize_t apart
    int members
    Shares layers[MOST_LAYERS]

cdef struct Own:            # of a member: the rows as the reduced weights of a layer take them
    void *scratch
    int layer               # -1: of none yet
    Prepared prepared


cdef inline Py_ssize_t share_panels(const Dense *layer, Kernels k, floating tag) noexcept nogil:
    cdef Py_ssize_t n = full_panels(k, layer, tag)
    return max(SHARE, (n + MOST_SHARES - 1) // MOST_SHARES)


cdef floating *columns_forward(const Model *model, Py_ssize_t rows, const floating *a, Py_ssize_t lda, const Tiles *some,
                               floating *first, floating *second, floating *prepared, Py_ssize_t apart,
                               int n_threads) noexcept nogil:
    """Raw outputs of at most MOST_LAYERS dense layers, in one of the two places, which have room for any layer's.

    prepared: memory for rows as reduced weights take them, that of each thread so many elements apart.
    """
    cdef Job job
    cdef Shares *shares
    cdef Py_ssize_t size
    cdef int l
    job.model, job.rows, job.a, job.lda, job.some, job.members = model, rows, a, lda, some, n_threads
    job.place[0], job.place[1], job.prepared, job.apart = first, second, prepared, apart
    for l in range(model.n_layers):
        shares, size = &job.layers[l], share_panels(&model.dense[l], model.k, <floating> 0)
        shares.n = <int> ((full_panels(model.k, &model.dense[l], <floating> 0) + size) // size)
        shares.left, shares.free = shares.n, (<uint64_t> 1 << shares.n) - 1
    team_work(&member_f64 if floating is double else &member_f32, &job, n_threads, True)
    return <floating *> job.place[(model.n_layers - 1) % 2]


cdef void member_f32(void *job, int member) noexcept nogil:
    take_part(<Job *> job, member, <float> 0)


cdef void member_f64(void *job, int member) noexcept nogil:
    take_part(<Job *> job, member, <double> 0)


cdef void take_part(Job *job, int member, floating tag) noexcept nogil:
    """One member's part of all layers: its own shares, then what others have not begun, their last ones first."""
    cdef unsigned long long float_state = fastnn_flush_denormals()
    cdef Shares *shares
    cdef int l, i, begin, end
    cdef Own own
    own.scratch, own.layer = <floating *> job.prepared + member * job.apart, -1
    for l in range(job.model.n_layers):
        shares = &job.layers[l]
        begin = (member * shares.n + job.members - 1) // job.members
        end = ((member + 1) * shares.n + job.members - 1) // job.members
        for i in range(begin, end):
            take_share(job, l, i, &own, tag)
        for i in range(shares.n - 1, -1, -1):
            if i < begin or i >= end:
                take_share(job, l, i, &own, tag)
        if l == job.model.n_layers - 1 and member:
            break
        wait_for_zero(&shares.left)
    fastnn_restore_denormals(float_state)


cdef void take_share(Job *job, int l, int i, Own *own, floating tag) noexcept nogil:
    cdef const Dense *layer = &job.model.dense[l]
    cdef const Tiles *some = NULL
    cdef Py_ssize_t size
    cdef const floating *x = <const floating *> job.place[(l + 1) % 2]
    cdef Py_ssize_t ldx = job.model.dense[max(l - 1, 0)].ld
    cdef floating *h = <floating *> job.place[l % 2]
    if not fastnn_claim(&job.layers[l].free, i):
        return
    if l == 0:
        x, ldx, some = <const floating *> job.a, job.lda, job.some
    size = share_panels(layer, job.model.k, tag)
    if layer.reduced != NULL:
        if floating is float:
            if own.layer != l:
                prepare(layer, job.rows, x, ldx, some, <float *> own.scratch, &own.prepared)
                own.layer = l
            reduced_panels(job.model.k, layer, job.rows, &own.prepared, i * size, (i + 1) * size, h)
    else:
        dense_panels(job.model.k, layer, job.rows, x, ldx, i * size, (i + 1) * size, some, h, h)
    fastnn_count_down(&job.layers[l].left)
