"""What a layer sees of an image at each place, as the kernels read it."""

from libc.stdint cimport int32_t

cdef struct Window:
    Py_ssize_t height, width, channels          # of the input
    Py_ssize_t out_height, out_width            # places
    Py_ssize_t places
    Py_ssize_t kernel_height, kernel_width
    Py_ssize_t stride_down, stride_right
    Py_ssize_t top, left                        # cells of padding; below and to the right there is what the places need
    Py_ssize_t groups                           # of channels, each with outputs of its own
    # of a convolution, whose windows lie within its input: where each begins, and how far from there its elements are
    const int32_t *start                        # (places,)
    const int32_t *at                           # (elements of a group,)

cdef class Windowed:
    cdef Window window
    cdef readonly Py_ssize_t n_inputs
    cdef object _start, _at
