"""Memory for where a block's input is not zero, as products that leave its zeros out go by it."""

import numpy as np

from libc.stdint cimport int32_t

from fastnn._kernels.layers.zeros cimport tile_size
from fastnn._kernels.native.buffers cimport address
from fastnn._kernels.native.table cimport tile_rows_as

from fastnn._kernels.native.buffers import aligned_zeros


cdef object place_zeros(Sweep *s, Plan plan, Py_ssize_t rows, int n_threads):
    """Of a block of so many rows, each thread with a sliver of a tile and of a word; who calls keeps it."""
    cdef int tile = tile_rows_as(plan.k, plan.dtype.number)
    cdef int bits = <int> (8 * plan.dtype.itemsize)     # word_bits of zeros.pxd
    cdef Py_ssize_t n_tiles = rows // tile + n_threads, n_words = rows // bits + n_threads, ld = tile_size(plan.n_in)
    keep = (np.empty(n_tiles * ld, np.int32), np.empty(n_tiles, np.intp), aligned_zeros(n_words * s.ldx, plan.dtype.numpy),
            np.empty(n_words, np.intp))
    s.zeros.tiles.columns = <int32_t *> address(keep[0], "i", True)
    s.zeros.tiles.counts = <Py_ssize_t *> address(keep[1], "n", True)
    s.zeros.tiles.ld = ld
    s.zeros.words = address(keep[2], plan.dtype.format, True)
    s.zeros.first = <Py_ssize_t *> address(keep[3], "n", True)
    return keep
