"""Windows: a `WindowSpec` as the kernels read it."""

import numpy as np

from libc.stdint cimport int32_t

from fastnn._kernels.layers.reaches cimport Reaches
from fastnn._kernels.native.buffers cimport address


cdef class Windowed:
    """The window of one stage, with the lists that its `Window` points to.

    Parameters
    ----------
    spec : WindowSpec
    n_units : int
        Outputs of a place.

    Attributes
    ----------
    n_inputs : int
        Elements of a window, of one group of channels.
    """

    def __cinit__(self, spec, Py_ssize_t n_units):
        cdef Window *w = &self.window
        w.height, w.width, w.channels = spec.shape
        w.out_height, w.out_width = spec.out
        w.places = w.out_height * w.out_width
        w.kernel_height, w.kernel_width = spec.kernel
        w.stride_down, w.stride_right = spec.strides
        w.down, w.across = spec.dilation
        w.top, w.left = spec.padding
        w.groups = spec.groups
        self.n_inputs = spec.n_inputs
        line = spec.shape[1] * spec.shape[2]
        self._start = _grid((np.arange(w.out_height) * spec.strides[0] - w.top) * line,
                            (np.arange(w.out_width) * spec.strides[1] - w.left) * w.channels, [0])
        self._at = _grid(np.arange(w.kernel_height) * spec.dilation[0] * line,
                         np.arange(w.kernel_width) * spec.dilation[1] * w.channels,
                         np.arange(w.channels // w.groups))
        w.start = <const int32_t *> address(self._start, "i", False)
        w.at = <const int32_t *> address(self._at, "i", False)
        if 1 < w.groups == w.channels == n_units:
            self._reaches = Reaches(spec, self._start, self._at)
            w.reach, w.n_reaches = self._reaches.all, self._reaches.n


def _grid(down, right, deep):
    """All sums of one number of each, the last of them changing first."""
    return np.ravel(np.add.outer(np.add.outer(down, right), deep)).astype(np.int32)
