"""The steps of a front as the kernels know them."""

cdef enum Kind:
    NUMBER, LABEL, IMPUTE, AFFINE, CLIP, ABOVE, BIN, YEO_JOHNSON, BOX_COX, VALUE, SUM, PRODUCT, INVERSE_NORM, QUANTILE
    NORMAL, PIECEWISE, WRAP, WITHIN, DIVIDE, SMOOTH_CLIP

cdef enum Norm:
    L1, L2, MAX

cdef struct Step:
    Kind kind
    int source                  # a step, or a place among the used columns
    double a, b
    const double *edges         # n_edges of them; of a choice, the value of each row
    const double *to            # as many as edges, or the origins and then the coefficients of pieces
    Py_ssize_t n_edges, degree
    const int *more             # other steps
    int n_more
    Norm norm

cdef bint takes_number(const Step *step) noexcept nogil
cdef Py_ssize_t refused(const Step *step, const double *x, Py_ssize_t n) noexcept nogil
cdef void compute(const Step *step, const double *numbers, Py_ssize_t n, double *to) noexcept nogil
cdef Py_ssize_t interval(const double *edges, Py_ssize_t n, double x) noexcept nogil
