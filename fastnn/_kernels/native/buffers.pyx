"""Memory as kernels have it: aligned arrays, and pointers through the buffer protocol, without NumPy's binary interface."""

import mmap

import numpy as np

from cpython.buffer cimport (PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBUF_WRITABLE, Py_buffer, PyBuffer_Release,
                             PyObject_GetBuffer)

from fastnn._kernels.native.sizes cimport PAGE, is_paged_size

cdef extern from "Python.h":
    int PyTraceMalloc_Track(unsigned int domain, size_t address, size_t size)
    int PyTraceMalloc_Untrack(unsigned int domain, size_t address)

cdef enum:
    LINE = 64           # bytes of a cache line
    SPARE = 1 << 16     # of an arena, for small arrays and what lies between
    TRACED = 1          # what tracemalloc knows our pages by

cdef bint has_huge_pages = hasattr(mmap, "MADV_HUGEPAGE")


def aligned_zeros(n, dtype):
    """1-D array of zeros that starts on a cache line, with a spare line behind it.

    A large one starts on a huge page and asks for such pages, as many as it fills: rows of a batch or of weights that lie
    a page of 4 KiB apart would each need an entry of the processor's page tables, and each such page comes by a fault.
    """
    dtype = np.dtype(dtype)
    n_bytes = n * dtype.itemsize
    raw = paged_zeros(n_bytes) if has_huge_pages and is_paged_size(n_bytes) else None
    if raw is None:
        raw = np.zeros(n_bytes + 2 * LINE, np.uint8)
    start = -raw.ctypes.data % LINE
    return raw[start:start + n_bytes].view(dtype)


class Pages(mmap.mmap):
    """Memory from the system, of which tracemalloc is told as it is of NumPy's."""

    traced = 0      # address

    def __del__(self):
        PyTraceMalloc_Untrack(TRACED, self.traced)


cdef object paged_zeros(Py_ssize_t n_bytes):
    """Bytes from the system that start on a huge page, or None where there are none. Nothing but what is used is resident:
    what is left of the last page has small ones."""
    try:
        memory = Pages(-1, n_bytes + PAGE + LINE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        raw = np.frombuffer(memoryview(memory), np.uint8)       # not of the map itself: joblib takes that for a file
        start = -raw.ctypes.data % PAGE
        if n_bytes >= PAGE:
            memory.madvise(mmap.MADV_HUGEPAGE, start, n_bytes // PAGE * PAGE)
    except OSError:     # refused, or no memory: then NumPy's error tells it
        return None
    raw = raw[start:start + n_bytes + LINE]
    memory.traced = raw.ctypes.data
    PyTraceMalloc_Track(TRACED, memory.traced, raw.nbytes)
    return raw


cdef class Arena:
    """One piece of memory for arrays that are made one after the other and live as long as each other.

    Each would be too small for huge pages. Small arenas are none: single arrays then, whose bounds tools can watch.

    Parameters
    ----------
    n_bytes : int
        What all of them take, about. What does not fit in is allocated apart.
    """

    cdef object memory
    cdef Py_ssize_t used

    def __cinit__(self, Py_ssize_t n_bytes):
        self.memory = aligned_zeros(n_bytes + SPARE, np.uint8) if is_paged_size(n_bytes) else None

    def zeros(self, n, dtype):
        """`aligned_zeros`, of the arena's memory as long as there is any."""
        cdef Py_ssize_t n_bytes = n * np.dtype(dtype).itemsize, begin = self.used
        if self.memory is None or begin + n_bytes > self.memory.shape[0]:
            return aligned_zeros(n, dtype)
        self.used = (begin + n_bytes + 2 * LINE - 1) // LINE * LINE     # a spare line behind each
        return self.memory[begin:begin + n_bytes].view(dtype)


cdef void *address(object array, str format, bint writable) except? NULL:
    """Address of the data of a C-contiguous array, or NULL for None.

    format is as in struct, "f" or "d"; "n" is an index as wide as a pointer. The caller keeps the array alive. What
    reaches this point has been checked in Python: a mismatch is a fault of the library, but it must not become a wild
    pointer.
    """
    cdef Py_buffer view
    cdef void *data
    cdef char found, wanted = <char> <Py_UCS4> format[0]
    cdef bint plain, index
    if array is None:
        return NULL
    PyObject_GetBuffer(array, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (PyBUF_WRITABLE if writable else 0))
    data = view.buf
    found, plain = view.format[0], view.format[1] == 0
    index = wanted == c"n" and found in (c"l", c"q", c"n") and view.itemsize == sizeof(Py_ssize_t)
    got = None if plain and (found == wanted or index) else (<bytes> view.format).decode()
    PyBuffer_Release(&view)
    if got is not None:
        raise TypeError(f"expected a buffer of format {format!r}, got {got!r}")
    return data
