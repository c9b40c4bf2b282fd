from fastnn._kernels.families.reduced cimport fastnn_reduced
from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.stage cimport Stage
from fastnn._kernels.native.dtypes cimport Dtype
from fastnn._kernels.native.header_tiles cimport fastnn_tiles
from fastnn._kernels.native.table cimport Kernels

cdef struct Layer:
    Dense dense                     # shapes; its pointers are set by Plan.bind
    int stage
    bint bias                       # without one the bias stays zero
    Py_ssize_t coef, intercept      # offsets in the parameter vector: (n_in, columns), (columns,)
    # In the packed weights columns come in blocks, each padded to whole vectors: the gates of a recurrent layer. Of others
    # all are one block.
    Py_ssize_t columns, block, padded
    int tied                        # layer whose matrix it has, transposed: `coef` is that one's; -1: one of its own
    # offset in the packed vector. Wide: panels [.][n_in + 1][width], the bias last; narrow: transposed panels
    # [.][n_out][width], then the bias (lanes,)
    Py_ssize_t w, size              # of all that
    Py_ssize_t rounded              # offset of a copy of it in bfloat16, laid out alike, or -1
    bint tiled                      # that copy, and the transposed one, are words (halves.pyx)
    Py_ssize_t wt                   # offset of the transposed panels [.][n_out][width], or -1
    Py_ssize_t strip_rows           # inputs in one strip of a wide panel, unless they are encoded
    Py_ssize_t table                # of encoded columns: of their lines, or -1

cdef struct Strip:
    # A piece of a stage's packed parameters that one thread computes the gradient of and updates at once: some inputs
    # of a panel of weights and, with the last of them, its bias; or some gains of a norm, with the shifts as `bias`.
    int stage, layer                # layer -1: of gains
    Py_ssize_t first, count         # inputs
    Py_ssize_t column, width        # wide: first output and panel width
    Py_ssize_t offset, size         # weights in the packed vector
    Py_ssize_t bias, bias_width     # offset and width of the bias that belongs to the strip; width 0: none
    int begin, end                  # of encoded columns: those whose entries the inputs are
    double cost                     # multiply-adds of an update, in numbers as many as the weights; about
    double row_cost                 # and per row of the batch

cdef class Plan:
    cdef Kernels k
    cdef const fastnn_reduced *rounding     # NULL: no layer has a rounded copy
    cdef const fastnn_tiles *tiles          # that multiply them, or NULL
    cdef Layer *layers
    cdef Strip *strips
    cdef Stage *stages
    cdef readonly int n_layers, n_strips, n_stages, n_tied
    cdef readonly bint chain        # dense layers only, one after the other
    cdef readonly bint wants_rows   # a stage takes the input that cannot read sparse rows
    cdef readonly Py_ssize_t n_in
    cdef readonly str isa
    cdef readonly Dtype dtype
    cdef readonly Py_ssize_t lanes, n_params, n_master, n_packed, statistics, strip_size
    cdef readonly double row_work   # multiply-adds of a row, forward
    cdef dict windows               # of each stage that sees an image through one, by number, its Windowed
    cdef dict encoded               # of each stage that encodes, by number, its Encoded
    cdef Dense bind(self, int layer, const void *packed, bint rounded=*)
