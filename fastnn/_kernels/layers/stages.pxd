from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.native.header cimport fastnn_csr
from fastnn._kernels.native.platform cimport fastnn_barrier
from fastnn._kernels.native.table cimport Kernels, floating
from fastnn._kernels.layers.zeros cimport Tiles

cdef enum StageKind:    # in the order of STAGE_KINDS
    DENSE
    ACTIVATION
    CUSTOM              # an activation that is a pair of Python functions
    LAYER_NORM
    BATCH_NORM
    DROPOUT
    NOISE
    BERNOULLI           # a random bit with the input as its probability
    ADD

cdef struct Stage:
    # One step of the forward pass, described; where its outputs lie is a matter of who runs it.
    int kind                # a StageKind
    int source, other       # stages whose outputs it takes, -1: the input rows; `other` is ADD's alone
    int layer               # DENSE: its number among the dense layers
    int activation          # ACTIVATION: number in the C table; CUSTOM: number of the pair
    Py_ssize_t n, ld        # outputs and their row stride
    Py_ssize_t scale        # norms: offset of gain and shift, (2, n), in the parameter vector
    Py_ssize_t gain, shift  # and in the packed one
    Py_ssize_t mean, variance   # BATCH_NORM: those of the running statistics
    double value            # epsilon of a norm, rate of DROPOUT, standard deviation of NOISE
    double momentum         # BATCH_NORM: share of the batch in the running statistics
    # backward
    bint wanted             # there is something to learn here or before: its gradient is needed
    bint in_place           # the source's gradient is computed in the memory of its own
    bint add_source, add_other  # other stages have put gradients there already: add
    bint gates                  # a dense stage of ReLUs hands its derivative to the one stage behind it, a dense one

cdef struct Buffers:        # of one stage for a block of rows
    void *z                 # pre-activations where f' needs them, normalised inputs of a norm; else h
    void *h                 # outputs, (rows, ld)
    void *d                 # gradient of the loss: by the pre-activations of DENSE, else by the outputs
    void *apart             # where d lies, unless it is a gate's in groups of rows: that takes the place of h
    void *spread            # norms: 1 / standard deviation of each row, or (4, ld) of batch statistics, see BatchRow

cdef enum BatchRow:         # rows of a batch norm's statistics
    MEAN
    SPREAD                  # 1 / standard deviation
    SUM_D                   # sums over the batch of d and of d times the normalised input
    SUM_DX

cdef struct Pass:           # one thread's part of a pass through the stages
    Kernels k
    const Stage *stages
    const Dense *dense
    const Buffers *buffers
    void **custom           # pairs of Python functions
    const void *x           # the input rows of the block, padded, or
    Py_ssize_t ldx
    void *dx                # where the gradient by the input goes, or NULL
    const fastnn_csr *csr   # sparse ones
    const Py_ssize_t *sample
    Tiles nonzero           # what is not zero in the thread's input rows, its columns NULL if nobody is to look, and
    Py_ssize_t word         # their first word, see zeros.pxd
    void *packed
    Py_ssize_t rows         # of the block
    Py_ssize_t r0, r1       # the thread's
    Py_ssize_t row_number   # of the block's first row in its batch, for random numbers
    bint training           # batch statistics and random numbers, not their expectations
    bint track              # move the running statistics
    unsigned long long seed  # of random numbers, with
    long long step          # the number of the batch
    int thread, team
    fastnn_barrier *barrier

cdef void stage_forward(const Pass *p, int t, floating tag) noexcept nogil
cdef void stage_derivative(const Pass *p, int t, floating tag) noexcept nogil
cdef void stage_backward(const Pass *p, int t, floating tag) noexcept nogil
