"""A dense layer over encoded columns: the encoded row is wide, and never written down.

A number with B bins has B + 1 entries, of which the codes of bins below it are all 1 and of those above all 0. What it
adds to a unit is therefore a line in each of the pieces that its edges cut: with the bases and slopes of these in a table,
which follows from the weights and is filled anew whenever they change, a column is one lookup and one multiply-add. The
gradient is found the same way round, from two sums a piece. The kernels are in csrc/layers/columns.inc.

A code, the piece and how far the number is in it, is found on the fly: that is a comparison with some twenty edges, some
ten cycles, less than it would take to read it from memory. So members of an ensemble share one X, whatever their bins.
"""

import numpy as np

from fastnn._kernels.layers.dense cimport Dense, Encoding
from fastnn._kernels.layers.tiles cimport panel_width
from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.columns cimport (columns_backward, columns_encode, columns_forward, columns_gradient,
                                             columns_table)
from fastnn._kernels.native.dtypes cimport FLOAT64, Dtype, dtype_of
from fastnn._kernels.native.formulas cimport FASTNN_relu
from fastnn._kernels.native.header_columns cimport FASTNN_MOST_EDGES, fastnn_column_f32, fastnn_column_f64
from fastnn._kernels.native.table cimport Kernels, activation_forward, floating, lanes

cdef enum:
    TILE = 64           # rows between one panel and the next: their codes stay in the cache, and so does the panel's table
    PADDING = 16        # elements of the longest vector
    CUT = 512           # levels of a category whose weights make up a strip

MOST_EDGES = FASTNN_MOST_EDGES


def rounded_edges(edges, dtype):
    """Edges in this dtype, or None if two of them would be one there, or a bin too narrow to divide by."""
    edges = np.array(edges, dtype)
    with np.errstate(all="ignore"):
        sound = len(edges) == 0 or (np.isfinite(edges).all() and np.isfinite(1 / np.diff(edges)).all()
                                    and (np.diff(edges) > 0).all())
    return edges if sound else None


cdef class Encoded:
    """Columns as the kernels read them.

    Parameters
    ----------
    specs : sequence of ColumnSpec
    dtype : dtype
        Of the network.
    """

    def __cinit__(self, specs, dtype):
        cdef Dtype found = dtype_of(dtype)
        self.specs = tuple(specs)
        parts = [self._arrays(j, spec, found.numpy) for j, spec in enumerate(self.specs)]
        self._numbers = np.concatenate([array for arrays in parts for array in arrays])
        self._columns = np.zeros(len(self.specs), column_type(found.numpy))
        if self._columns.itemsize != struct_size(found.number):
            raise TypeError("a column is not laid out as in C")
        at, entry, piece = self._numbers.ctypes.data, 0, 0
        for column, spec, arrays in zip(self._columns, self.specs, parts):
            n_edges = len(spec.edges)
            column["first"], column["count"], column["n_edges"] = entry, spec.n_entries, n_edges
            column["piece"] = piece if n_edges else -1
            for name, array in zip(("edges", "origin", "width", "inverse", "mean"), arrays):
                column[name] = at
                at += array.nbytes
            column["scale"], column["shift"] = spec.scale, spec.shift
            column["has_value"], column["is_category"] = spec.value, spec.n_levels > 0
            entry += spec.n_entries
            piece += n_edges + 1 if n_edges else 0
        self.encoding.n, self.encoding.n_entries, self.encoding.n_pieces = len(self.specs), entry, piece
        self.encoding.columns = address(self._columns.view(found.numpy), found.format, False)

    def _arrays(self, j, spec, dtype):
        """Of column number j: edges with their padding; origin, width and inverse of the pieces; means."""
        if not len(spec.edges):
            return [np.zeros(0, dtype)] * 5
        edges, mean = rounded_edges(spec.edges, dtype), np.array(spec.mean, dtype)
        if edges is None:
            raise ValueError(f"column {j} has edges that are one number in {dtype}, or nearly so: standardise it ahead "
                             "of the network, or take dtype='float64'")
        if not 3 <= len(edges) <= MOST_EDGES or len(mean) != len(edges) - 1:
            raise ValueError(f"column {j} has {len(edges)} edges and {len(mean)} means")
        one = np.ones(1, dtype)
        width = np.concatenate([one, np.diff(edges), one])
        origin = np.concatenate([edges[:1], edges])
        return [np.concatenate([edges, np.full(PADDING, np.inf, dtype)]), origin, width, 1 / width, mean]

    cdef list runs(self, Py_ssize_t most):
        """The columns in runs (begin, end, first entry, entries) of about so many entries. One with pieces is whole; a
        category of many levels is cut."""
        found = []
        begin, first, entry = 0, 0, 0
        for j, spec in enumerate(self.specs):
            if spec.n_levels > CUT:
                if entry > first:
                    found.append((begin, j, first, entry - first))
                found += [(j, j + 1, at, min(CUT, entry + spec.n_levels - at))
                          for at in range(entry, entry + spec.n_levels, CUT)]
                begin, first = j + 1, entry + spec.n_levels
            elif entry + spec.n_entries - first >= most:
                found.append((begin, j + 1, first, entry + spec.n_entries - first))
                begin, first = j + 1, entry + spec.n_entries
            entry += spec.n_entries
        if entry > first:
            found.append((begin, len(self.specs), first, entry - first))
        return found


