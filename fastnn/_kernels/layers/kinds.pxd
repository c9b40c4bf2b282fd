# Python's names of the kinds are these in small letters.
cpdef enum Kind:
    DENSE
    ACTIVATION
    CUSTOM              # an activation that is a pair of Python functions
    LAYER_NORM
    BATCH_NORM
    DROPOUT
    NOISE
    BERNOULLI           # a random bit with the input as its probability
    ADD

cdef struct KindTraits:  # the row of a kind in TRAITS, see kinds.pyx, as the kernels read it
    bint matrix, scales, running, reads_sparse, in_place, keeps, over_batch, random, passes
    int n_sources, row_values, column_values

cdef const KindTraits *traits_of(int kind) noexcept
