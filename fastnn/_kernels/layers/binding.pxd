from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.plan cimport Layer
from fastnn._kernels.native.header_tiles cimport fastnn_tiles

cdef Dense bound(const Layer *layer, Py_ssize_t lanes, Py_ssize_t unit, const char *packed, bint rounded,
                 const fastnn_tiles *tiles) noexcept