def column_type(dtype):
    """fastnn_column as NumPy lays it out."""
    numbers = [(name, np.intp) for name in ("first", "count", "piece", "n_edges")]
    pointers = [(name, np.uintp) for name in ("edges", "origin", "width", "inverse", "mean")]
    rest = [("scale", dtype), ("shift", dtype), ("has_value", np.intc), ("is_category", np.intc)]
    return np.dtype(numbers + pointers + rest, align=True)


cdef Py_ssize_t struct_size(int dtype) noexcept:
    return sizeof(fastnn_column_f64) if dtype == FLOAT64 else sizeof(fastnn_column_f32)


cdef void encode_rows(Kernels k, const Encoding *encoding, Py_ssize_t rows, const floating *x, Py_ssize_t ldx,
                      floating *codes, Py_ssize_t ld) noexcept nogil:
    """The codes of raw rows x, with a row stride of ld numbers; a code is as wide as two."""
    columns_encode(k, encoding.n, encoding.columns, rows, x, ldx, <void *> codes, ld // 2)


cdef void encoded_forward(Kernels k, const Dense *layer, Py_ssize_t rows, const floating *codes, Py_ssize_t ld,
                          floating *z, floating *h) noexcept nogil:
    """z = entries . W + b and h = f(z), as dense_forward."""
    cdef const Encoding *encoding = layer.encoding
    cdef bint rectify = layer.activation == FASTNN_relu and z == h
    cdef Py_ssize_t column, width, n
    cdef const floating *w
    cdef const floating *bias
    while rows > 0:
        n = min(rows, TILE)
        column = 0
        while column < layer.n_out:
            width = panel_width(layer.n_out - column, lanes(k, <floating> 0))
            w = <const floating *> layer.panels + (layer.n_in + 1) * column
            bias = w + layer.n_in * width
            columns_forward(k, <int> (width // lanes(k, <floating> 0)), encoding.n, encoding.columns, n,
                            <const void *> codes, ld // 2, w, table_of(layer, column, <floating> 0), bias, rectify,
                            z + column, layer.ld)
            column += width
        if layer.activation and not rectify:
            activation_forward(k, layer.activation, n, layer.n_out, <const floating *> z, h, layer.ld)
        codes += n * ld
        z += n * layer.ld
        h += n * layer.ld
        rows -= n


cdef inline const floating *table_of(const Dense *layer, Py_ssize_t column, floating tag) noexcept nogil:
    """Of the panel that begins with this output."""
    return <const floating *> layer.table + table_size(layer.encoding, column)


cdef void encoded_backward(Kernels k, const Dense *layer, Py_ssize_t rows, const floating *codes, Py_ssize_t ld,
                           const floating *d, floating *dx, bint accumulate) noexcept nogil:
    """dx (+)= the gradient by the raw columns; its rows are as far apart as those of the codes."""
    cdef const Encoding *encoding = layer.encoding
    cdef Py_ssize_t column = 0, width
    while column < layer.n_out:
        width = panel_width(layer.n_out - column, lanes(k, <floating> 0))
        columns_backward(k, <int> (width // lanes(k, <floating> 0)), encoding.n, encoding.columns, rows,
                         <const void *> codes, ld // 2,
                         <const floating *> layer.panels + (layer.n_in + 1) * column,
                         table_of(layer, column, <floating> 0), d + column, layer.ld, dx, ld,
                         accumulate or column > 0)
        column += width


cdef void encoded_gradient(Kernels k, const Dense *layer, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t first,
                           Py_ssize_t count, Py_ssize_t width, Py_ssize_t rows, const floating *codes, Py_ssize_t ld,
                           const floating *d, floating *g) noexcept nogil:
    """g += the gradient by the weights of entries first..first + count in a panel, which are those of columns begin..end;
    d is the panel's columns."""
    cdef Py_ssize_t j
    for j in range(begin, end):
        columns_gradient(k, <int> (width // lanes(k, <floating> 0)), layer.encoding.columns, j, rows,
                         <const void *> codes, ld // 2, d, layer.ld, first, count, g)


cdef void fill_table(Kernels k, const Encoding *encoding, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t width,
                     const floating *w, floating *table) noexcept nogil:
    """The lines of columns begin..end in a panel's table, from the panel of weights."""
    cdef Py_ssize_t j
    for j in range(begin, end):
        columns_table(k, <int> (width // lanes(k, <floating> 0)), encoding.columns, j, w, table)
