"""Scoring: blocks of rows stream through all layers, so extra memory does not grow with the number of rows.

Rows are independent and every sum has a fixed order: a row's result has the same bits alone, in any batch, on any
number of threads.
"""

from cython.parallel cimport parallel, threadid
from libc.math cimport exp, fabs, log, log1p
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from fastnn._kernels.dense cimport dense_forward
from fastnn._kernels.plan cimport row_stride
from fastnn._kernels.sparse cimport fill_rows, sparse_forward
from fastnn._kernels.header cimport fastnn_csr, fastnn_flush_denormals, fastnn_restore_denormals, fastnn_team_size
from fastnn._kernels.stages cimport BATCH_NORM, LAYER_NORM, Buffers, Pass, Stage, stage_forward
from fastnn._kernels.table cimport activation_forward, floating, gather, lanes, softmax

cdef enum:
    BLOCK = 48          # rows: whole tiles of every ISA (6, 8, 12), and the block's activations stay in the cache


cdef Py_ssize_t n_outputs(const Model *model) noexcept nogil:
    """Width of the last layer."""
    return model.stages[model.n_stages - 1].n if model.n_stages else model.dense[model.n_layers - 1].n_out


cdef Py_ssize_t n_columns(const Model *model, Mode mode) noexcept nogil:
    """Columns of the result."""
    if mode == CODES and (model.output == SOFTMAX or model.binary):
        return 1
    return 2 if model.binary and mode != RAW else n_outputs(model)


cdef inline Py_ssize_t input_stride(const Model *model, floating tag) noexcept nogil:
    return row_stride(model.n_in, lanes(model.k, tag), floating is double)


cdef inline Py_ssize_t widest_layer(const Model *model) noexcept nogil:
    cdef Py_ssize_t widest = 0
    cdef int l
    for l in range(model.n_layers):
        widest = max(widest, model.dense[l].ld)
    return widest


