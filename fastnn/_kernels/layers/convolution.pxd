from fastnn._kernels.layers.dense cimport Dense
from fastnn._kernels.layers.windows cimport Window
from fastnn._kernels.native.table cimport Kernels, floating

cdef void convolution_forward(Kernels k, const Dense *layer, const Window *w, Py_ssize_t rows, const floating *x,
                              Py_ssize_t ldx, floating *z, floating *h) noexcept nogil
cdef void convolution_backward(Kernels k, const Dense *layer, const Window *w, Py_ssize_t rows, const floating *d,
                               const floating *gate, floating *dx, Py_ssize_t ldx, bint accumulate) noexcept nogil
cdef void convolution_gradient(Kernels k, const Dense *layer, const Window *w, Py_ssize_t first, Py_ssize_t count,
                               Py_ssize_t column, Py_ssize_t width, Py_ssize_t rows, const floating *x, Py_ssize_t ldx,
                               const floating *d, floating *g) noexcept nogil
cdef void convolution_bias_gradient(Kernels k, const Dense *layer, const Window *w, Py_ssize_t column, Py_ssize_t width,
                                    Py_ssize_t rows, const floating *d, floating *g) noexcept nogil
