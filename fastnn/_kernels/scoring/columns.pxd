from fastnn._kernels.scoring.model cimport Model
from fastnn._kernels.native.table cimport floating
from fastnn._kernels.layers.zeros cimport Tiles

cdef floating *columns_forward(const Model *model, Py_ssize_t rows, const floating *a, Py_ssize_t lda, const Tiles *some,
                               floating *first, floating *second, floating *prepared, Py_ssize_t apart,
                               int n_threads) noexcept nogil
