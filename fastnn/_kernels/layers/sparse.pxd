from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.native.table cimport Kernels, fastnn_csr, floating

cdef struct Entries:
    # The pairs of a block of rows, sorted by feature: what the gradient of the first layer's weights is summed from.
    # Every thread sorts the rows it owns; its entries lie behind those of the threads before it.
    Py_ssize_t n_buckets            # of `lanes` features each
    Py_ssize_t *begin               # (n_threads, n_buckets + 2)
    void *entries

cdef class SparseRows:
    cdef fastnn_csr csr
    cdef readonly tuple shape
    cdef object _keep
    cdef Py_ssize_t n_values
    cdef Py_ssize_t item_size
    cdef const void *values(self) noexcept
    cdef Py_ssize_t most_pairs(self, const Py_ssize_t *order, Py_ssize_t n, Py_ssize_t batch,
                               Py_ssize_t block) except -1

cdef void sparse_forward(Kernels k, const Dense *layer, Py_ssize_t rows, const fastnn_csr *x,
                         const Py_ssize_t *sample, floating *z, floating *h) noexcept nogil
cdef void sort_share(Kernels k, const fastnn_csr *x, const Py_ssize_t *sample, Py_ssize_t r0, Py_ssize_t r1,
                     const Entries *to, int thread, floating tag) noexcept nogil
cdef void sparse_gradient(Kernels k, const Dense *layer, Py_ssize_t first, Py_ssize_t count, Py_ssize_t width,
                          const Entries *x, int team, const floating *d, floating *g) noexcept nogil
cdef void fill_rows(const fastnn_csr *x, const Py_ssize_t *sample, Py_ssize_t rows, floating *to,
                    Py_ssize_t ld) noexcept nogil
