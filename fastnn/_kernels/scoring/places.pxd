from fastnn._kernels.scoring.model cimport Model, Place


cdef class Places:
    cdef int *place         # that of each stage
    cdef Place *places
    cdef int n
    cdef void lend(self, Model *model)
