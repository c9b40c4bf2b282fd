"""Scoring straight from a user's arrays of weights: for a few rows, packing them first would cost more than the scoring.

Full panels are read where they are, with the row stride of the array; only what must be padded or transposed, the last
columns of a layer and layers of a few outputs, is copied.
"""

cimport numpy as cnp
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.string cimport memcpy, memset

from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.sparse cimport SparseRows
from fastnn._kernels.layers.tiles cimport panel_width, round_up, row_stride, tail_width
from fastnn._kernels.native.dtypes cimport dtype_of_tag
from fastnn._kernels.scoring.model cimport MOST_LAYERS, PROBABILITY, RAW, Input, Mode, Model
from fastnn._kernels.scoring.results cimport not_finite
from fastnn._kernels.scoring.score cimport score_rows
from fastnn._kernels.scoring.scratch cimport scratch_size
from fastnn._kernels.native.table cimport Kernels, finite, floating, kernels_of, lanes

cnp.import_array()

cdef enum:
    STACK_BYTES = 32768

cdef Kernels kernels = kernels_of(None)


def score_arrays(list coefs, list intercepts, int activation, int output, bint raw, object X, bint check_finite):
    """Outputs (n, n_out) of a network given by its arrays, or NotImplemented if an argument is not read in place.

    coefs and intercepts are C-contiguous ndarrays of one dtype, X a C-contiguous ndarray or a CSR matrix; activation
    and output are numbers of activations, -1 for softmax. Shapes that do not chain give NotImplemented too.
    """
    cdef Py_ssize_t n_layers = len(coefs)
    if n_layers == 0 or n_layers != len(intercepts) or n_layers > MOST_LAYERS or not readable(X):
        return NotImplemented
    if not cnp.PyArray_CheckExact(coefs[0]):
        return NotImplemented
    if cnp.PyArray_TYPE(<cnp.ndarray> coefs[0]) == cnp.NPY_DOUBLE:
        return score(coefs, intercepts, activation, output, raw, X, check_finite, <double> 0)
    return score(coefs, intercepts, activation, output, raw, X, check_finite, <float> 0)


cdef bint plain(object array, int ndim):
    """Whether an object is an ndarray that the kernels can read as it is."""
    if not cnp.PyArray_CheckExact(array):
        return False
    cdef cnp.ndarray a = <cnp.ndarray> array
    cdef int kind = cnp.PyArray_TYPE(a)
    cdef bint real = kind == cnp.NPY_FLOAT or kind == cnp.NPY_DOUBLE
    return real and cnp.PyArray_ISCARRAY_RO(a) and cnp.PyArray_NDIM(a) == ndim


cdef bint readable(object X):
    if cnp.PyArray_CheckExact(X):
        return plain(X, 2)
    return getattr(X, "format", None) == "csr" and X.ndim == 2 and X.dtype.char in "fd"


