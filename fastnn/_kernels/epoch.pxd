from fastnn._kernels.dense cimport Dense
from fastnn._kernels.header cimport fastnn_barrier
from fastnn._kernels.plan cimport Layer, Strip
from fastnn._kernels.sparse cimport Entries
from fastnn._kernels.table cimport Kernels, fastnn_csr, floating

cdef struct Data:                   # rows picked by number: row r of a batch is row sample[r] of the data
    const void *x                   # (n_samples, ldx), of the network's dtype or, if x_other, of the other
    bint x_other
    Py_ssize_t ldx
    const fastnn_csr *csr           # sparse rows instead, or NULL
    const Py_ssize_t *labels        # (n_samples,) for softmax, else NULL
    const void *y                   # (n_samples, ldy)
    Py_ssize_t ldy
    const void *weight              # (n_samples,) or NULL
    const Py_ssize_t *order         # (n_rows,) row numbers in the order of training
    Py_ssize_t n_rows

cdef struct Sweep:                  # everything that a pass over batches reads and writes
    Kernels k
    Data data
    int n_layers, n_strips, loss
    const Layer *layers
    Dense *dense                    # bound to `packed`
    const Strip *strips
    # weights, moments, and the gradient (NULL: a strip's gradient is used up at once), all in packed order
    void *packed
    void *m
    void *v
    void *u
    void *gradient
    # workspace for block_rows rows
    Py_ssize_t block_rows, ldx
    void *x                         # (block_rows, ldx) the gathered input
    Entries entries                 # or, of sparse rows, what the gradient is made from
    double density                  # of the input: 1, or the share that sparse rows store
    void **z                        # per layer (block_rows, ld): raw outputs, the same as h where f' does not need them
    void **h                        # outputs
    void **d                        # gradient of the loss by z
    double *row_loss                # (block_rows,)
    double *squares                 # (n_strips,) sums of squared weights, before the update
    void *scratch                   # per thread (scratch_size,): the gradient of one strip
    Py_ssize_t scratch_size
    # what to do
    Py_ssize_t begin, end, batch_size
    int rule                        # update rule, or -1: no update
    const double *coefficients      # (end - begin, FASTNN_N_COEFFICIENTS)
    double alpha, loss_scale
    bint accumulate                 # add to the gradient that is there rather than start from zero
    fastnn_barrier barrier          # zero between calls
    # results
    double loss_sum                 # sum over batches of batch loss * rows
cdef void sweep_threads(Sweep *s, int n_threads, floating tag) noexcept nogil
