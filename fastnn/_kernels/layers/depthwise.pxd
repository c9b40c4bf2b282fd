"""Depthwise convolution of one image: of each channel with a kernel of its own, panel by panel of channels.

Weights are packed as those of any convolution, (elements of a window, channels). Places, and on the way back cells, are gone
through reach by reach; see reaches.pyx.
"""

from libc.string cimport memset

from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.tiles cimport panel_width
from fastnn._kernels.layers.windows cimport Window
from fastnn._kernels.native.header_places cimport FASTNN_ADD, FASTNN_RECTIFY, FASTNN_STORE
from fastnn._kernels.native.places cimport places_reach, places_taps
from fastnn._kernels.native.table cimport Kernels, floating, lanes


cdef inline bint is_depthwise(const Window *w) noexcept nogil:
    return w.reach != NULL


cdef inline void depthwise_forward(Kernels k, const Dense *layer, const Window *w, const floating *x, bint rectify,
                                   floating *z) noexcept nogil:
    cdef Py_ssize_t column = 0, width
    cdef const floating *b = <const floating *> layer.panels
    cdef const floating *end = x + w.height * w.width * w.channels
    while column < layer.n_out:
        width = panel_width(layer.n_out - column, lanes(k, <floating> 0))
        places_reach(k, w.reach, min(width, layer.n_out - column), x + column, end, b, width, b + layer.n_in * width,
                     FASTNN_RECTIFY if rectify else FASTNN_STORE, z + column)
        b += (layer.n_in + 1) * width
        column += width


cdef inline void depthwise_backward(Kernels k, const Dense *layer, const Window *w, const floating *d, floating *dx,
                                    Py_ssize_t ldx, bint accumulate) noexcept nogil:
    """dx (+)= what the places pass back."""
    cdef Py_ssize_t n = w.height * w.width * w.channels, column = 0, width
    cdef const floating *b = <const floating *> layer.panels
    cdef const floating *end = d + w.places * layer.n_out
    cdef int i
    while column < layer.n_out:
        width = panel_width(layer.n_out - column, lanes(k, <floating> 0))
        for i in range(1, w.n_reaches):
            places_reach(k, w.reach + i, min(width, layer.n_out - column), d + column, end, b, width,
                         <const floating *> NULL, FASTNN_ADD if accumulate else FASTNN_STORE, dx + column)
        b += (layer.n_in + 1) * width
        column += width
    if not accumulate:
        memset(dx + n, 0, (ldx - n) * sizeof(floating))


cdef inline void depthwise_gradient(Kernels k, const Dense *layer, const Window *w, Py_ssize_t first, Py_ssize_t count,
                                    Py_ssize_t column, Py_ssize_t width, const floating *x, const floating *d,
                                    floating *g) noexcept nogil:
    """g (count, width) += the gradient by the weights of elements first..first + count in a panel."""
    places_taps(k, min(width, layer.n_out - column), count, w.places, w.start, x + column,
                x + w.height * w.width * w.channels, w.at + first, d + column, layer.n_out, g, width)
