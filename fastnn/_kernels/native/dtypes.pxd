from fastnn._kernels.native.table cimport FLOAT32, FLOAT64, floating

cdef class Dtype:
    cdef readonly int number        # FLOAT32 or FLOAT64
    cdef readonly str name          # as NumPy calls it
    cdef readonly str format        # of a buffer, as in struct
    cdef readonly int type_number   # NumPy's
    cdef readonly Py_ssize_t itemsize
    cdef readonly object numpy      # the dtype object
    cdef Dtype other(self)

cdef Dtype dtype_of(object dtype)
cdef Dtype dtype_of_tag(floating tag)


cdef inline Py_ssize_t item_size(bint other_dtype, floating tag) noexcept nogil:
    """Bytes of a number of the kernel's own dtype, or of the other one that input may have."""
    return sizeof(float) + sizeof(double) - sizeof(floating) if other_dtype else sizeof(floating)
