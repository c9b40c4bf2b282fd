"""The steps of a front as the kernels know them."""

cdef enum Kind:
    NUMBER, LABEL, IMPUTE, AFFINE, CLIP, ABOVE, BIN, YEO_JOHNSON, BOX_COX

cdef struct Step:
    Kind kind
    int source                  # a step, or a place among the used columns
    double a, b
    Py_ssize_t missing, other   # rows of a label, or -1
    const double *edges
    Py_ssize_t n_edges

cdef void compute(const Step *step, const double *x, Py_ssize_t n, double *to) noexcept nogil
