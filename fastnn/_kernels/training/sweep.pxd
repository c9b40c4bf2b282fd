from libc.stdint cimport uint16_t, uint32_t

from fastnn._kernels.families.reduced cimport fastnn_reduced
from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.plan cimport Layer, Strip
from fastnn._kernels.native.platform cimport fastnn_barrier
from fastnn._kernels.training.shares cimport Shares
from fastnn._kernels.layers.sparse cimport Entries
from fastnn._kernels.layers.stage cimport Buffers, Stage
from fastnn._kernels.native.table cimport Kernels, fastnn_csr, floating
from fastnn._kernels.layers.zeros cimport Zeros

cdef struct Data:                   # rows picked by number: row r of a batch is row sample[r] of the data
    const void *x                   # (n_samples, ldx), of the network's dtype or, if x_other, of the other
    bint x_other
    Py_ssize_t ldx
    const fastnn_csr *csr           # sparse rows instead, or NULL
    const Py_ssize_t *labels        # (n_samples,) for softmax, else NULL
    const void *y                   # (n_samples, ldy)
    Py_ssize_t ldy
    const void *weight              # (n_samples,) or NULL
    const void *parameter           # (n_out,) of the loss, one an output, or NULL
    const Py_ssize_t *order         # (n_rows,) row numbers in the order of training
    Py_ssize_t n_rows

cdef struct Targets:                # sparse rows that are to be given back: targets of a block, dense
    void *y                         # (block_rows, ld), or NULL: the targets are other ones
    Py_ssize_t ld
    void *weight                    # (block_rows,)
    const Py_ssize_t *order         # 0, 1, 2, ...

cdef struct StepLosses:             # of a loss at every step of a row, see steps.pyx; per thread
    Py_ssize_t steps                # of a row; 0: a row has one loss
    Py_ssize_t ld
    void *outputs                   # (steps, ld)
    double *losses                  # (steps,)
    Py_ssize_t *numbers             # (steps,) of those that have a target

cdef struct Copies:                 # of what a large layer's gradient reads, see copies.pyx; NULL: none
    void *x
    void *d

cdef struct Halves:                 # what a layer with products of tiles multiplies, see halves.pyx; x is NULL: it has none
    uint16_t *x                     # its inputs as rows,
    uint16_t *columns               # and as columns
    uint16_t *d                     # the gradient as rows,
    uint32_t *words                 # and as words

cdef struct Side:                   # units whose use is counted: the input of some layers, or what the units of one send on
    int stage                       # whose outputs they are, -1: the input
    Py_ssize_t n, at                # units, and where their numbers begin in the vectors of all

cdef struct Plasticity:             # how much use has stiffened each weight: usage.pyx counts, plastic.pyx takes the steps
    int by                          # what makes a weight thick, see plastic.pxd
    double strength, decay, least, loss
    int n_sides
    Side *sides
    const int *inputs               # of each layer, the number of its side, or -1
    const int *outputs
    Py_ssize_t n_units              # of all sides, padded
    double *use                     # (n_units,) decaying sums of mean activity
    double *sums                    # (groups, n_units) of the step's activity
    void *factor                    # (n_units,) use over the mean use of its side,
    void *past                      # and what it was before the step
    double steps, past_steps        # decaying sums of one a step
    void *thickness                 # (n_master,) by gradient; of weights drawn to anchors their importance; else NULL
    void *anchor
    double *squares                 # (n_strips, 2) sums of squared gradients of weights and of biases,
    double *mean_square             # (layers and stages, 2) and their means

cdef struct Sweep:                  # everything that a pass over batches reads and writes
    Kernels k
    Data data
    int n_stages, n_dense, n_strips, loss
    const Stage *stages
    const Layer *layers
    Dense *dense                    # bound to `packed` as training multiplies,
    Dense *plain                    # and as scores do
    const fastnn_reduced *rounding  # to bfloat16, of what dense layers multiply: see operands.pyx; NULL: as it is
    void **custom                   # activations that are Python functions
    const Strip *strips
    # weights, moments, and the gradient (NULL: a strip's gradient is used up at once), all in packed order
    void *packed
    void *m
    void *v
    void *u
    void *gradient
    void *average                   # moving average of the weights, or NULL
    const void *free                # 0 for each weight that is to stay zero, else 1; NULL: all are free
    # workspace for block_rows rows or, if there are groups, a block of each thread
    Py_ssize_t block_rows, n_in, ldx
    Py_ssize_t chunk_rows           # of a thread's, that go forward and back at a time; 0: all
    void *x                         # (block_rows, ldx) the gathered input
    void *operand                   # the same as rounded products take it: x itself unless other stages need that
    Entries entries                 # or, of sparse rows, what the gradient is made from
    Targets targets                 # and what they are compared with, if with themselves
    StepLosses each_step
    bint skips_zeros                # the input has so many that they are worth leaving out
    Zeros zeros
    double density                  # share of the first layer's products that is left when zeros of the input are left out
    Buffers *buffers                # per stage
    Copies *copies                  # per dense layer
    Halves *halves                  # the same, or NULL
    void *dx                        # (block_rows, ldx) gradient by the input, or NULL
    double *row_loss                # (block_rows,)
    int n_groups                    # of a batch's rows that have a gradient each, see groups.pyx; 1: the batch as a whole
    void *group_gradients           # (n_groups, n_master) places for gradients, see group_sum in sums.pyx
    double *group_loss              # (n_groups,)
    Py_ssize_t n_master             # weights in packed order
    double *penalty                 # (n_strips,) of the weights before the update, without the batch's weight
    double *norms                   # (n_strips,) sums of squared gradients
    void *scratch                   # per thread (SCRATCH_STRIPS, scratch_size): a strip's gradient, sums of groups
    Py_ssize_t scratch_size
    # what to do
    Py_ssize_t begin, end, batch_size
    bint training                   # with batch statistics and random numbers
    bint track                      # moving the running statistics, which are of
    double rows_before              # so many rows before those of batch `begin`; infinity: of more than a batch can matter
    double whole_batch              # rows that move them by their momentum
    double mean_weight              # of a row
    unsigned long long seed         # of random numbers, with the number of the step that batch `begin` is
    long long step
    int rule                        # update rule, or -1: no update
    const double *coefficients      # (end - begin, FASTNN_N_COEFFICIENTS)
    double l2, l1                   # penalties of the weights, whole
    double clip_value, clip_norm    # bounds of a gradient's elements and of its norm, or infinity
    double max_norm                 # bound of the norm of a unit's incoming weights, or infinity
    double average_decay
    double loss_low, loss_high      # what a reported log loss is kept between
    double loss_scale
    Plasticity *plasticity          # or NULL: all weights move freely
    bint tied                       # some layers have another one's matrix: see ties.pyx
    void *exchange                  # adds up the gradients of several processes, see exchange.pyx; NULL: there is one
    double *totals                  # (3,) what it adds up beside them
    bint failed
    bint accumulate                 # add to the gradient that is there rather than start from zero
    fastnn_barrier barrier          # zero between calls
    Shares shares                   # what each thread takes of the rows and of the strips
    bint waits_in_rows              # for statistics of the batch: how long rows take tells nothing about a thread
    # results
    double loss_sum                 # sum over batches of batch loss * rows
