"""What the places of a depthwise convolution see, and what its cells get back: `fastnn_reach` of csrc/layers/places.h."""

import numpy as np

from cpython.mem cimport PyMem_Free, PyMem_Malloc
from libc.stdint cimport int32_t

from fastnn._kernels.native.buffers cimport address


cdef class Reaches:
    """Those of a window: first the places, all alike; then the cells of the image, together those that the same elements
    reach.

    Parameters
    ----------
    spec : WindowSpec
        With as many groups as channels.
    start, at : ndarray of int32
        Where each window begins, and how far from there its elements are.
    """

    def __cinit__(self, spec, start, at):
        channels, (_, width) = spec.shape[2], spec.out
        found = [(np.arange(spec.places) * channels, start, at, np.arange(len(at)))]
        down, right = (axis_patterns(spec, axis) for axis in (0, 1))
        for line, above, a, lower in down:
            for column, before, b, further in right:
                found.append((np.add.outer(line * spec.shape[1], column) * channels,
                              np.add.outer(above * width, before) * channels,
                              np.add.outer(lower * width, further) * channels, np.add.outer(a * spec.kernel[1], b)))
        self.n = len(found)
        self.all = <fastnn_reach *> PyMem_Malloc(self.n * sizeof(fastnn_reach))
        if self.all == NULL:
            raise MemoryError()
        self._arrays = []
        for i in range(self.n):
            arrays = [np.ravel(array).astype(np.int32) for array in found[i]]
            self._arrays += arrays
            self.all[i].n, self.all[i].taps = len(arrays[0]), len(arrays[2])
            self.all[i].to = <const int32_t *> address(arrays[0], "i", False)
            self.all[i].start = <const int32_t *> address(arrays[1], "i", False)
            self.all[i].at = <const int32_t *> address(arrays[2], "i", False)
            self.all[i].row = <const int32_t *> address(arrays[3], "i", False)

    def __dealloc__(self):
        PyMem_Free(self.all)


def axis_patterns(spec, axis):
    """Of one axis of the image, cells that the same elements of a window reach: a list of (cells, the first place that sees
    each, numbers of the elements, how many places further on than the first one theirs is)."""
    stride, dilation, kernel = spec.strides[axis], spec.dilation[axis], np.arange(spec.kernel[axis])
    begins = np.arange(spec.shape[axis])[:, None] - kernel * dilation      # of the window that has the cell as this element
    place = begins // stride
    seen = (begins >= 0) & (begins % stride == 0) & (place < spec.out[axis])
    patterns, which = np.unique(seen, axis=0, return_inverse=True)
    found = []
    for i, pattern in enumerate(patterns):
        cells, elements = np.flatnonzero(which.ravel() == i), kernel[pattern]
        first = place[cells, elements[0]] if len(elements) else 0 * cells
        found.append((cells, first, elements, (elements[:1] - elements) * dilation // stride))
    return found
