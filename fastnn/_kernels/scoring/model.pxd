"""What scoring reads: a network with its weights, the rows, and what is asked for."""

from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.stage cimport Stage
from fastnn._kernels.native.table cimport Kernels, fastnn_csr

cdef enum Mode:         # what is asked of the last layer's raw outputs
    RAW
    PROBABILITY         # the output activation; for a regressor its prediction
    LOG_PROBABILITY
    CODES               # class numbers, or an indicator of labels
    LARGEST             # the number of the largest raw output, the first of equal ones

cdef enum:
    MOST_LAYERS = 32    # dense layers that places on the stack are kept for; deeper nets go other ways
    BLOCK = 48          # rows: whole tiles of every ISA (6, 8, 12), and the block's activations stay in the cache

cdef enum:
    SOFTMAX = -1        # as an output activation; others are numbers of activations, 0 the identity

cdef struct Place:      # memory for the outputs of stages that take turns
    Py_ssize_t ld       # the widest of their rows
    Py_ssize_t more     # what stages keep there for rows or columns of a block

cdef struct Model:
    Kernels k
    Py_ssize_t n_in
    int n_layers
    const Dense *dense
    # a net that is more than a chain of dense layers; of a chain n_stages is 0
    int n_stages
    bint wants_rows     # as in Plan: sparse rows are filled with zeros
    const Stage *stages
    const int *place    # that of each stage
    int n_places
    const Place *places
    const void *packed
    void **custom
    int output          # SOFTMAX, or the number of the output activation
    bint activated      # the raw outputs have gone through it already
    bint binary         # one logistic output for two classes

cdef struct Input:      # rows to score
    const void *x       # (rows, ldx), of the model's dtype or, if x_other, of the other one
    bint x_other
    Py_ssize_t ldx
    const fastnn_csr *csr   # sparse rows instead, or NULL


cdef inline bint are_numbers(Mode mode) noexcept nogil:
    """Whether the results are integers of 64 bits."""
    return mode == CODES or mode == LARGEST
