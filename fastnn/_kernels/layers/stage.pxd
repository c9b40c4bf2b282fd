"""A stage of a network, described; memory for what it computes; and a thread's part of a pass through all stages."""

from fastnn._kernels.layers.dense cimport Dense, Encoding
from fastnn._kernels.layers.kinds cimport KindTraits
from fastnn._kernels.layers.windows cimport Window
from fastnn._kernels.layers.zeros cimport Tiles
from fastnn._kernels.native.header cimport fastnn_csr
from fastnn._kernels.native.platform cimport fastnn_barrier
from fastnn._kernels.native.table cimport Kernels, floating

cdef struct Stage:
    # One step of the forward pass. It does not say where its outputs lie: that is decided by whoever runs it.
    int kind                # its number
    const KindTraits *traits
    int source, other       # the stages whose outputs it takes, -1: the input rows; `other` if it takes two
    int layer               # with a matrix: its number among these
    int activation          # ACTIVATION: number in the C table; CUSTOM: number of the pair
    Py_ssize_t n, ld        # outputs and their row stride
    # A row uses the stage's parameters at so many places, one where they are not shared, each for so many units. For the
    # gradient of the weights a batch of B rows is B * places virtual rows, summed in a fixed order.
    Py_ssize_t places, units
    bint once               # they are used at one place
    Py_ssize_t scale        # gain and shift, (2, units), begin here in the parameter vector,
    Py_ssize_t gain, shift  # and here in the packed one
    Py_ssize_t mean, variance   # and so do the running statistics
    double value            # epsilon of a norm, rate of DROPOUT, standard deviation of NOISE; see StageSpec
    const Encoding *encoding    # COLUMNS: what its codes are of; its outputs h are those
    const Window *window    # of kinds that see an image through one
    double momentum         # BATCH_NORM: share of the batch in the running statistics
    Py_ssize_t width        # a kind that shares its weights from step to step (shared.pyx): inputs of each
    Py_ssize_t padded       # units as whole vectors
    Py_ssize_t levels       # a step is the number of one of so many categories; 0: it is numbers
    Py_ssize_t own          # inputs of a use that come before those of the step: outputs of the step before, a one
    Py_ssize_t lda, ldg, lds, ldw   # row strides of a use's inputs, gates, state, and of what a step works with
    Py_ssize_t lengths      # column of the input that says how many steps there are, or -1
    Py_ssize_t truncate
    Py_ssize_t carried      # where the state before the first step begins in the input, or -1: it is zero
    Py_ssize_t total        # and the sum of outputs that a mean goes on from, or -1: see carry.pxd
    int cell, output
    bint reverse
    # the way back
    bint wanted             # its gradient is needed: there is something to learn in it or before it
    bint in_place           # its source's gradient is computed in the memory of its own
    bint add_source, add_other  # another stage has written to the gradient of the source (of `other`) before: add to it
    # a dense stage of ReLUs whose outputs only another dense stage reads: that one's product on the way back also applies
    # the derivative of these ReLUs, which is 1 where the output is positive and 0 elsewhere
    bint gates

cdef struct Buffers:        # memory of one stage for a block of rows
    void *z                 # pre-activations where f' needs them, normalised inputs of a norm; else the same as h
    void *h                 # outputs, (rows, ld)
    void *operand           # the same as rounded products take them (operands.pyx), or NULL: none does
    void *d                 # gradient of the loss by the outputs; by the pre-activations once stage_derivative has run
    # Memory for d beside h. In groups of rows (groups.pyx) the d of a stage that gates takes the place of h instead, which
    # is then no longer needed.
    void *apart
    void *spread            # norms: 1 / standard deviation of each row, or (4, ld) of batch statistics, see norms.pyx
    # Of a stage that shares its weights, one row for each use, step by step: (places, rows of the block, stride)
    void *uses              # inputs,
    void *gates             # outputs before their last function; going back, their gradients,
    void *states            # (places + 1, rows, lds) states before and after each step,
    void *work              # (rows, ldw)
    Py_ssize_t kept         # places; 1 where nobody goes back: then each step overwrites the last one's

cdef struct Batch:          # what the rows of a batch weigh, for batch norms
    const void *weight      # of every row of the data, or NULL: one each
    double total            # of the batch
    double unbiased         # factor of a variance that takes one degree of freedom off; 0: too few rows for a variance
    double rows             # so many rows of mean weight weigh what the batch does
    double whole            # and what a batch weighs that moves the running statistics by their momentum,
    double before           # and what the rows do that they are of already

cdef struct Pass:           # one thread's part of a pass through the stages
    Kernels k
    const Stage *stages
    const Dense *dense
    const Buffers *buffers
    void **custom           # pairs of Python functions
    const void *x           # the input rows of the block, padded, or
    const void *operand     # the same as rounded products take them
    Py_ssize_t ldx
    void *dx                # where the gradient by the input goes, or NULL
    const fastnn_csr *csr   # sparse ones
    const Py_ssize_t *sample
    Tiles nonzero           # where the thread's input rows are not zero; its columns are NULL if nobody has looked
    Py_ssize_t word         # and the number of their first word, see zeros.pxd
    void *packed
    Py_ssize_t rows         # of the block
    Py_ssize_t r0, r1       # of these, the thread's
    Py_ssize_t row_number   # of the block's first row in its batch, for random numbers
    const void *weight      # of every row of the data, or NULL: one each
    bint training           # with the statistics of the batch and random numbers; if not, as at prediction
    bint track              # move the running statistics
    Batch batch
    unsigned long long seed  # of random numbers, with
    long long step          # the number of the batch
    void *prepared          # memory for rows that meet reduced weights
    int thread, team
    fastnn_barrier *barrier


cdef inline const floating *input_of(const Pass *p, int source, floating tag) noexcept nogil:
    """First of the thread's rows of a stage's outputs, or of the input."""
    if source < 0:
        return <const floating *> p.x + p.r0 * p.ldx
    return <const floating *> p.buffers[source].h + p.r0 * p.stages[source].ld


cdef inline const floating *factors_of(const Pass *p, const Stage *stage, floating tag) noexcept nogil:
    """input_of a stage as its products take it."""
    if not (stage.traits.matrix and p.dense[stage.layer].rounded):
        return input_of(p, stage.source, tag)
    if stage.source < 0:
        return <const floating *> p.operand + p.r0 * p.ldx
    return <const floating *> p.buffers[stage.source].operand + p.r0 * p.stages[stage.source].ld


cdef inline floating *gradient_of(const Pass *p, int source, floating tag) noexcept nogil:
    """First of the thread's rows of the gradient by a stage's outputs, or by the input; NULL if nobody needs it."""
    if source < 0:
        return <floating *> p.dx + p.r0 * p.ldx if p.dx != NULL else NULL
    if not p.stages[source].wanted:
        return NULL
    return <floating *> p.buffers[source].d + p.r0 * p.stages[source].ld


cdef inline Py_ssize_t stride_of(const Pass *p, int source) noexcept nogil:
    """Row stride of a stage's outputs, or of the input."""
    return p.ldx if source < 0 else p.stages[source].ld
