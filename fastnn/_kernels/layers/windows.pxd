"""What a layer sees of an image at each place, as the kernels read it."""

from libc.stdint cimport int32_t

from fastnn._kernels.layers.reaches cimport Reaches
from fastnn._kernels.native.header_places cimport fastnn_reach

cdef struct Winograd:       # a convolution with fewer products, of scoring alone, see winograd.pyx
    int taps, cells                             # products of a tile, and places
    Py_ssize_t tiles                            # of a line
    Py_ssize_t band, deep                       # lines of places that are computed at a time, lines that they see
    Py_ssize_t size                             # elements of memory that it works in
    const int32_t *first                        # (tiles,) place where each begins
    const int32_t *start                        # of the products, as in a Window
    const int32_t *at
    const void *to                              # (taps, taps), (taps, cells): column by column
    const void *out
    const void *weights                         # (taps, .), each as the panels of a dense layer without a bias
    const void *bias                            # (n_out,), and zeros
    const void *zeros

cdef struct Window:
    Py_ssize_t height, width, channels          # of the input
    Py_ssize_t out_height, out_width            # places
    Py_ssize_t places
    Py_ssize_t kernel_height, kernel_width
    Py_ssize_t stride_down, stride_right
    Py_ssize_t down, across                     # from one cell of a window to the next one below, and beside it
    Py_ssize_t top, left                        # cells of padding; below and to the right there is what the places need
    Py_ssize_t groups                           # of channels, each with outputs of its own
    # of a convolution, whose windows lie within its input: where each begins, and how far from there its elements are
    const int32_t *start                        # (places,)
    const int32_t *at                           # (elements of a group,)
    const Winograd *winograd                    # or NULL
    # of a depthwise one, with an output for each channel: what its places see and, behind it, what cells get back; or NULL
    const fastnn_reach *reach
    int n_reaches

cdef class Windowed:
    cdef Window window
    cdef readonly Py_ssize_t n_inputs
    cdef object _start, _at
    cdef Reaches _reaches
