from fastnn._kernels.layers.plan cimport Layer
from fastnn._kernels.layers.stage cimport Stage

cdef enum:
    GAIN_STRIP = 64     # gains in a strip

cdef Py_ssize_t rows_of_strips(Py_ssize_t n_in, Py_ssize_t lanes)
cdef list layer_strips(int number, const Layer *layer, Py_ssize_t lanes, object encoded)
cdef list gain_strips(int number, const Stage *stage, Py_ssize_t lanes)
