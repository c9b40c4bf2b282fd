"""Pointers from arrays through the buffer protocol: no dependence on NumPy's binary interface."""

from cpython.buffer cimport (PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBUF_WRITABLE, Py_buffer, PyBuffer_Release,
                             PyObject_GetBuffer)


cdef void *address(object array, str format, bint writable) except? NULL:
    """Address of the data of a C-contiguous array, or NULL for None.

    format is as in struct, "f" or "d"; "n" is an index as wide as a pointer. The caller keeps the array alive. What
    reaches this point has been checked in Python: a mismatch is a fault of the library, but it must not become a wild
    pointer.
    """
    cdef Py_buffer view
    cdef void *data
    if array is None:
        return NULL
    PyObject_GetBuffer(array, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (PyBUF_WRITABLE if writable else 0))
    data, found, size = view.buf, (<bytes> view.format).decode(), view.itemsize
    PyBuffer_Release(&view)
    if found != format and not (format == "n" and found in "lqn" and size == sizeof(Py_ssize_t)):
        raise TypeError(f"expected a buffer of format {format!r}, got {found!r}")
    return data
