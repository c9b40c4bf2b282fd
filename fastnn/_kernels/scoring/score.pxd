from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.stages cimport Stage
from fastnn._kernels.native.table cimport Kernels, fastnn_csr, floating

cdef enum Mode:         # what is asked of the last layer's raw outputs
    RAW
    PROBABILITY         # the output activation; for a regressor its prediction
    LOG_PROBABILITY
    CODES               # class numbers, or an indicator of labels

cdef enum:
    BLOCK = 48          # rows: whole tiles of every ISA (6, 8, 12), and the block's activations stay in the cache

cdef enum:
    SOFTMAX = -1        # as an output activation; others are numbers of activations, 0 the identity

cdef struct Model:
    Kernels k
    Py_ssize_t n_in
    int n_layers
    const Dense *dense
    # a net that is more than a chain of dense layers; n_stages is 0 where it is not
    int n_stages
    bint wants_rows     # as in Plan: sparse rows are filled with zeros
    const Stage *stages
    const void *packed
    void **custom
    int output          # SOFTMAX, or the number of the output activation
    bint binary         # one logistic output for two classes

cdef struct Input:      # rows to score
    const void *x       # (rows, ldx), of the model's dtype or, if x_other, of the other one
    bint x_other
    Py_ssize_t ldx
    const fastnn_csr *csr   # sparse rows instead, or NULL

cdef Py_ssize_t scratch_size(const Model *model, bint sparse, Py_ssize_t rows, floating tag) noexcept nogil
cdef bint score_checked(const Model *model, Mode mode, const Input *x, Py_ssize_t rows, void *out, floating *scratch,
                        int n_threads, bint check) noexcept nogil
cdef bint shares_columns(const Model *model, const Input *x) noexcept nogil
cdef void score_rows(const Model *model, Mode mode, const Input *x, Py_ssize_t first, Py_ssize_t end, void *out,
                     floating *scratch, int n_threads) noexcept nogil
