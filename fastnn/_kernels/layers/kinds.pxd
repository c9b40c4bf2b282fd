# A kind is a number to the kernels: that of its row in TRAITS, see kinds.pyx.
cdef struct KindTraits:  # the row of a kind as the kernels read it
    bint matrix, scales, unshifted, running, reads_sparse, in_place, keeps, over_batch, random, passes, penalises
    bint encodes, shares, recurs
    int n_sources, row_values, column_values, gates

cdef const KindTraits *traits_of(int kind) noexcept
cpdef int number_of(str kind) except -1
