"""Scoring: blocks of rows stream through all layers, so extra memory does not grow with the number of rows.

Rows are independent and every sum has a fixed order: a row's result has the same bits alone, in any batch, on any
number of threads.
"""

from libc.stdint cimport int32_t, int64_t

from fastnn._kernels.scoring.columns cimport columns_forward
from fastnn._kernels.layers.dense cimport Dense, dense_forward
from fastnn._kernels.native.dtypes cimport FLOAT64, item_size
from fastnn._kernels.native.header cimport fastnn_csr
from fastnn._kernels.native.platform cimport fastnn_flush_denormals, fastnn_restore_denormals, fastnn_take
from fastnn._kernels.scoring.model cimport BLOCK, MOST_LAYERS, Input, Mode, Model, are_numbers
from fastnn._kernels.scoring.results cimport finish, n_columns, n_outputs
from fastnn._kernels.scoring.scratch cimport (block_rows, input_stride, looks_for_zeros, rows_size, scratch_size, tiles_size,
                                              widest_layer)
from fastnn._kernels.layers.shared cimport place_shared
from fastnn._kernels.layers.reduced cimport reduced_forward
from fastnn._kernels.layers.sparse cimport fill_rows, sparse_forward
from fastnn._kernels.layers.stage cimport Buffers, Pass
from fastnn._kernels.layers.stages cimport stage_forward
from fastnn._kernels.native.table cimport finite, floating, gather
from fastnn._kernels.native.team cimport team_work
from fastnn._kernels.layers.zeros cimport Tiles, find_columns, tile_size

cdef enum:
    SHARES = 1024       # most shares of the rows that a thread takes, about
    BRIEF = 1 << 24     # multiply-adds, some two hundred microseconds


cdef struct Job:        # rows to score, and which of them no thread has taken yet
    const Model *model
    Mode mode
    const Input *x
    void *out
    void *scratch
    Py_ssize_t scratch_size         # elements of each thread
    Py_ssize_t next, end, rows      # rows: taken at a time
    bint check, unsound             # whether rows are checked to be finite, and some are not


cdef bint score_checked(const Model *model, Mode mode, const Input *x, Py_ssize_t rows, void *out, floating *scratch,
                        int n_threads, bint check) noexcept nogil:
    """score_rows with the rows shared out; scratch holds n_threads times scratch_size elements.

    If asked, ends at rows that are not finite. Returns whether all are; of sparse ones, true.
    """
    cdef Job job
    if rows <= BLOCK and (n_threads == 1 or shares_columns(model, x)):
        if check and x.csr == NULL and not finite(model.k, x.x, x.x_other, rows * x.ldx, <floating> 0):
            return False
        score_rows(model, mode, x, 0, rows, out, scratch, n_threads)
        return True
    job.model, job.mode, job.x, job.out, job.scratch = model, mode, x, out, scratch
    job.check, job.unsound = check and x.csr == NULL, False
    job.scratch_size = scratch_size(model, x.csr != NULL, rows, <floating> 0)
    job.next, job.end, job.rows = 0, rows, share_rows(rows, n_threads)
    team_work(&member_f64 if floating is double else &member_f32, &job, n_threads, rows * row_work(model) < BRIEF)
    return not job.unsound


cdef bint score_as(const Model *model, Mode mode, const Input *x, Py_ssize_t rows, void *out, void *scratch, int n_threads,
                   bint check, int dtype) noexcept nogil:
    """score_checked of a model of the dtype of that number."""
    if dtype == FLOAT64:
        return score_checked(model, mode, x, rows, out, <double *> scratch, n_threads, check)
    return score_checked(model, mode, x, rows, out, <float *> scratch, n_threads, check)


cdef bint shares_columns(const Model *model, const Input *x) noexcept nogil:
    """Whether threads would share out the columns of layers rather than rows, if those are at most BLOCK."""
    return model.n_stages == 0 and model.n_layers <= MOST_LAYERS and x.csr == NULL