cdef Py_ssize_t scratch_size(const Model *model, bint sparse, Py_ssize_t rows, floating tag) noexcept nogil:
    """Elements that a thread needs to score so many rows: two layers' outputs and, unless sparse, a block's input.

    In a net that is not a chain any output may be read later: it needs those of all stages.
    """
    cdef Py_ssize_t block = min(rows, BLOCK), size = 0, line = 16
    cdef int t
    if not sparse or model.wants_rows:
        size = block * input_stride(model, tag)
    if not model.n_stages:
        return size + 2 * block * widest_layer(model)
    for t in range(model.n_stages):
        size += stage_size(&model.stages[t], block)
    return size + (model.n_stages * sizeof(Buffers) // sizeof(floating) + line) // line * line


cdef inline Py_ssize_t stage_size(const Stage *stage, Py_ssize_t block) noexcept nogil:
    """Elements for the outputs of a block and, of a norm, for the spreads of its rows or columns."""
    return block * stage.ld + (max(4 * stage.ld, <Py_ssize_t> BLOCK) if stage.kind == LAYER_NORM
                               or stage.kind == BATCH_NORM else 0)


cdef inline Py_ssize_t item_size(bint other_dtype, floating tag) noexcept nogil:
    """Of the model's dtype or of the other one."""
    return sizeof(float) + sizeof(double) - sizeof(floating) if other_dtype else sizeof(floating)


cdef void score_threads(const Model *model, Mode mode, const Input *x, Py_ssize_t rows, void *out, floating *scratch,
                        int n_threads) noexcept nogil:
    """score_rows with the rows shared out; scratch holds n_threads times scratch_size elements."""
    if n_threads == 1:
        score_rows(model, mode, x, 0, rows, out, scratch)
    else:
        with parallel(num_threads=n_threads):
            score_share(model, mode, x, rows, out, scratch, threadid(), fastnn_team_size())


cdef void score_share(const Model *model, Mode mode, const Input *x, Py_ssize_t rows, void *out, floating *scratch,
                      int thread, int team) noexcept nogil:
    score_rows(model, mode, x, rows * thread // team, rows * (thread + 1) // team, out,
               scratch + thread * scratch_size(model, x.csr != NULL, rows, <floating> 0))


cdef inline Py_ssize_t row_bytes(const Model *model, Mode mode, floating tag) noexcept nogil:
    return n_columns(model, mode) * <Py_ssize_t> (sizeof(int64_t) if mode == CODES else sizeof(floating))


cdef void score_rows(const Model *model, Mode mode, const Input *x, Py_ssize_t first, Py_ssize_t end, void *out,
                     floating *scratch) noexcept nogil:
    """Rows first..end of out (., n_columns), packed, from the same rows of x."""
    cdef unsigned long long float_state = fastnn_flush_denormals()
    cdef Py_ssize_t block = min(end - first, BLOCK), n, unit = item_size(x.x_other, <floating> 0), lda
    cdef const void *from_x
    cdef const floating *a
    cdef floating *z
    cdef fastnn_csr csr
    # what is not a wide dense layer reads whole vectors: only gathered rows have the padding for it
    cdef bint direct = not x.x_other and not model.n_stages and not model.dense[0].narrow
    cdef bint sparse = x.csr != NULL and not model.wants_rows
    cdef floating *own = scratch + scratch_size(model, True, end - first, <floating> 0)
    if model.wants_rows:
        own -= block * input_stride(model, <floating> 0)
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
                fill_rows(&csr, n, own, lda)
            else:
                gather(model.k, n, model.n_in, from_x, x.x_other, x.ldx, NULL, NULL, own, lda)
            a = <const floating *> own
        if model.n_stages:
            z = stages_forward(model, n, a, lda, &csr if sparse else NULL, scratch)
        else:
            z = chain_forward(model, n, block, a, lda, &csr if sparse else NULL, scratch)
        finish(model, mode, n, z, last_stride(model), <void *> (<char *> out + first * row_bytes(model, mode, <floating> 0)))
        first += n
    fastnn_restore_denormals(float_state)


cdef inline Py_ssize_t last_stride(const Model *model) noexcept nogil:
    return model.stages[model.n_stages - 1].ld if model.n_stages else model.dense[model.n_layers - 1].ld


cdef floating *chain_forward(const Model *model, Py_ssize_t rows, Py_ssize_t block, const floating *a, Py_ssize_t lda,
                             const fastnn_csr *csr, floating *scratch) noexcept nogil:
    """Raw outputs of dense layers one after the other: two places take turns."""
    cdef Py_ssize_t widest = widest_layer(model)
    cdef floating *h = scratch
    cdef int l
    for l in range(model.n_layers):
        h = scratch + (l % 2) * block * widest
        if l == 0 and csr != NULL:
            sparse_forward(model.k, &model.dense[l], rows, csr, NULL, h, h)
        else:
            dense_forward(model.k, &model.dense[l], rows, a, lda, h, h)
        a, lda = <const floating *> h, model.dense[l].ld
    return h


cdef floating *stages_forward(const Model *model, Py_ssize_t rows, const floating *a, Py_ssize_t lda,
                              const fastnn_csr *csr, floating *scratch) noexcept nogil:
    """Raw outputs of any net, by the stages that training runs too."""
    cdef Py_ssize_t line = 16
    cdef Buffers *buffers = <Buffers *> scratch
    cdef floating *free = scratch + (model.n_stages * sizeof(Buffers) // sizeof(floating) + line) // line * line
    cdef Pass p
    cdef int t
    for t in range(model.n_stages):
        buffers[t].h = buffers[t].z = free
        buffers[t].spread = free + rows * model.stages[t].ld
        free += stage_size(&model.stages[t], rows)
    p.k, p.stages, p.dense, p.buffers, p.custom = model.k, model.stages, model.dense, buffers, model.custom
    p.x, p.ldx, p.dx, p.csr, p.sample, p.packed = a, lda, NULL, csr, NULL, <void *> model.packed
    p.rows, p.r0, p.r1, p.row_number = rows, 0, rows, 0
    p.training, p.track, p.seed, p.step, p.thread, p.team, p.barrier = False, False, 0, 0, 0, 1, NULL
    for t in range(model.n_stages):
        stage_forward(&p, t, <floating> 0)
    return <floating *> buffers[model.n_stages - 1].h


cdef void finish(const Model *model, Mode mode, Py_ssize_t rows, floating *z, Py_ssize_t ld,
                 void *out) noexcept nogil:
    """From the raw outputs z of a block to its rows of the result."""
    cdef Py_ssize_t n = n_outputs(model), r, j
    cdef floating *to = <floating *> out
    cdef int64_t *code = <int64_t *> out
    if mode == PROBABILITY or mode == CODES:
        if model.output == SOFTMAX:
            softmax(model.k, rows, n, z, ld)
        elif model.output:
            activation_forward(model.k, model.output, rows, n, <const floating *> z, z, ld)
    for r in range(rows):
        if mode == CODES and model.output == SOFTMAX:
            code[r] = 0
            for j in range(1, n):
                if z[j] > z[code[r]]:
                    code[r] = j
        elif mode == CODES:
            for j in range(n):
                code[r * n + j] = z[j] > 0.5
        elif mode == LOG_PROBABILITY and model.output == SOFTMAX:
            log_softmax(n, z, to + r * n)
        elif mode == LOG_PROBABILITY and model.binary:
            to[2 * r], to[2 * r + 1] = log_logistic(-z[0]), log_logistic(z[0])
        elif mode == LOG_PROBABILITY:
            for j in range(n):
                to[r * n + j] = log_logistic(z[j])
        elif mode == PROBABILITY and model.binary:
            to[2 * r], to[2 * r + 1] = 1 - z[0], z[0]
        else:
            memcpy(to + r * n, z, n * sizeof(floating))
        z += ld


cdef inline floating log_logistic(floating z) noexcept nogil:
    """log(1 / (1 + e^-z)) without a probability that could round to zero."""
    return <floating> (min(<double> z, 0.0) - log1p(exp(-fabs(<double> z))))


cdef void log_softmax(Py_ssize_t n, const floating *z, floating *out) noexcept nogil:
    cdef double top = z[0], total = 0
    cdef Py_ssize_t j
    for j in range(1, n):
        top = max(top, <double> z[j])
    for j in range(n):
        total += exp(<double> z[j] - top)
    total = top + log(total)
    for j in range(n):
        out[j] = <floating> (z[j] - total)
