from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.plan cimport Layer

cdef Dense bound(const Layer *layer, Py_ssize_t lanes, Py_ssize_t unit, const char *packed, bint rounded) noexcept
