"""A dense layer's pointers into a packed vector."""

from fastnn._kernels.layers.tiles cimport round_up, tail_width


cdef Dense bound(const Layer *layer, Py_ssize_t lanes, Py_ssize_t unit, const char *packed, bint rounded,
                 const fastnn_tiles *tiles) noexcept:
    """The layer's shapes with pointers to its weights, of `unit` bytes each. rounded: to those that it multiplies in
    training, if it has any beside its own, with these products; biases are its own."""
    cdef Dense d = layer.dense
    cdef Py_ssize_t panel = 2 * lanes, n_full
    cdef const char *own = packed + layer.w * unit
    cdef const char *w
    d.rounded = rounded and layer.rounded >= 0
    d.tiles = tiles if d.rounded and layer.tiled else NULL
    w = packed + layer.rounded * unit if d.rounded else own
    if layer.wt >= 0:
        d.transposed = w if d.narrow else packed + layer.wt * unit
    if d.narrow:
        d.bias = own + d.n_out * round_up(d.n_in, lanes) * unit
        return d
    if layer.table >= 0:
        d.table = packed + layer.table * unit
    n_full = d.n_out // panel
    d.panels = w
    d.ldb = panel
    d.panel_stride = d.bias_stride = (d.n_in + 1) * panel
    d.bias = own + d.n_in * panel * unit
    d.tail = w + n_full * d.panel_stride * unit
    d.tail_bias = own + (n_full * d.panel_stride + d.n_in * tail_width(d.n_out, lanes)) * unit
    return d