cdef inline double row_work(const Model *model) noexcept nogil:
    """Multiply-adds of a row, if it is not sparse."""
    cdef const Dense *layer
    cdef double work = 0
    cdef int l
    for l in range(model.n_stages):
        if model.stages[l].traits.matrix:
            layer = &model.dense[model.stages[l].layer]
            work += <double> layer.n_in * layer.n_out * model.stages[l].places
    for l in range(0 if model.n_stages else model.n_layers):
        work += <double> model.dense[l].n_in * model.dense[l].n_out
    return work


cdef void member_f32(void *job, int member) noexcept nogil:
    score_shares(<Job *> job, member, <float> 0)


cdef void member_f64(void *job, int member) noexcept nogil:
    score_shares(<Job *> job, member, <double> 0)


cdef void score_shares(Job *job, int member, floating tag) noexcept nogil:
    """Rows that no thread has taken yet, as long as there are any: what a thread comes too late for, others do."""
    cdef floating *scratch = <floating *> job.scratch + member * job.scratch_size
    cdef Py_ssize_t first = fastnn_take(&job.next, job.rows), end
    cdef Py_ssize_t row = job.x.ldx * item_size(job.x.x_other, tag)
    while first < job.end and not job.unsound:
        end = min(first + job.rows, job.end)
        if job.check and not finite(job.model.k, <const char *> job.x.x + first * row, job.x.x_other,
                                    (end - first) * job.x.ldx, tag):
            job.unsound = True
            return
        score_rows(job.model, job.mode, job.x, first, end, job.out, scratch, 1)
        first = fastnn_take(&job.next, job.rows)


cdef inline Py_ssize_t share_rows(Py_ssize_t rows, int n_threads) noexcept nogil:
    """Rows that a thread takes at a time: all shares alike, and a block or, of very many rows, some whole blocks."""
    cdef Py_ssize_t n = (rows + n_threads * BLOCK - 1) // (n_threads * BLOCK)       # of every thread
    n = n_threads * min(n, SHARES)
    n = (rows + n - 1) // n
    return n if n <= BLOCK else (n + BLOCK - 1) // BLOCK * BLOCK


cdef inline Py_ssize_t row_bytes(const Model *model, Mode mode, floating tag) noexcept nogil:
    return n_columns(model, mode) * <Py_ssize_t> (sizeof(int64_t) if are_numbers(mode) else sizeof(floating))


cdef void score_rows(const Model *model, Mode mode, const Input *x, Py_ssize_t first, Py_ssize_t end, void *out,
                     floating *scratch, int n_threads) noexcept nogil:
    """Rows first..end of out (., n_columns), packed, from the same rows of x. Several threads: see shares_columns."""
    cdef unsigned long long float_state = fastnn_flush_denormals()
    cdef Py_ssize_t block = block_rows(model, end - first, <floating> 0), n, unit = item_size(x.x_other, <floating> 0), lda
    cdef const void *from_x
    cdef const floating *a
    cdef floating *z
    cdef fastnn_csr csr
    # what is not a wide dense layer reads whole vectors: only gathered rows have the padding for it
    cdef bint direct = not x.x_other and not model.n_stages and not model.dense[0].narrow and x.csr == NULL
    cdef bint sparse = x.csr != NULL and not model.wants_rows
    cdef floating *own = scratch + scratch_size(model, True, end - first, <floating> 0)
    cdef Py_ssize_t counts[BLOCK]
    cdef Tiles tiles
    cdef bint some
    if model.wants_rows:
        own -= block * input_stride(model, <floating> 0) + tiles_size(model, block, <floating> 0)
    cdef floating *prepared = scratch       # of one thread, or of each of those that share out columns
    scratch += rows_size(model, block)
    tiles.columns, tiles.ld = <int32_t *> (own + block * input_stride(model, <floating> 0)), tile_size(model.n_in)
    tiles.counts = counts
    while first < end:
        n = min(block, end - first)
        from_x = <const char *> x.x + first * x.ldx * unit
        a, lda = <const floating *> from_x, x.ldx
        if x.csr != NULL:
            csr = x.csr[0]
            csr.indptr += first
        if not direct and not sparse:
            lda = input_stride(model, <floating> 0)
            if x.csr != NULL:
                fill_rows(&csr, NULL, n, own, lda)
            else:
                gather(model.k, n, model.n_in, from_x, x.x_other, x.ldx, NULL, NULL, own, lda)
            a = <const floating *> own
        # of a single row also if there are few: then nobody looks for them again
        some = (looks_for_zeros(model) and x.csr == NULL
                and (find_columns(model.k, &tiles, n, model.n_in, a, lda, True) or n == 1))
        if model.n_stages:
            z = stages_forward(model, n, a, lda, &csr if sparse else NULL, prepared, scratch)
        elif n_threads > 1:
            z = columns_forward(model, n, a, lda, &tiles if some else NULL, scratch, scratch + block * widest_layer(model),
                                prepared, scratch_size(model, x.csr != NULL, end - first, <floating> 0), n_threads)
        else:
            z = chain_forward(model, n, block, a, lda, &tiles if some else NULL, &csr if sparse else NULL, prepared,
                              scratch)
        finish(model, mode, n, n_outputs(model), z, last_stride(model),
               <void *> (<char *> out + first * row_bytes(model, mode, <floating> 0)))
        first += n
    fastnn_restore_denormals(float_state)


