from libc.stdint cimport uint64_t

from fastnn._kernels.families.shuffle cimport fastnn_shuffle
from fastnn._kernels.families.twister cimport Words
from fastnn._kernels.native.header cimport fastnn_csr, fastnn_isa
from fastnn._kernels.native.platform cimport fastnn_barrier
from fastnn._kernels.native.table cimport Kernels

cdef enum:
    STRIP = 48              # visible units that a thread takes at a time: a multiple of all vectors, and of three
    MARKS = 64              # bits of a word
    GROUP = 4               # panels that a row passes at once: csrc/families/rbm_some.inc

cdef struct Machine:
    Kernels k
    const fastnn_isa *isa
    const fastnn_shuffle *twister
    Py_ssize_t n_visible, n_hidden, panel, n_panels, n_strips
    Py_ssize_t group            # panels that a thread takes at a time
    Py_ssize_t most_rows, n_chains, ldv, ldh    # of a batch; chains, if persistent
    Py_ssize_t n_words          # of bits for all rows
    bint persistent, gaussian
    int gibbs                   # steps of the chains between two updates
    double learning_rate, momentum, decay, target, cost
    # Weights are panels of hidden units, [n_panels][n_visible][panel]; what is not there is NULL
    void *w
    void *bias_hidden           # (n_panels * panel,)
    void *bias_visible          # (n_visible,) and padding
    void *speed                 # of momentum, laid out as w and the two biases
    void *speed_hidden
    void *speed_visible
    void *activity              # (n_panels * panel,) running means of the hidden units, if these shall be sparse
    void *rows                  # (most_rows + n_chains, ldv): a batch, and behind it the chains' visible units
    void *chains                # (n_chains, ldh): their hidden units
    uint64_t *of_rows           # (most_rows + n_chains, n_strips): which units of a strip are not zero in a row
    uint64_t *of_units          # (n_words, n_visible): in which rows a unit is not zero
    void *scratch               # scratch_size for each thread: probabilities (rows, group of panels), and a gradient
    Py_ssize_t scratch_size
    Py_ssize_t *taken           # (2, threads, LINE): how much of each thread's share is taken, in turns of two phases
    double *uniform_visible     # NumPy's numbers for the phase to come; NULL: hashes are counted instead
    double *uniform_hidden
    Words words
    uint64_t seed
    long long sampled           # phases that have drawn random bits, in all calls
    # of a call
    const void *x               # (n_rows, ldx), unless csr
    Py_ssize_t ldx
    const fastnn_csr *csr
    Py_ssize_t n_rows, begin, end
    Py_ssize_t n_draws, drawn
    fastnn_barrier barrier

cdef struct Turn:               # where a thread is
    int thread, team
    long long phase             # in this call
    long long sampled           # as of Machine
    Py_ssize_t rows, chains     # of this batch

cdef enum What:
    FROM_DATA, WITHIN, LAST     # hidden phases: of the batch, to start chains; between visible ones; with the update

cdef void train_as(Machine *m, int n_threads, int dtype) noexcept nogil
