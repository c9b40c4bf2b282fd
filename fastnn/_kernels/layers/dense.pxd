from libc.stdint cimport int32_t

from fastnn._kernels.families.reduced cimport fastnn_products, fastnn_reduced_columns, fastnn_reduced_inputs
from fastnn._kernels.native.header_tiles cimport fastnn_tiles
from fastnn._kernels.native.table cimport Kernels, floating
from fastnn._kernels.layers.zeros cimport Tiles

cdef struct Encoding:               # raw columns as the kernels read them, see encoded.pyx
    Py_ssize_t n                    # how many there are
    Py_ssize_t n_entries            # of an encoded row
    Py_ssize_t n_pieces             # of all lines
    const void *columns             # (n,) fastnn_column of the network's dtype

cdef struct Reduced:        # a dense layer's weights in fewer bits, see reduced.pyx
    const fastnn_products *by
    Py_ssize_t n_in, n_out
    Py_ssize_t lanes            # of a vector of float32, and rows of a tile
    int tile_rows
    Py_ssize_t words            # of a part of a row as the products read it, four bytes each
    Py_ssize_t n_panels
    Py_ssize_t stride           # bytes of a panel
    const char *panels
    fastnn_reduced_columns columns
    fastnn_reduced_inputs inputs
    bint slices                 # of float32: some rows go by the layer's own weights

cdef struct Dense:
    # One dense layer as the kernels read it. Pointers are void because a struct cannot be fused.
    Py_ssize_t n_in, n_out
    Py_ssize_t ld                   # row stride of its outputs
    int activation
    bint needs_z                    # the derivative reads z: z and h are kept apart
    bint narrow                     # few outputs: weights stored transposed only
    bint rounded                    # of training: what it multiplies has been rounded to bfloat16, see rounded.pxd
    const fastnn_tiles *tiles       # whose products then are its own, panels being of words (halves.pyx); NULL: none's
    # a wide layer: full panels of `panel` columns, then one narrower panel for the rest
    const void *panels              # (n_full, n_in, panel) with strides panel_stride, ldb
    Py_ssize_t panel_stride, ldb
    const void *bias                # of panel p at bias + p * bias_stride
    Py_ssize_t bias_stride
    const void *tail                # (n_in, tail_width), row stride tail_width
    const void *tail_bias           # (tail_width,)
    # transposed panels (ceil(n_in / panel), n_out, panel); NULL where no gradient flows back
    const void *transposed
    # of encoded columns: these, and the bases and slopes of their lines, panel after panel
    const Encoding *encoding
    const void *table
    const Reduced *reduced          # weights in fewer bits instead, of scoring alone, or NULL

cdef void dense_forward(Kernels k, const Dense *layer, Py_ssize_t rows, const floating *x, Py_ssize_t ldx,
                        const Tiles *some, floating *z, floating *h) noexcept nogil
cdef Py_ssize_t full_panels(Kernels k, const Dense *layer, floating tag) noexcept nogil
cdef void dense_panels(Kernels k, const Dense *layer, Py_ssize_t rows, const floating *x, Py_ssize_t ldx, Py_ssize_t first,
                       Py_ssize_t end, const Tiles *some, floating *z, floating *h) noexcept nogil
cdef void dense_backward(Kernels k, const Dense *layer, Py_ssize_t rows, const floating *d, const floating *gate,
                         floating *dx, Py_ssize_t ldx, bint accumulate) noexcept nogil

cdef inline bint has_few_outputs(const Dense *layer) noexcept nogil:
    """Whether few_outputs_backward takes the layer."""
    return layer.narrow and layer.n_out <= 4

cdef void few_outputs_backward(Kernels k, const Dense *layer, Py_ssize_t first, Py_ssize_t count, Py_ssize_t rows,
                               const floating *d, const floating *x, bint gated, floating *dx, Py_ssize_t ldx, floating *g,
                               bint accumulate) noexcept nogil

cdef void narrow_gradient(Kernels k, const Dense *layer, Py_ssize_t count, Py_ssize_t rows, const floating *d,
                          const floating *x, Py_ssize_t ldx, floating *g, bint accumulate) noexcept nogil

cdef inline bint are_few(Py_ssize_t n, Py_ssize_t mr, Py_ssize_t lanes) noexcept nogil:
    """Whether few_columns_gradient is less work than dense_gradient for a panel of n real columns and mr inputs.

    Not for one or two columns: the kernel that it calls sums these in another order, and bits would differ.
    """
    return 3 <= n <= lanes // 2 < mr

cdef void few_columns_gradient(Kernels k, Py_ssize_t mr, Py_ssize_t n, Py_ssize_t rows, const floating *a, Py_ssize_t lda,
                               const floating *b, Py_ssize_t ldb, floating *g, bint accumulate) noexcept nogil
cdef void dense_gradient(Kernels k, Py_ssize_t mr, Py_ssize_t nr, Py_ssize_t rows, const floating *a, Py_ssize_t lda,
                         const floating *b, Py_ssize_t ldb, floating *g, bint accumulate) noexcept nogil
