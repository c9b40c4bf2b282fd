from fastnn._kernels.layers.plan cimport Strip
from fastnn._kernels.training.sweep cimport Sweep
from fastnn._kernels.native.table cimport floating

cdef struct Share:              # a thread's strips
    int first, end
    double part                 # of all that strips cost

cdef Share strip_share(const Sweep *s, const double *bounds, int thread) noexcept nogil
cdef void strip_gradients(Sweep *s, const Share *share, const double *bounds, int thread, int team, Py_ssize_t rows,
                          bint accumulate, long long batch, double weight, bint measure, floating tag) noexcept nogil
cdef void strip_norms(Sweep *s, const Share *share, double weight, floating tag) noexcept nogil
cdef void strip_squares(Sweep *s, const Share *share, double weight, floating tag) noexcept nogil
cdef void update_strips(Sweep *s, const Share *share, long long batch, double weight, double factor,
                        floating tag) noexcept nogil
cdef void strip_gradient(Sweep *s, const Strip *strip, Py_ssize_t r0, Py_ssize_t rows, Py_ssize_t n_words, int team,
                         floating *g, floating *bias, bint accumulate, bint back) noexcept nogil
cdef bint passes_back(const Sweep *s, int t) noexcept nogil
