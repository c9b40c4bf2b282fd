from fastnn._kernels.native.header_places cimport fastnn_reach

cdef class Reaches:
    cdef fastnn_reach *all
    cdef int n
    cdef list _arrays
