from fastnn._kernels.layers.dense cimport Dense, Encoding
from fastnn._kernels.native.table cimport Kernels, floating

cdef class Encoded:
    cdef Encoding encoding
    cdef readonly tuple specs
    cdef object _columns, _numbers
    cdef list runs(self, Py_ssize_t most)

cdef inline Py_ssize_t table_size(const Encoding *encoding, Py_ssize_t width) noexcept nogil:
    """Elements of the table of a panel."""
    return 2 * encoding.n_pieces * width

cdef void encode_rows(Kernels k, const Encoding *encoding, Py_ssize_t rows, const floating *x, Py_ssize_t ldx,
                      floating *codes, Py_ssize_t ld) noexcept nogil
cdef void encoded_forward(Kernels k, const Dense *layer, Py_ssize_t rows, const floating *codes, Py_ssize_t ld,
                          floating *z, floating *h) noexcept nogil
cdef void encoded_backward(Kernels k, const Dense *layer, Py_ssize_t rows, const floating *codes, Py_ssize_t ld,
                           const floating *d, floating *dx, bint accumulate) noexcept nogil
cdef void encoded_gradient(Kernels k, const Dense *layer, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t first,
                           Py_ssize_t count, Py_ssize_t width, Py_ssize_t rows, const floating *codes, Py_ssize_t ld,
                           const floating *d, floating *g) noexcept nogil
cdef void fill_table(Kernels k, const Encoding *encoding, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t width,
                     const floating *w, floating *table) noexcept nogil