cdef object score(list coefs, list intercepts, int activation, int output, bint raw, object X, bint check_finite,
                  floating tag):
    cdef int own = cnp.NPY_DOUBLE if floating is double else cnp.NPY_FLOAT, l, n_layers = <int> len(coefs)
    cdef Dense dense[MOST_LAYERS]
    cdef Model model
    cdef Py_ssize_t rows, n_in, n_values, copied = 0
    cdef Input x
    cdef SparseRows sparse
    if cnp.PyArray_CheckExact(X):
        rows, n_in = cnp.PyArray_DIM(<cnp.ndarray> X, 0), cnp.PyArray_DIM(<cnp.ndarray> X, 1)
        x.x, x.x_other, x.ldx = cnp.PyArray_DATA(<cnp.ndarray> X), cnp.PyArray_TYPE(<cnp.ndarray> X) != own, n_in
        x.csr, n_values = NULL, rows * n_in
    else:
        rows, n_in = X.shape
        sparse = SparseRows(X, dtype_of_tag(tag).numpy)
        n_values = sparse.most_pairs(NULL, rows, max(rows, 1), max(rows, 1))
        x.x, x.x_other, x.ldx, x.csr = sparse.values(), False, 0, &sparse.csr
    for l in range(n_layers):
        if not plain(coefs[l], 2) or not plain(intercepts[l], 1):
            return NotImplemented
        if cnp.PyArray_TYPE(<cnp.ndarray> coefs[l]) != own or cnp.PyArray_TYPE(<cnp.ndarray> intercepts[l]) != own:
            return NotImplemented
        dense[l].n_in, dense[l].n_out = n_in, cnp.PyArray_DIM(<cnp.ndarray> coefs[l], 1)
        if cnp.PyArray_DIM(<cnp.ndarray> coefs[l], 0) != n_in or dense[l].n_out == 0 or n_in == 0:
            return NotImplemented
        if cnp.PyArray_DIM(<cnp.ndarray> intercepts[l], 0) != dense[l].n_out:
            return NotImplemented
        dense[l].activation = activation if l < n_layers - 1 else 0
        copied += shape(&dense[l], tag)
        n_in = dense[l].n_out
    if check_finite and not finite(kernels, x.x, x.x_other, n_values, tag):
        raise not_finite(tag)

    cdef cnp.npy_intp out_shape[2]
    out_shape[0], out_shape[1] = rows, n_in
    cdef cnp.ndarray out = cnp.PyArray_EMPTY(2, out_shape, own, 0)
    if rows == 0:
        return out
    model.k, model.n_in, model.n_layers, model.dense = kernels, dense[0].n_in, n_layers, dense
    model.n_stages, model.wants_rows = 0, False
    model.output, model.binary, model.activated = output, False, False
    cdef char stack[STACK_BYTES]
    cdef void *heap = NULL
    cdef floating *scratch = <floating *> ((<size_t> &stack[0] + 63) & ~<size_t> 63)
    cdef size_t size = (copied + scratch_size(&model, x.csr != NULL, rows, tag)) * sizeof(floating)
    if size > STACK_BYTES - 64:
        heap = PyMem_RawMalloc(size + 64)
        if heap == NULL:
            raise MemoryError()
        scratch = <floating *> ((<size_t> heap + 63) & ~<size_t> 63)
    for l in range(n_layers):
        scratch += bind(&dense[l], <const floating *> cnp.PyArray_DATA(<cnp.ndarray> coefs[l]),
                        <const floating *> cnp.PyArray_DATA(<cnp.ndarray> intercepts[l]), scratch)
    cdef void *to = cnp.PyArray_DATA(out)
    cdef Mode mode = RAW if raw else PROBABILITY
    if rows * cnp.PyArray_SIZE(<cnp.ndarray> coefs[0]) < 100000:
        score_rows(&model, mode, &x, 0, rows, to, scratch, 1)
    else:
        with nogil:
            score_rows(&model, mode, &x, 0, rows, to, scratch, 1)
    PyMem_RawFree(heap)
    return out


cdef Py_ssize_t shape(Dense *layer, floating tag) noexcept nogil:
    """Completes a layer of which n_in and n_out are known. Returns the elements that `bind` copies."""
    cdef Py_ssize_t width = lanes(kernels, tag)
    layer.ld = row_stride(layer.n_out, width, sizeof(floating))
    layer.needs_z, layer.reduced = False, NULL
    layer.narrow = 2 * layer.n_out <= width
    if layer.narrow:
        return round_up(layer.n_out * round_up(layer.n_in, width) + width, 16)
    return round_up((layer.n_in + 1) * tail_width(layer.n_out, width), 16)


cdef Py_ssize_t bind(Dense *layer, const floating *w, const floating *b, floating *copy) noexcept nogil:
    """Points the layer at w (n_in, n_out), b (n_out,) and, for what they cannot give as they are, at `copy`."""
    cdef Py_ssize_t width = lanes(kernels, <floating> 0), panel = 2 * width, n_in = layer.n_in, n_out = layer.n_out
    cdef Py_ssize_t tail = tail_width(n_out, width), rest = n_out % panel, size = shape(layer, <floating> 0), i, j
    cdef floating *to = copy
    layer.panels, layer.panel_stride, layer.ldb = w, panel, n_out
    layer.bias, layer.bias_stride = b, panel
    layer.transposed = NULL
    memset(copy, 0, size * sizeof(floating))
    if layer.narrow:
        layer.transposed = copy
        for i in range(n_in):
            if i % panel == 0:
                to = copy + i * n_out
                tail = panel_width(n_in - i, width)
            for j in range(n_out):
                to[j * tail + i % panel] = w[i * n_out + j]
        layer.bias = copy + n_out * round_up(n_in, width)
        memcpy(copy + n_out * round_up(n_in, width), b, n_out * sizeof(floating))
    elif tail:
        layer.tail, layer.tail_bias = copy, copy + n_in * tail
        for i in range(n_in):
            memcpy(copy + i * tail, w + i * n_out + n_out - rest, rest * sizeof(floating))
        memcpy(copy + n_in * tail, b + n_out - rest, rest * sizeof(floating))
    return size
