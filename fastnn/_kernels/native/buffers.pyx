"""Memory as kernels have it: aligned arrays, and pointers through the buffer protocol, without NumPy's binary interface."""

import numpy as np

from cpython.buffer cimport (PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBUF_WRITABLE, Py_buffer, PyBuffer_Release,
                             PyObject_GetBuffer)


def aligned_zeros(n, dtype):
    """1-D array of zeros that starts on a cache line, with a spare line behind it."""
    dtype = np.dtype(dtype)
    raw = np.zeros(n * dtype.itemsize + 128, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start:start + n * dtype.itemsize].view(dtype)


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
