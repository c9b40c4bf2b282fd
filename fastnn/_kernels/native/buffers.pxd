cdef void *address(object array, str format, bint writable) except? NULL
