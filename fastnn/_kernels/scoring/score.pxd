from fastnn._kernels.scoring.model cimport Input, Mode, Model
from fastnn._kernels.native.header cimport fastnn_csr
from fastnn._kernels.native.table cimport floating

cdef bint score_as(const Model *model, Mode mode, const Input *x, Py_ssize_t rows, void *out, void *scratch, int n_threads,
                   bint check, int dtype) noexcept nogil
cdef bint score_checked(const Model *model, Mode mode, const Input *x, Py_ssize_t rows, void *out, floating *scratch,
                        int n_threads, bint check) noexcept nogil
cdef bint shares_columns(const Model *model, const Input *x) noexcept nogil
cdef floating *stages_forward(const Model *model, Py_ssize_t rows, const floating *a, Py_ssize_t lda,
                              const fastnn_csr *csr, floating *prepared, floating *scratch) noexcept nogil
cdef void score_rows(const Model *model, Mode mode, const Input *x, Py_ssize_t first, Py_ssize_t end, void *out,
                     floating *scratch, int n_threads) noexcept nogil