cdef inline Py_ssize_t last_stride(const Model *model) noexcept nogil:
    return model.stages[model.n_stages - 1].ld if model.n_stages else model.dense[model.n_layers - 1].ld


cdef floating *chain_forward(const Model *model, Py_ssize_t rows, Py_ssize_t block, const floating *a, Py_ssize_t lda,
                             const Tiles *some, const fastnn_csr *csr, floating *prepared,
                             floating *scratch) noexcept nogil:
    """Raw outputs of dense layers one after the other: two places take turns."""
    cdef Py_ssize_t widest = widest_layer(model)
    cdef floating *h = scratch
    cdef int l
    for l in range(model.n_layers):
        h = scratch + (l % 2) * block * widest
        if model.dense[l].reduced != NULL:
            if floating is float:
                reduced_forward(model.k, &model.dense[l], rows, a, lda, some if l == 0 else NULL, prepared, h)
        elif l == 0 and csr != NULL:
            sparse_forward(model.k, &model.dense[l], rows, csr, NULL, h, h)
        else:
            dense_forward(model.k, &model.dense[l], rows, a, lda, some if l == 0 else NULL, h, h)
        a, lda = <const floating *> h, model.dense[l].ld
    return h


cdef floating *stages_forward(const Model *model, Py_ssize_t rows, const floating *a, Py_ssize_t lda,
                              const fastnn_csr *csr, floating *prepared, floating *scratch) noexcept nogil:
    """Raw outputs of any net, by the stages that training runs too."""
    cdef Py_ssize_t line = 16
    cdef Buffers *buffers = <Buffers *> scratch
    cdef floating *free = scratch + (model.n_stages * sizeof(Buffers) // sizeof(floating) + line) // line * line
    cdef Pass p
    cdef int t, place
    for place in range(model.n_places):
        for t in range(model.n_stages):
            if model.place[t] == place:
                buffers[t].h = buffers[t].z = free
                buffers[t].spread = free + rows * model.places[place].ld
                if model.stages[t].traits.shares:
                    place_shared(&model.stages[t], &buffers[t], <floating *> buffers[t].spread + BLOCK, rows, 1)
        free += rows * model.places[place].ld + model.places[place].more
    p.k, p.stages, p.dense, p.buffers, p.custom = model.k, model.stages, model.dense, buffers, model.custom
    p.x, p.ldx, p.dx, p.csr, p.sample, p.packed = a, lda, NULL, csr, NULL, <void *> model.packed
    p.prepared = prepared
    p.rows, p.r0, p.r1, p.row_number, p.nonzero.columns = rows, 0, rows, 0, NULL
    p.training, p.track, p.seed, p.step, p.thread, p.team, p.barrier = False, False, 0, 0, 0, 1, NULL
    for t in range(model.n_stages):
        stage_forward(&p, t, <floating> 0)
    return <floating *> buffers[model.n_stages - 1].h
